//! Commands for a POSIX shell, quoted so that no value can become code.

use serde_json::Value;

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text as it is.
    Text(String),
    /// The value of a shell variable.
    Variable(String),
}

/// One word of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word(Vec<Piece>);

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self(vec![Piece::Text(text.to_owned())])
    }
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        Self(vec![Piece::Text(text)])
    }
}

impl From<&String> for Word {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Piece> for Word {
    fn from(piece: Piece) -> Self {
        Self(vec![piece])
    }
}

impl Word {
    /// With more text or another word's pieces at its end.
    pub(super) fn then(mut self, more: impl Into<Self>) -> Self {
        self.0.extend(more.into().0);
        self
    }

    /// Several words as one, separated.
    pub(super) fn joined(words: impl IntoIterator<Item = Self>, separator: &str) -> Self {
        words
            .into_iter()
            .enumerate()
            .fold(Self::default(), |all, (index, word)| {
                if index == 0 {
                    all.then(word)
                } else {
                    all.then(separator).then(word)
                }
            })
    }

    /// As a JSON string inside a JSON text.
    pub(super) fn json(self) -> Self {
        let escaped = |piece| match piece {
            // A string always serialises; without its quotes it is the escaped text.
            Piece::Text(text) => Piece::Text(Value::from(text).to_string().trim_matches('"').to_owned()),
            variable => variable,
        };
        Self::from("\"")
            .then(Self(self.0.into_iter().map(escaped).collect()))
            .then("\"")
    }

    fn has_variable(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Variable(_)))
    }

    /// Quoted for the shell.
    pub(super) fn quoted(&self) -> String {
        if !self.has_variable() {
            let text: String = self
                .0
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) | Piece::Variable(text) => text.as_str(),
                })
                .collect();
            return single_quoted(&text);
        }
        let inside = |piece: &Piece| match piece {
            Piece::Text(text) => text
                .chars()
                .flat_map(escaped_in_double_quotes)
                .collect::<String>(),
            Piece::Variable(name) => format!("${{{name}}}"),
        };
        format!("\"{}\"", self.0.iter().map(inside).collect::<String>())
    }
}

fn escaped_in_double_quotes(character: char) -> impl Iterator<Item = char> {
    let needs = matches!(character, '"' | '\\' | '$' | '`');
    needs
        .then_some('\\')
        .into_iter()
        .chain(std::iter::once(character))
}

fn single_quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A command, with what becomes of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    words: Vec<Word>,
    /// `(variable, JMESPath)`: the answer is worth keeping.
    capture: Option<(String, &'static str)>,
    /// A shell line that is not an AWS call.
    raw: Option<String>,
}

impl Command {
    /// `aws service operation`; the operation may be two words (`wait services-stable`).
    pub(super) fn aws(service: &str, operation: &str) -> Self {
        let words = ["aws", service]
            .into_iter()
            .chain(operation.split(' '))
            .map(Word::from)
            .collect();
        Self {
            words,
            capture: None,
            raw: None,
        }
    }

    /// A line as it is.
    pub(super) fn raw(line: String) -> Self {
        Self {
            words: Vec::new(),
            capture: None,
            raw: Some(line),
        }
    }

    /// With an option and its values.
    #[must_use]
    pub(super) fn with<W: Into<Word>>(mut self, option: &str, values: impl IntoIterator<Item = W>) -> Self {
        self.words.push(format!("--{option}").into());
        self.words.extend(values.into_iter().map(Into::into));
        self
    }

    /// With an option and its one value.
    #[must_use]
    pub(super) fn set(self, option: &str, value: impl Into<Word>) -> Self {
        self.with(option, [value.into()])
    }

    /// With an option that takes no value.
    #[must_use]
    pub(super) fn flag(mut self, option: &str) -> Self {
        self.words.push(format!("--{option}").into());
        self
    }

    /// Keeping a part of the answer in a variable.
    #[must_use]
    pub(super) fn capture(mut self, variable: String, query: &'static str) -> Self {
        self.capture = Some((variable, query));
        self
    }

    /// Without keeping the answer unless `uses` says that somebody reads the variable.
    #[must_use]
    pub(super) fn keeping_only(mut self, uses: impl Fn(&str) -> bool) -> Self {
        self.capture = self.capture.filter(|(variable, _)| uses(variable));
        self
    }

    /// The command on one line, its answer printed.
    pub(super) fn shown(&self) -> String {
        match &self.raw {
            Some(raw) => raw.clone(),
            None => self.words.iter().map(Word::quoted).collect::<Vec<_>>().join(" "),
        }
    }

    /// The command in a script: one option a line where it is long, its answer kept or thrown away.
    pub(super) fn scripted(&self) -> String {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let mut lines = vec![String::new()];
        for word in &self.words {
            let text = word.quoted();
            let is_option = text.starts_with("--");
            match lines.last_mut() {
                Some(line) if !is_option => {
                    if !line.is_empty() {
                        line.push(' ');
                    }
                    line.push_str(&text);
                }
                _ => lines.push(text),
            }
        }
        if let Some((_, query)) = &self.capture {
            lines.push(format!("--query {} --output text", single_quoted(query)));
        }
        let one = lines.join(" ");
        let text = if one.len() <= 100 {
            one
        } else {
            lines.join(" \\\n  ")
        };
        match &self.capture {
            Some((variable, _)) => format!("{variable}=$({text})"),
            None => format!("{text} > /dev/null"),
        }
    }
}
