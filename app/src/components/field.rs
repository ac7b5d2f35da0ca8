//! Fields of a form. Each has a label, a hint, and a place for what is wrong with its value.

use std::sync::Arc;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Glyph, Text, Tone};
use crate::i18n::{locale, t, tn};

/// One thing wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// The field's name in the form.
    pub field: String,
    /// A stable code, for tests and for links to help.
    pub code: String,
    /// What would be right, in the reader's language.
    pub message: String,
}

/// Everything wrong with a form. Give the same value to the summary and to every field; each takes its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Arc<[FieldProblem]>);

impl Problems {
    /// Those of one field.
    pub fn of(&self, field: &str) -> Vec<FieldProblem> {
        self.0
            .iter()
            .filter(|problem| problem.field == field)
            .cloned()
            .collect()
    }

    /// Whether the form is fine.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<FieldProblem>> for Problems {
    fn from(problems: Vec<FieldProblem>) -> Self {
        Self(problems.into())
    }
}

/// Everything wrong with a form, each linked to its field. Stands above the form.
#[component]
pub fn ProblemSummary(
    /// The form's problems. Nothing is shown when there are none.
    problems: Problems,
) -> impl IntoView {
    let l = locale();
    (!problems.is_empty()).then(|| {
        let items: Vec<_> = problems
            .0
            .iter()
            .map(|problem| view! { <li><a href=format!("#{}", field_id(&problem.field))>{problem.message.clone()}</a></li> })
            .collect();
        view! {
            <div class="note bad" role="alert">
                <Glyph icon=Tone::Bad.icon()/>
                <div class="said"><b>{tn!(l, problems.0.len(), form.problems)}</b><ul>{items}</ul></div>
            </div>
        }
    })
}

fn field_id(name: &str) -> String {
    format!("field-{name}")
}

/// `aria-describedby`: hint first, then problems, when they exist.
fn described_by(id: &str, hint: bool, problems: bool) -> Option<String> {
    let parts = [(hint, "hint"), (problems, "problem")];
    let ids: Vec<_> = parts
        .iter()
        .filter(|(there, _)| *there)
        .map(|(_, part)| format!("{id}-{part}"))
        .collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

#[component]
fn FieldNotes(id: String, hint: Text, problems: Vec<FieldProblem>) -> impl IntoView {
    let hint = hint
        .get()
        .map(|hint| view! { <small id=format!("{id}-hint")>{hint}</small> });
    let wrong = (!problems.is_empty()).then(|| {
        let messages: Vec<_> = problems
            .into_iter()
            .map(|problem| view! { <span data-code=problem.code>{problem.message}</span> })
            .collect();
        view! { <p class="problem" id=format!("{id}-problem")><Glyph icon=Tone::Bad.icon()/><span>{messages}</span></p> }
    });
    (hint, wrong)
}

/// A field of one line: `<TextField name="port" label=t!(l, service.port) value=port problems=problems.clone() kind="number"/>`.
#[component]
pub fn TextField(
    /// The field's name in the form.
    #[prop(into)]
    name: String,
    /// Its label.
    #[prop(into)]
    label: Text,
    /// Its value.
    #[prop(optional, into)]
    value: Text,
    /// Where the value comes from or what it may be.
    #[prop(optional, into)]
    hint: Text,
    /// The form's problems; the field takes its own.
    #[prop(optional, into)]
    problems: Problems,
    /// `text` unless said: `email`, `password`, `number`, `url`.
    #[prop(default = "text")]
    kind: &'static str,
    /// An example, never instead of a label.
    #[prop(optional, into)]
    placeholder: Text,
    /// For password managers: `username`, `current-password`, `new-password`.
    #[prop(optional, into)]
    autocomplete: Text,
    /// Quiet text after the control: a unit.
    #[prop(optional, into)]
    unit: Text,
    /// Ids, paths and addresses: in the fixed-width face.
    #[prop(optional)]
    mono: bool,
    /// Must be filled in.
    #[prop(optional)]
    required: bool,
    /// The first thing to fill in on a page that is only a form.
    #[prop(optional)]
    autofocus: bool,
    /// Smallest value or shortest text worth accepting, by `kind`.
    #[prop(optional, into)]
    min: Text,
    /// Largest value, for numbers.
    #[prop(optional, into)]
    max: Text,
    /// Shown, not changed.
    #[prop(optional)]
    readonly: bool,
) -> impl IntoView {
    let l = locale();
    let id = field_id(&name);
    let wrong = problems.of(&name);
    let is_wrong = !wrong.is_empty();
    let described = described_by(&id, hint.is_some(), is_wrong);
    let number = kind == "number";
    view! {
        <div class="field" class:wrong=is_wrong>
            <label for=id.clone()>
                {label.get()}
                {(!required && !readonly).then(|| view! { " " <span class="optional">{t!(l, form.optional)}</span> })}
            </label>
            <span class="control">
                <input
                    id=id.clone()
                    name=name
                    type=kind
                    value=value.get()
                    class:mono=mono
                    placeholder=placeholder.get()
                    autocomplete=autocomplete.get()
                    required=required
                    readonly=readonly
                    autofocus=autofocus
                    min=min.get()
                    max=max.get()
                    inputmode=number.then_some("numeric")
                    spellcheck=mono.then_some("false")
                    aria-invalid=is_wrong.then_some("true")
                    aria-describedby=described
                />
                {unit.get().map(|unit| view! { <span class="unit">{unit}</span> })}
            </span>
            <FieldNotes id hint problems=wrong/>
        </div>
    }
    .into_any()
}

/// A field of several lines: `KEY=value` pairs, a pasted error.
#[component]
pub fn TextArea(
    /// The field's name in the form.
    #[prop(into)]
    name: String,
    /// Its label.
    #[prop(into)]
    label: Text,
    /// Its value.
    #[prop(optional, into)]
    value: Text,
    /// Where the value comes from or what it may be.
    #[prop(optional, into)]
    hint: Text,
    /// The form's problems; the field takes its own.
    #[prop(optional, into)]
    problems: Problems,
    /// Lines shown.
    #[prop(default = 4)]
    rows: u32,
    /// An example, never instead of a label.
    #[prop(optional, into)]
    placeholder: Text,
    /// Must be filled in.
    #[prop(optional)]
    required: bool,
) -> impl IntoView {
    let l = locale();
    let id = field_id(&name);
    let wrong = problems.of(&name);
    let is_wrong = !wrong.is_empty();
    let described = described_by(&id, hint.is_some(), is_wrong);
    view! {
        <div class="field" class:wrong=is_wrong>
            <label for=id.clone()>
                {label.get()}
                {(!required).then(|| view! { " " <span class="optional">{t!(l, form.optional)}</span> })}
            </label>
            <textarea
                id=id.clone()
                name=name
                rows=rows
                class="mono"
                placeholder=placeholder.get()
                required=required
                spellcheck="false"
                aria-invalid=is_wrong.then_some("true")
                aria-describedby=described
            >
                {value.get()}
            </textarea>
            <FieldNotes id hint problems=wrong/>
        </div>
    }
    .into_any()
}

/// One line of a select.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectOption {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Shown, but cannot be chosen.
    pub disabled: bool,
}

impl SelectOption {
    /// A line that can be chosen.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
            disabled: false,
        }
    }
}

/// Lines of a select that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectGroup {
    /// What they belong to, for scripts: `data-app`.
    pub key: String,
    /// What they belong to, for people.
    pub label: String,
    /// The lines.
    pub options: Vec<SelectOption>,
}

/// A choice from a list that is too long to be laid out as cards.
#[component]
pub fn SelectField(
    /// The field's name in the form.
    #[prop(into)]
    name: String,
    /// Its label.
    #[prop(into)]
    label: Text,
    /// The lines.
    #[prop(optional)]
    options: Vec<SelectOption>,
    /// Lines in groups, after the lines without one.
    #[prop(optional)]
    groups: Vec<SelectGroup>,
    /// The chosen line's value.
    #[prop(optional, into)]
    value: Text,
    /// Where the lines come from.
    #[prop(optional, into)]
    hint: Text,
    /// The form's problems; the field takes its own.
    #[prop(optional, into)]
    problems: Problems,
    /// Ids and addresses: in the fixed-width face.
    #[prop(optional)]
    mono: bool,
) -> impl IntoView {
    let id = field_id(&name);
    let wrong = problems.of(&name);
    let is_wrong = !wrong.is_empty();
    let described = described_by(&id, hint.is_some(), is_wrong);
    let chosen = value.get().unwrap_or_default();
    let lines = |options: Vec<SelectOption>| {
        let lines = options.into_iter().map(|option| {
            let selected = option.value == chosen;
            view! { <option value=option.value selected=selected disabled=option.disabled>{option.label}</option> }
        });
        lines.collect::<Vec<_>>()
    };
    let options = lines(options);
    let groups: Vec<_> = groups
        .into_iter()
        .map(|group| view! { <optgroup label=group.label data-app=group.key>{lines(group.options)}</optgroup> })
        .collect();
    view! {
        <div class="field" class:wrong=is_wrong>
            <label for=id.clone()>{label.get()}</label>
            <select
                id=id.clone()
                name=name
                class:mono=mono
                aria-invalid=is_wrong.then_some("true")
                aria-describedby=described
            >
                {options}
                {groups}
            </select>
            <FieldNotes id hint problems=wrong/>
        </div>
    }
    .into_any()
}

/// One yes or no: a checkbox with its label.
#[component]
pub fn Check(
    /// The field's name in the form.
    #[prop(into)]
    name: String,
    /// What is sent when it is on.
    #[prop(default = "on".to_owned(), into)]
    value: String,
    /// Its label.
    #[prop(into)]
    label: Text,
    /// Whether it is on.
    #[prop(optional)]
    checked: bool,
    /// What it does.
    #[prop(optional, into)]
    hint: Text,
) -> impl IntoView {
    view! {
        <label class="check">
            <input type="checkbox" name=name value=value checked=checked/>
            <span>{label.get()} {hint.get().map(|hint| view! { <small>{hint}</small> })}</span>
        </label>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_takes_only_its_own_problems() {
        let problem = |field: &str| FieldProblem {
            field: field.into(),
            code: "c".into(),
            message: "m".into(),
        };
        let problems = Problems::from(vec![problem("port"), problem("name"), problem("port")]);
        assert_eq!(problems.of("port").len(), 2);
        assert!(problems.of("path").is_empty());
    }

    #[test]
    fn a_field_is_described_by_what_is_there() {
        assert_eq!(
            described_by("field-a", true, true).as_deref(),
            Some("field-a-hint field-a-problem")
        );
        assert_eq!(described_by("field-a", false, false), None);
    }
}
