//! Reading and checking a spec: every problem at once.
