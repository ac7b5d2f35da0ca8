//! The WASM entry of the panel: nothing but the call that wakes the islands.

use wasm_bindgen::prelude::wasm_bindgen;

// The islands are exported by `app`; without a use of the crate nothing of it would be linked.
pub use app::App;

/// Called by the page's script once the module is loaded; the script then hydrates each island by its name.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
