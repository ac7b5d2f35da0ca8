//! The five tones. A tone is never alone: an icon and a word go with its colour.

/// What a state means for the reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// As it should be.
    Ok,
    /// Works, with something to know.
    Warn,
    /// Does not work.
    Bad,
    /// Under way, or waiting for something.
    Wait,
    /// Nothing to say: kept, off, unknown.
    #[default]
    None,
}

impl Tone {
    /// Its class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Wait => "wait",
            Self::None => "none",
        }
    }
}
