//! How a step is undone, in the reader's language.

use engine::plan::Undo;

use crate::i18n::{Locale, t};

/// One sentence.
pub fn undo(l: Locale, undo: Undo) -> &'static str {
    match undo {
        Undo::Nothing => t!(l, undo.nothing),
        Undo::Removed => t!(l, undo.removed),
        Undo::RemovedWithContents => t!(l, undo.removed_with_contents),
        Undo::ChangedBack => t!(l, undo.changed_back),
        Undo::TakenBack => t!(l, undo.taken_back),
        Undo::PutBack => t!(l, undo.put_back),
        Undo::Stays => t!(l, undo.stays),
        Undo::MadeAgain => t!(l, undo.made_again),
        Undo::Lost => t!(l, undo.lost),
    }
}
