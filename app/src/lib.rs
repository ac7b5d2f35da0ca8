//! The panel: pages, components, charts and both languages.
//!
//! Pages are documents rendered on the server; the few live parts are islands. Nothing here reads a database or calls
//! AWS: what a page shows comes from `backend`, whose methods the server implements.
// Views are types: the type of a page is the tree of everything in it.
#![recursion_limit = "512"]

pub mod backend;
pub mod charts;
pub mod components;
pub mod console;
pub mod format;
#[cfg(feature = "ssr")]
pub mod forms;
pub mod i18n;
pub mod live;
pub mod pages;
pub mod preferences;
mod request;
pub mod router;
pub mod routes;
mod shell;
pub mod words;

#[cfg(feature = "ssr")]
pub use request::locale_of;
pub use router::App;
pub use shell::shell;
