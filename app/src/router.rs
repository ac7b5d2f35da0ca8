//! Which page answers which address. Rendered whole, not streamed: status, redirects and the page itself must be right
//! without JavaScript.

use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::pages::{
    connection::Connection, connection_new::NewConnection, connections::Connections, dashboard::Dashboard,
    destroy::Destroy, draft::DraftPage, errors::NotFound, run::Run, runs::Runs, setup::Setup,
    sign_in::SignIn, stack::Stack, styleguide::Styleguide,
};

/// The panel inside of the document.
#[component]
pub fn App() -> impl IntoView {
    leptos_meta::provide_meta_context();
    view! {
        <Router>
            <FlatRoutes fallback=NotFound>
                <Route path=path!("/") view=Dashboard ssr=SsrMode::Async/>
                <Route path=path!("/setup/:token") view=Setup ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async/>
                <Route path=path!("/connections") view=Connections ssr=SsrMode::Async/>
                <Route path=path!("/connections/new") view=NewConnection ssr=SsrMode::Async/>
                <Route path=path!("/connections/:id") view=Connection ssr=SsrMode::Async/>
                <Route path=path!("/drafts/:id/:step") view=DraftPage ssr=SsrMode::Async/>
                <Route path=path!("/stacks/:id") view=Stack ssr=SsrMode::Async/>
                <Route path=path!("/stacks/:id/runs") view=Runs ssr=SsrMode::Async/>
                <Route path=path!("/stacks/:id/destroy") view=Destroy ssr=SsrMode::Async/>
                <Route path=path!("/runs/:id") view=Run ssr=SsrMode::Async/>
                <Route path=path!("/styleguide") view=Styleguide ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use super::App;
    use crate::routes;

    #[test]
    fn the_pages_are_those_that_are_listed() {
        let found = leptos_axum::generate_route_list(App);
        let mut found: Vec<&str> = found.iter().map(|route| route.path()).collect();
        let mut listed = routes::PATTERNS.to_vec();
        found.sort_unstable();
        listed.sort_unstable();
        assert_eq!(found, listed);
    }
}
