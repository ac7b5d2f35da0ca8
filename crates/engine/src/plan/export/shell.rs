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
    /// What a script does instead, where that takes more than one call.
    in_script: Option<String>,
    /// What tells that the thing is there already, with the JMESPath of its id.
    unless: Option<(Vec<Word>, String)>,
    /// What to do when it is.
    otherwise: Option<Vec<Word>>,
    /// A part of the error that says that the work was done before.
    done_when: Option<&'static str>,
    /// How often a script tries, 5 seconds apart.
    tries: Option<u32>,
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
            raw: None,
            ..Self::raw(String::new())
        }
    }

    /// A line as it is.
    pub(super) fn raw(line: String) -> Self {
        Self {
            words: Vec::new(),
            capture: None,
            raw: Some(line),
            in_script: None,
            unless: None,
            otherwise: None,
            done_when: None,
            tries: None,
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

    /// With a line that a script has instead.
    #[must_use]
    pub(super) fn in_script(mut self, line: String) -> Self {
        self.in_script = Some(line);
        self
    }

    /// Only if `look` finds nothing at the JMESPath `query`: a script that was cut off is started again.
    #[must_use]
    pub(super) fn unless(mut self, look: Self, query: impl Into<String>) -> Self {
        self.unless = Some((look.words, query.into()));
        self
    }

    /// With what a script does when the thing is there already.
    #[must_use]
    pub(super) fn otherwise(mut self, other: Self) -> Self {
        self.otherwise = Some(other.words);
        self
    }

    /// With a part of the error that says that the work was done before.
    #[must_use]
    pub(super) fn done_when(mut self, error: &'static str) -> Self {
        self.done_when = Some(error);
        self
    }

    /// Tried again for a while.
    #[must_use]
    pub(super) fn tried(mut self, tries: u32) -> Self {
        self.tries = Some(tries);
        self
    }

    /// The command on one line, its answer printed.
    pub(super) fn shown(&self) -> String {
        match &self.raw {
            Some(raw) => raw.clone(),
            None => self.words.iter().map(Word::quoted).collect::<Vec<_>>().join(" "),
        }
    }

    /// Everything in it that may read a variable.
    pub(super) fn reads(&self) -> String {
        let line = self.in_script.clone().unwrap_or_default();
        let words = self
            .unless
            .iter()
            .map(|(words, _)| words)
            .chain(&self.otherwise)
            .flatten();
        let more: Vec<String> = words.map(Word::quoted).collect();
        format!("{} {line} {}", self.shown(), more.join(" "))
    }

    /// The command in a script: one option a line where it is long, its answer kept or thrown away.
    pub(super) fn scripted(&self) -> String {
        if let Some(line) = self.in_script.as_ref().or(self.raw.as_ref()) {
            return line.clone();
        }
        let query = self.capture.as_ref().map(|(_, query)| *query);
        let mut prefix = String::new();
        if let Some(tries) = self.tries {
            prefix.push_str(&format!("patiently {tries} "));
        }
        if let Some(error) = self.done_when {
            prefix.push_str(&format!("unless_done {} ", single_quoted(error)));
        }
        let text = format!("{prefix}{}", lines(&self.words, query));
        let text = match &self.capture {
            Some((variable, _)) => format!("{variable}=$({text})"),
            // `unless_done` keeps the answer to itself.
            None if self.done_when.is_some() => text,
            None => format!("{text} > /dev/null"),
        };
        let Some((look, found)) = &self.unless else {
            return text;
        };
        let look = format!("$({} 2> /dev/null || true)", lines(look, Some(found)));
        let (head, seen) = match &self.capture {
            Some((variable, _)) => (format!("{variable}={look}\n"), format!("\"${{{variable}}}\"")),
            None => (String::new(), format!("\"{look}\"")),
        };
        let otherwise = self
            .otherwise
            .as_ref()
            .map(|words| format!("else\n  {} > /dev/null\n", indented(&lines(words, None))))
            .unwrap_or_default();
        format!(
            "{head}if missing {seen}; then\n  {}\n{otherwise}fi",
            indented(&text)
        )
    }
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n  ")
}

/// Words on one line, or one option a line where they are many.
fn lines(words: &[Word], query: Option<&str>) -> String {
    let mut lines = vec![String::new()];
    for word in words {
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
    if let Some(query) = query {
        lines.push(format!("--query {} --output text", single_quoted(query)));
    }
    let one = lines.join(" ");
    if one.len() <= 100 {
        one
    } else {
        lines.join(" \\\n  ")
    }
}
