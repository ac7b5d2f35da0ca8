//! A practice account that was saved can be read by every later build, or says that it can't.

use cloud_sim::World;
use cloud_sim::world::FORM;
use serde_json::{Value, json};

use crate::stage::Stage;

/// The runbook's stack, healthy, as the first build of [`FORM`] saved it. It is never edited: a build that can't read
/// it, or forgets a part of it, needs a new form and with it a new file.
const SAVED: &str = include_str!("saved_1.json");

/// Every value of `old` that `new` lacks or has otherwise.
fn lost(path: &str, old: &Value, new: &Value, out: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                lost(
                    &format!("{path}/{key}"),
                    value,
                    new.get(key).unwrap_or(&Value::Null),
                    out,
                );
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (place, (old, new)) in old.iter().zip(new).enumerate() {
                lost(&format!("{path}/{place}"), old, new, out);
            }
        }
        (old, new) if old == new => {}
        (old, new) => out.push(format!("{path}: {old} became {new}")),
    }
}

#[test]
fn a_world_saved_by_an_earlier_build_is_read_whole() {
    let saved: Value = serde_json::from_str(SAVED).expect("the file is JSON");
    assert_eq!(saved["form"], FORM, "a new form needs a new file");
    let world: World = serde_json::from_str(SAVED).expect("raise FORM: a saved world can't be read any more");
    let mut missing = Vec::new();
    lost(
        "",
        &saved,
        &serde_json::to_value(&world).expect("worlds are data"),
        &mut missing,
    );
    assert_eq!(missing, Vec::<String>::new(), "raise FORM");
}

#[test]
fn a_world_of_another_form_is_refused_and_areas_may_grow() {
    let mut saved: Value = serde_json::from_str(SAVED).expect("the file is JSON");
    let hosting = saved.as_object_mut().and_then(|world| world.remove("hosting"));
    assert!(hosting.is_some());
    let grown = serde_json::from_value::<World>(saved.clone());
    assert!(
        grown.is_ok(),
        "an area that was not there yet is empty: {grown:?}"
    );
    for form in [json!(FORM + 1), json!(0), Value::Null] {
        saved["form"] = form.clone();
        assert!(serde_json::from_value::<World>(saved.clone()).is_err(), "{form}");
    }
    assert!(serde_json::from_value::<World>(json!({ "written": "by somebody else" })).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_world_that_is_saved_and_read_in_the_middle_is_the_same_account() {
    let mut stage = Stage::runbook();
    stage.succeed(&crate::stage::vendor(), "run-1").await;
    let (before, saved) = stage
        .cell
        .look(|world| (world.comparable(), serde_json::to_string(world)));
    let saved = saved.expect("worlds are data");
    // Where a new form's file comes from.
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/saved.json");
    std::fs::write(path, &saved).expect("written");
    let read: World = serde_json::from_str(&saved).expect("what was saved can be read");
    assert_eq!(read.comparable(), before);
}
