//! Which page answers which address. Rendered whole, not streamed: status, redirects and the page itself must be right
//! without JavaScript.

use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::pages::{errors::NotFound, styleguide::Styleguide};

/// The panel inside of the document.
#[component]
pub fn App() -> impl IntoView {
    leptos_meta::provide_meta_context();
    view! {
        <Router>
            <FlatRoutes fallback=NotFound>
                <Route path=path!("/styleguide") view=Styleguide ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
