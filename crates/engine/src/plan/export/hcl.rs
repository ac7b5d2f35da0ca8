//! Writing HCL the way `terraform fmt` leaves it: two spaces, and the equal signs of neighbouring lines in one column.

use serde_json::Value as Json;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Bool(bool),
    /// An expression as it is, for example `aws_lb.main.arn`.
    Expression(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
    /// A function call on one value.
    Call(&'static str, Box<Value>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Number(value.into())
    }
}

impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::Expression("null".to_owned()),
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(number) => Self::Number(number),
                None => Self::Expression(number.to_string()),
            },
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Json::Object(fields) => Self::Object(
                fields
                    .iter()
                    .map(|(key, value)| (key.clone(), value.into()))
                    .collect(),
            ),
        }
    }
}

/// A JSON text as `jsonencode({…})`.
pub(super) fn json_document(text: &str) -> Value {
    match serde_json::from_str::<Json>(text) {
        Ok(json) => Value::Call("jsonencode", Box::new(Value::from(&json))),
        Err(_) => Value::Text(text.to_owned()),
    }
}

/// A block with its labels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    head: String,
    body: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq)]
enum Item {
    Comment(String),
    Attribute(String, Value),
    Block(Block),
}

impl Block {
    pub(super) fn new(kind: &str, labels: &[&str]) -> Self {
        let labels: String = labels.iter().map(|label| format!(" {}", quoted(label))).collect();
        Self {
            head: format!("{kind}{labels}"),
            body: Vec::new(),
        }
    }

    #[must_use]
    pub(super) fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.body.push(Item::Attribute(name.to_owned(), value.into()));
        self
    }

    /// With a line for people.
    #[must_use]
    pub(super) fn comment(mut self, text: &str) -> Self {
        self.body.push(Item::Comment(text.to_owned()));
        self
    }

    #[must_use]
    pub(super) fn maybe(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    #[must_use]
    pub(super) fn block(mut self, block: Self) -> Self {
        self.body.push(Item::Block(block));
        self
    }

    /// The text of the block, ending in a new line.
    pub(super) fn text(&self) -> String {
        let mut lines = Vec::new();
        self.write(0, &mut lines);
        lines.join("\n") + "\n"
    }

    fn write(&self, depth: usize, lines: &mut Vec<String>) {
        let indent = "  ".repeat(depth);
        if self.body.is_empty() {
            lines.push(format!("{indent}{} {{}}", self.head));
            return;
        }
        lines.push(format!("{indent}{} {{", self.head));
        let mut attributes: Vec<(String, &Value)> = Vec::new();
        let mut something = false;
        for item in &self.body {
            match item {
                Item::Comment(text) => {
                    write_attributes(&attributes, depth + 1, lines);
                    something |= !attributes.is_empty();
                    attributes.clear();
                    lines.push(format!("{}# {text}", "  ".repeat(depth + 1)));
                }
                Item::Attribute(name, value) => attributes.push((name.clone(), value)),
                Item::Block(block) => {
                    something |= !attributes.is_empty();
                    write_attributes(&attributes, depth + 1, lines);
                    attributes.clear();
                    if something {
                        lines.push(String::new());
                    }
                    block.write(depth + 1, lines);
                    something = true;
                }
            }
        }
        if something && !attributes.is_empty() {
            lines.push(String::new());
        }
        write_attributes(&attributes, depth + 1, lines);
        lines.push(format!("{indent}}}"));
    }
}

/// Lines `name = value`. A value of several lines stands outside the column, as `terraform fmt` has it.
fn write_attributes(attributes: &[(String, &Value)], depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let rendered: Vec<(&String, String)> = attributes
        .iter()
        .map(|(name, value)| (name, render(value, depth)))
        .collect();
    let mut start = 0;
    while start < rendered.len() {
        if rendered[start].1.contains('\n') {
            lines.push(format!("{indent}{} = {}", rendered[start].0, rendered[start].1));
            start += 1;
            continue;
        }
        let end = (start..rendered.len())
            .find(|index| rendered[*index].1.contains('\n'))
            .unwrap_or(rendered.len());
        let width = rendered[start..end]
            .iter()
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or(0);
        for (name, value) in &rendered[start..end] {
            let gap = " ".repeat(width - name.chars().count());
            lines.push(format!("{indent}{name}{gap} = {value}"));
        }
        start = end;
    }
}

fn render(value: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    match value {
        Value::Text(text) => quoted(text),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Expression(expression) => expression.clone(),
        Value::Call(function, inner) => format!("{function}({})", render(inner, depth)),
        Value::List(items) => {
            let nested = items
                .iter()
                .any(|item| matches!(item, Value::Object(_) | Value::List(_)));
            if !nested {
                let items: Vec<String> = items.iter().map(|item| render(item, depth)).collect();
                return format!("[{}]", items.join(", "));
            }
            let inner = "  ".repeat(depth + 1);
            let items: String = items
                .iter()
                .map(|item| format!("{inner}{},\n", render(item, depth + 1)))
                .collect();
            format!("[\n{items}{indent}]")
        }
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let named: Vec<(String, &Value)> = fields
                .iter()
                .map(|(key, value)| (object_key(key), value))
                .collect();
            let mut lines = Vec::new();
            write_attributes(&named, depth + 1, &mut lines);
            format!("{{\n{}\n{indent}}}", lines.join("\n"))
        }
    }
}

fn object_key(key: &str) -> String {
    let identifier = key.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if identifier { key.to_owned() } else { quoted(key) }
}

/// A string literal in which nothing is a template.
pub(super) fn quoted(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            c if c.is_control() => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => escaped.push(c),
        }
    }
    let literal = escaped.replace("${", "$${").replace("%{", "%%{");
    format!("\"{literal}\"")
}
