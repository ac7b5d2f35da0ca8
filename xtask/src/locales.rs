//! The two languages hold the same texts, with the same blanks, and each in its own words.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

/// A text of this many letters with spaces in it is a sentence, and a sentence is not the same in two languages.
const SENTENCE: usize = 24;

/// Endings of keys that only one language may need: Japanese has no plural.
const PLURALS: &[&str] = &["_zero", "_one", "_two", "_few", "_many", "_other"];

/// Everything that is wrong, one line each.
pub(crate) fn compare(ja: &str, en: &str) -> Result<Vec<String>> {
    let ja = texts(&serde_json::from_str(ja).context("reading app/locales/ja.json")?);
    let en = texts(&serde_json::from_str(en).context("reading app/locales/en.json")?);
    let mut problems = Vec::new();
    missing(&ja, &en, "en.json", &mut problems);
    missing(&en, &ja, "ja.json", &mut problems);
    for (key, japanese) in &ja {
        let Some(english) = en.get(key) else { continue };
        for text in japanese.iter().chain(english) {
            if text.trim().is_empty() {
                problems.push(format!("{key} is empty"));
            }
        }
        if let (Some(left), Some(right)) = (japanese.first(), english.first())
            && left == right
            && left.contains(' ')
            && left.chars().filter(|letter| letter.is_alphabetic()).count() > SENTENCE
        {
            problems.push(format!("{key} is not translated: {left}"));
        }
        let (left, right) = (blanks(japanese), blanks(english));
        if left != right {
            problems.push(format!(
                "{key} has other blanks: {left:?} in Japanese, {right:?} in English"
            ));
        }
    }
    Ok(problems)
}

fn missing(
    here: &BTreeMap<String, Vec<String>>,
    there: &BTreeMap<String, Vec<String>>,
    file: &str,
    problems: &mut Vec<String>,
) {
    for key in here.keys().filter(|key| !there.contains_key(*key)) {
        problems.push(format!("{key} is missing in {file}"));
    }
}

/// The texts by their full key; the forms of a plural are under one.
fn texts(tree: &Value) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    walk(tree, String::new(), &mut found);
    found
}

fn walk(tree: &Value, key: String, found: &mut BTreeMap<String, Vec<String>>) {
    match tree {
        Value::Object(members) => {
            for (name, value) in members {
                let name = PLURALS
                    .iter()
                    .find_map(|ending| name.strip_suffix(ending))
                    .unwrap_or(name);
                let full = if key.is_empty() {
                    name.to_owned()
                } else {
                    format!("{key}.{name}")
                };
                walk(value, full, found);
            }
        }
        Value::String(text) => found.entry(key).or_default().push(text.clone()),
        other => found.entry(key).or_default().push(other.to_string()),
    }
}

/// What is filled in: `{{ count }}` and `<b>`.
fn blanks(forms: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in forms {
        for (open, close) in [("{{", "}}"), ("<", ">")] {
            for part in text.split(open).skip(1) {
                let Some((inside, _)) = part.split_once(close) else {
                    continue;
                };
                // `{{ count, number }}` names a format as well.
                let name = inside.trim().split(',').next().unwrap_or_default().trim();
                if !name.is_empty()
                    && name
                        .chars()
                        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
                {
                    found.insert(name.to_owned());
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_that_agree_have_no_problem() {
        let ja = r#"{"a":{"b":"{{ n }} 件","c_other":"{{ count }} 個"},"id":"ARN"}"#;
        let en = r#"{"a":{"b":"{{n}} items","c_one":"one","c_other":"{{ count }} things"},"id":"ARN"}"#;
        assert_eq!(compare(ja, en).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_missing_key_an_untranslated_sentence_and_a_lost_blank_are_each_named() {
        let same = "This is certainly an English sentence.";
        let ja = format!(r#"{{"a":"{same}","b":"{{{{ n }}}} 件","c":"はい"}}"#);
        let en = format!(r#"{{"a":"{same}","b":"items","d":"no"}}"#);
        let problems = compare(&ja, &en).unwrap().join("\n");
        for expected in [
            "c is missing in en.json",
            "d is missing in ja.json",
            "a is not translated",
            "b has other blanks",
        ] {
            assert!(problems.contains(expected), "{expected} in {problems}");
        }
    }
}
