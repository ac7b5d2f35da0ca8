//! Texts that hold several values: `NAME=value` lines, and the words of a command.

use std::collections::BTreeMap;

/// One `NAME=value` line. Either half may stand in double quotes, as JSON writes a text: so names with `=` and values
/// with spaces at their ends or several lines have a place, too. A quote that is no such text is taken as it stands.
pub(super) fn pair(line: &str) -> (String, String) {
    if let Some((name, rest)) = quoted(line)
        && let Some(value) = rest.trim_start().strip_prefix('=')
    {
        return (name, unquoted(value));
    }
    let (name, value) = line.split_once('=').unwrap_or((line, ""));
    (name.trim().to_owned(), unquoted(value))
}

/// A text in quotes at the beginning, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    if !text.starts_with('"') {
        return None;
    }
    let mut texts = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let read = texts.next()?.ok()?;
    Some((read, text.get(texts.byte_offset()..)?))
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    match quoted(value) {
        Some((read, "")) => read,
        _ => value.to_owned(),
    }
}

/// Lines that [`pair`] reads again.
pub(super) fn written(pairs: &BTreeMap<String, String>) -> String {
    let lines: Vec<_> = pairs
        .iter()
        .map(|(name, value)| {
            let name = in_quotes(name, name.contains('='));
            format!("{name}={}", in_quotes(value, false))
        })
        .collect();
    lines.join("\n")
}

fn in_quotes(text: &str, needed: bool) -> String {
    let plain = text.trim() == text && !text.contains(char::is_control) && !text.starts_with('"');
    if plain && !needed {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

/// Words as a shell would split them: spaces separate, single and double quotes keep together. `None`: a quote is open.
pub(super) fn split_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for character in text.chars() {
        match quote {
            Some(open) if character == open => quote = None,
            Some(_) => word.get_or_insert_default().push(character),
            None if character == '"' || character == '\'' => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            None if character.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// Words so that [`split_words`] reads them again.
pub(super) fn joined(words: &[String]) -> String {
    words
        .iter()
        .map(|word| quoted_word(word))
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted_word(word: &str) -> String {
    let is_plain = |c: char| !c.is_whitespace() && c != '"' && c != '\'';
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    // Double quotes keep everything together but themselves; those stand in single ones.
    let parts: Vec<String> = word
        .split('"')
        .map(|part| {
            if part.is_empty() {
                String::new()
            } else {
                format!("\"{part}\"")
            }
        })
        .collect();
    let whole = parts.join("'\"'");
    if whole.is_empty() {
        "\"\"".to_owned()
    } else {
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_words_together() {
        assert_eq!(split_words("a 'b c' \"\" d").unwrap(), ["a", "b c", "", "d"]);
        assert_eq!(split_words("a 'b"), None);
    }

    #[test]
    fn a_value_is_taken_as_it_stands_unless_it_is_a_text_in_quotes() {
        let read = |line: &str| pair(line);
        let is = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read("A = b=c "), is("A", "b=c"));
        assert_eq!(read("A"), is("A", ""));
        assert_eq!(read(r#"A="two\nlines ""#), is("A", "two\nlines "));
        assert_eq!(read(r#"A="x","y""#), is("A", r#""x","y""#));
        assert_eq!(read(r#"A={"b":1}"#), is("A", r#"{"b":1}"#));
        assert_eq!(read(r#""a=b"=c"#), is("a=b", "c"));
    }
}
