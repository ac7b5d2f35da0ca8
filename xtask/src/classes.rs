//! Every class that the panel gives an element has a rule in the stylesheet: a class without one is a page that looks
//! unfinished, and nothing else would say so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Classes used under `source` that no sheet under `style` has a rule for, each with the file that uses it.
pub(crate) fn without_rule(source: &Path, style: &Path) -> Result<Vec<String>> {
    let mut rules = BTreeSet::new();
    for sheet in files(style, "css")? {
        rules.extend(named(&read(&sheet)?));
    }
    let mut lost: BTreeMap<String, PathBuf> = BTreeMap::new();
    for file in files(source, "rs")? {
        for class in used(&read(&file)?) {
            if !has_rule(&class, &rules) {
                lost.entry(class).or_insert_with(|| file.clone());
            }
        }
    }
    Ok(lost
        .into_iter()
        .map(|(class, file)| format!(".{class} has no rule in style/ ({})", file.display()))
        .collect())
}

fn has_rule(class: &str, rules: &BTreeSet<String>) -> bool {
    match class.split_once(HOLE) {
        // Only the beginning is known: `c-{name}`.
        Some((beginning, _)) => rules.iter().any(|rule| rule.starts_with(beginning)),
        None => rules.contains(class),
    }
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Stands for what a format string fills in.
const HOLE: char = '\0';

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

/// Class names in a sheet's selectors. A number such as `.5rem` does not begin like a name.
fn named(sheet: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for piece in sheet.split('.').skip(1) {
        let name: String = piece.chars().take_while(|c| is_name(*c)).collect();
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            names.insert(name);
        }
    }
    names
}

/// Class names that a source file gives to elements.
fn used(source: &str) -> BTreeSet<String> {
    let mut classes = BTreeSet::new();
    for (at, _) in source.match_indices("class=") {
        if source[..at].ends_with(is_name) {
            continue;
        }
        for text in literals(expression(&source[at + "class=".len()..])) {
            add(&mut classes, &text);
        }
    }
    for (at, _) in source.match_indices("class:") {
        let name: String = source[at + "class:".len()..]
            .chars()
            .take_while(|c| is_name(*c))
            .collect();
        if !name.is_empty() && source[at + "class:".len() + name.len()..].starts_with('=') {
            classes.insert(name);
        }
    }
    // `fn class(self) -> &'static str`: every text in it is one, or several.
    for (at, _) in source.match_indices("fn class(self)") {
        let body = source[at..].split("\n    }\n").next().unwrap_or_default();
        for text in literals(body) {
            add(&mut classes, &text);
        }
    }
    for call in ["class_list().add_1(", "set_class_name("] {
        for (at, _) in source.match_indices(call) {
            for text in literals(expression(&source[at + call.len() - 1..])) {
                add(&mut classes, &text);
            }
        }
    }
    classes
}

/// The value of an attribute: up to a space or `>` that stands in no bracket.
fn expression(text: &str) -> &str {
    let (mut depth, mut quoted) = (0_u32, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return &text[..at],
            },
            '>' | ' ' | '\n' if depth == 0 => return &text[..at],
            _ => {}
        }
    }
    text
}

/// Texts in quotes, with a hole for each variable of a format string.
fn literals(text: &str) -> Vec<String> {
    let quoted = text.split('"').skip(1).step_by(2);
    quoted
        .map(|literal| {
            let mut out = String::new();
            let mut inside = false;
            for c in literal.chars() {
                match c {
                    '{' => {
                        inside = true;
                        out.push(HOLE);
                    }
                    '}' => inside = false,
                    _ if inside => {}
                    other => out.push(other),
                }
            }
            out
        })
        .collect()
}

fn add(classes: &mut BTreeSet<String>, text: &str) {
    let words = text.split_whitespace().filter(|word| !word.starts_with(HOLE));
    classes.extend(words.map(str::to_owned));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_way_to_give_a_class_is_seen() {
        let source = r#"
            <p class="a b"/> <p class:c=on/> <p class=format!("note {}", tone.class())/>
            <i class=format!("c-{name}")/> <div class=side.then_some("cols")>"text class"</div>
            let _ = list.class_list().add_1("awake");
            fn class(self) -> &'static str {
                match self { Self::Ok => "button ok" }
            }
"#;
        let found = used(source);
        assert_eq!(
            found,
            set(&["a", "b", "c", "note", "c-\0", "cols", "awake", "button", "ok"])
        );
    }

    #[test]
    fn a_number_is_no_class_and_a_beginning_is_enough_where_the_rest_is_filled_in() {
        let rules = named(".a.b > .c-paper { margin: .5rem } .d:has(> .e) {}");
        assert_eq!(rules, set(&["a", "b", "c-paper", "d", "e"]));
        assert!(has_rule("c-\0", &rules));
        assert!(!has_rule("x-\0", &rules));
        assert!(!has_rule("f", &rules));
    }
}
