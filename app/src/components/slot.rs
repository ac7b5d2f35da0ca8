//! A place in a component for a view of the caller's.

use std::borrow::Cow;

use leptos::{prelude::*, tachys::view::any_view::AnyView};

/// A place for a view: takes `view! { … }`, a closure that returns one, an `Option` of one, or a text.
#[derive(Default)]
pub struct Slot(Option<Box<dyn FnOnce() -> AnyView + Send>>);

impl Slot {
    /// Whether something was put in.
    pub fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// The view that was put in.
    pub fn get(self) -> Option<AnyView> {
        self.0.map(|make| make())
    }
}

impl<F, C> From<F> for Slot
where
    F: FnOnce() -> C + Send + 'static,
    C: RenderHtml + Send + 'static,
{
    fn from(make: F) -> Self {
        Self(Some(Box::new(move || make().into_any())))
    }
}

impl<C: RenderHtml + Send + 'static> From<View<C>> for Slot {
    fn from(view: View<C>) -> Self {
        Self(Some(Box::new(move || view.into_any())))
    }
}

impl<C: RenderHtml + Send + 'static> From<Option<View<C>>> for Slot {
    fn from(view: Option<View<C>>) -> Self {
        view.map_or_else(Self::default, Self::from)
    }
}

impl From<AnyView> for Slot {
    fn from(view: AnyView) -> Self {
        Self(Some(Box::new(move || view)))
    }
}

impl From<&'static str> for Slot {
    fn from(text: &'static str) -> Self {
        Self(Some(Box::new(move || text.into_any())))
    }
}

impl From<String> for Slot {
    fn from(text: String) -> Self {
        Self(Some(Box::new(move || text.into_any())))
    }
}

impl From<Cow<'static, str>> for Slot {
    fn from(text: Cow<'static, str>) -> Self {
        Self(Some(Box::new(move || text.into_owned().into_any())))
    }
}
