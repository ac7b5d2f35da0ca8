//! Asking before something happens.

use std::io::{BufRead, IsTerminal};

use super::failure::Failure;
use super::output;

/// Whether to go on: `--yes`, or somebody who types the word. Without a terminal there is nobody to ask.
pub(super) fn go_on(yes: bool, question: &str, word: &str) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("nobody is there to confirm: say --yes".to_owned()));
    }
    output::note(&format!("{question} Type {word} to go on:"));
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::other("no answer", error))?;
    Ok(answer.trim() == word)
}
