//! The components. `use crate::components::*;` brings all of them.
//!
//! | to show | component |
//! |---|---|
//! | a page of the panel, or one before sign-in | [`Frame`] `place trail aside` ([`Place`], [`Crumb`]; who is looking comes from the backend in context), [`PlainFrame`] |
//! | its opening | [`PageHead`] `title lead before beside actions tab` |
//! | a titled surface; two columns | [`Panel`] `title beside end flush id`, [`Cols`] |
//! | numbers with names; settings with names | [`Facts`] + [`Fact`] `name value more`, [`Rows`] + [`Row`] `name` |
//! | a state, a label | [`State`] `tone word big live`, [`Tag`] |
//! | something said, an error, nothing yet | [`Note`] `tone title`, [`ErrorNote`] `title why code message request_id next`, [`Empty`] `title actions` |
//! | what a form answered | [`Noted`]`::Saved.on(path)` in the redirect; the frames show it |
//! | a button, a link like one | [`Button`] `kind name value small disabled busy plain form label`, [`LinkButton`] `href kind small download` |
//! | fields | [`TextField`], [`TextArea`], [`SelectField`] + [`SelectOption`], [`Check`], [`Choices`] + [`Choice`] |
//! | what is wrong with a form | [`Problems`] (from `Vec<FieldProblem>`), [`ProblemSummary`] |
//! | a question before a danger | [`Confirm`] `open question danger` + form |
//! | rows | [`Table`] `label wide`, [`Scroll`] `label`, [`Pager`] `newer older` |
//! | an id, a command, something folded | [`AwsId`] `id console`, [`Code`] `text title`, [`CopyButton`] (island), [`Disclosure`] `summary` |
//! | the wizard's pages | [`Steps`] of [`StepItem`] |
//! | time, money, progress | [`When`] `at style`, [`Ago`] `at now`, [`Clock`] `seconds`, [`Cost`] `currency amount`, [`Progress`], [`Skeleton`] |
//! | an icon | [`Glyph`] `icon` |
//!
//! - Optional texts take `"…"`, `String` and `Option<String>` alike ([`Text`]).
//! - Slots (`end`, `beside`, `lead`, `actions`, `state`, `next`) take `view! { … }`, a closure that returns one, or a text ([`Slot`]).
//! - A page is `<Frame place trail><PageHead …/> … panels … </Frame>`. One primary button per page.
//! - Forms are plain: `<form method="post" action=<Fn as ServerFn>::PATH>`; the server function ends with
//!   [`crate::preferences::respond::see_other`]. Buttons submit; the pressed one's `name` and `value` go along.
//! - Times are shown in the installation's zone, or in a [`Zone`] given as context.
//! - The charts are in [`crate::charts`]; formatting without a component is in [`crate::format`].
//! - No `style` attribute anywhere: the content security policy forbids it. SVG's own attributes are fine.

mod button;
mod choice;
mod confirm;
mod copy;
mod copy_button;
mod field;
mod frame;
mod head;
mod icon;
mod note;
mod panel;
mod sending;
mod slot;
mod state;
mod steps;
mod table;
mod text;
mod tone;
mod when;

pub use button::*;
pub use choice::*;
pub use confirm::*;
pub use copy::*;
pub use copy_button::*;
pub use field::*;
pub use frame::*;
pub use head::*;
pub use icon::*;
pub use note::*;
pub use panel::*;
pub use sending::*;
pub use slot::*;
pub use state::*;
pub use steps::*;
pub use table::*;
pub use text::*;
pub use tone::*;
pub use when::*;
