//! The plan as a Mermaid graph, for documents and chats.

use std::fmt::Write;

use crate::plan::{Change, Plan};

/// A Mermaid flow chart: one node a step, one arrow for each "after".
pub fn mermaid(plan: &Plan) -> String {
    let mut text = "flowchart LR\n".to_owned();
    // Writing to a string can't fail.
    for (index, step) in plan.steps.iter().enumerate() {
        let label = format!("{} {}", step.action.kind().replace('_', " "), step.action.name());
        let _ = writeln!(
            text,
            "  s{index}[\"{}\"]:::{}",
            escaped(&label),
            class(step.change)
        );
    }
    for (index, step) in plan.steps.iter().enumerate() {
        for other in &step.after {
            if let Some(from) = plan.steps.iter().position(|step| step.id == *other) {
                let _ = writeln!(text, "  s{from} --> s{index}");
            }
        }
    }
    text
}

fn class(change: Change) -> &'static str {
    match change {
        Change::Create => "create",
        Change::Update => "update",
        Change::Keep => "keep",
        Change::Adopt => "adopt",
        Change::Delete => "delete",
        Change::Wait => "wait",
    }
}

/// Mermaid reads `#…;` as an entity, and a quote ends the label.
fn escaped(text: &str) -> String {
    let safe = |c: char| match c {
        '"' => "#quot;".to_owned(),
        '#' => "#35;".to_owned(),
        '<' => "#lt;".to_owned(),
        '>' => "#gt;".to_owned(),
        c if c.is_control() => " ".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(safe).collect()
}
