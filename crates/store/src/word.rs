//! The engine's enums as text columns: the word that `serde` gives them, so that JSON and tables agree.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The word of a variant without fields.
pub(crate) fn of(variant: &impl Serialize) -> String {
    match serde_json::to_value(variant) {
        Ok(Value::String(word)) => word,
        // A variant with fields has no word: the column's check refuses this.
        _ => String::new(),
    }
}

/// The variant of a word.
pub(crate) fn parse<T: DeserializeOwned>(word: String) -> sqlx::Result<T> {
    serde_json::from_value(Value::String(word)).map_err(|error| sqlx::Error::Decode(error.into()))
}
