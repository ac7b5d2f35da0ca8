//! A text that may be absent, so that a component's optional texts take `"…"`, `String` and `Option` alike.

use std::borrow::Cow;

/// An optional text. `"a"`, `String::from("a")`, `Some("a")` and `None::<String>` all become one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(Option<Cow<'static, str>>);

impl Text {
    /// The text, if there is one that is not empty.
    pub fn get(self) -> Option<Cow<'static, str>> {
        self.0.filter(|text| !text.is_empty())
    }

    /// Whether there is a text.
    pub fn is_some(&self) -> bool {
        self.0.as_ref().is_some_and(|text| !text.is_empty())
    }
}

impl From<&'static str> for Text {
    fn from(text: &'static str) -> Self {
        Self(Some(Cow::Borrowed(text)))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Some(Cow::Owned(text)))
    }
}

impl From<Cow<'static, str>> for Text {
    fn from(text: Cow<'static, str>) -> Self {
        Self(Some(text))
    }
}

impl<T: Into<Cow<'static, str>>> From<Option<T>> for Text {
    fn from(text: Option<T>) -> Self {
        Self(text.map(Into::into))
    }
}
