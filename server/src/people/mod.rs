//! What signing in needs: hashing passwords and slowing guesses down.

pub mod passwords;
pub mod slow_down;
