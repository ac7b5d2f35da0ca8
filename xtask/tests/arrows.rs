//! Who may know whom. The arrows of ARCHITECTURE.md, held by cargo's own account of the workspace.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read the workspace fails there"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Each member and the members that its code may use. What is not here may not be.
const ARROWS: &[(&str, &[&str])] = &[
    ("engine", &[]),
    ("app", &["engine"]),
    ("hydrate", &["app"]),
    ("cloud-aws", &["engine"]),
    ("cloud-sim", &["engine"]),
    ("store", &["engine"]),
    ("server", &["app", "cloud-aws", "cloud-sim", "engine", "store"]),
    ("xtask", &[]),
    ("bindgen", &[]),
];

/// Outside crates that one member alone may name: prefix, and the member.
const KEPT_BY: &[(&str, &str)] = &[
    ("aws-sdk-", "cloud-aws"),
    ("sqlx", "store"),
    ("wasm-bindgen-cli", "bindgen"),
];

/// What would give the engine IO, a clock or chance.
const NOT_IN_ENGINE: &[&str] = &[
    "async-std",
    "fastrand",
    "getrandom",
    "hyper",
    "mio",
    "rand",
    "reqwest",
    "smol",
    "sqlx",
    "tokio",
];

/// Source text that reads a clock, the environment, a file, the network or chance.
const NOT_SAID_BY_ENGINE: &[&str] = &[
    "Instant::now",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "rand::",
    "std::env::",
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::process",
    "std::thread",
];

/// Which dependencies are meant: those of the code, or those of its tests as well.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Code,
    Tests,
}

struct Member {
    manifest: PathBuf,
    dependencies: Vec<(String, bool, bool)>,
}

impl Member {
    /// Names of what it depends on, inside or outside the workspace.
    fn names(&self, reach: Reach, inside: bool) -> BTreeSet<&str> {
        self.dependencies
            .iter()
            .filter(|(_, test, local)| *local == inside && (reach == Reach::Tests || !*test))
            .map(|(name, _, _)| name.as_str())
            .collect()
    }
}

fn members() -> BTreeMap<String, Member> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .map(|dependency| {
                    (
                        dependency["name"].as_str().unwrap().to_owned(),
                        dependency["kind"] == "dev",
                        dependency["path"].is_string(),
                    )
                })
                .collect();
            let member = Member {
                manifest: package["manifest_path"].as_str().unwrap().into(),
                dependencies,
            };
            (package["name"].as_str().unwrap().to_owned(), member)
        })
        .collect()
}

#[test]
fn every_member_of_the_workspace_has_its_arrows_written_down() {
    let written: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let members = members();
    let found: BTreeSet<&str> = members.keys().map(String::as_str).collect();
    assert_eq!(found, written);
}

#[test]
fn tests_use_only_what_their_arrows_allow() {
    let members = members();
    for (name, allowed) in ARROWS {
        let used = members[*name].names(Reach::Tests, true);
        let forbidden: Vec<_> = used
            .iter()
            .filter(|one| *one != name && !allowed.contains(one))
            .collect();
        assert!(
            forbidden.is_empty(),
            "the tests of {name} must not use {forbidden:?}"
        );
    }
}

#[test]
fn code_uses_only_what_its_arrows_allow() {
    let members = members();
    for (name, allowed) in ARROWS {
        let used = members[*name].names(Reach::Code, true);
        let forbidden: Vec<_> = used.iter().filter(|one| !allowed.contains(one)).collect();
        assert!(forbidden.is_empty(), "{name} must not use {forbidden:?}");
    }
}

#[test]
fn nothing_points_at_the_server_and_the_panel_never_sees_the_database_or_a_cloud() {
    for (name, member) in members() {
        let used = member.names(Reach::Tests, true);
        assert!(
            !used.contains("server") || name == "server",
            "{name} must not use server, not even in tests"
        );
        if name == "app" || name == "hydrate" {
            for hidden in ["store", "cloud-aws", "cloud-sim"] {
                assert!(
                    !used.contains(hidden),
                    "{name} must not use {hidden}, not even in tests"
                );
            }
        }
    }
}

#[test]
fn the_aws_sdk_and_the_database_driver_have_one_owner_each() {
    for (name, member) in members() {
        for used in member.names(Reach::Tests, false) {
            for (prefix, owner) in KEPT_BY {
                assert!(
                    !used.starts_with(prefix) || name == *owner,
                    "{name} must not use {used}: that is for {owner}"
                );
            }
        }
    }
}

#[test]
fn the_engine_has_no_io_no_clock_and_no_chance() {
    let members = members();
    let engine = &members["engine"];
    let used = engine.names(Reach::Code, false);
    for name in NOT_IN_ENGINE {
        assert!(!used.contains(name), "engine must not use {name}");
    }
    let sources = engine.manifest.parent().unwrap().join("src");
    let mut seen = 0;
    each_source(&sources, &mut |file, text| {
        seen += 1;
        for line in without_tests(text)
            .iter()
            .filter(|line| !line.trim_start().starts_with("//"))
        {
            for word in NOT_SAID_BY_ENGINE {
                assert!(
                    !line.contains(word),
                    "{}: the engine must not say `{word}`: {line}",
                    file.display()
                );
            }
        }
    });
    assert!(seen > 10, "the engine's sources were not found");
}

/// The lines of a source without what is compiled for tests only: each `#[cfg(test)]` item up to the line that closes it,
/// at its own indent.
fn without_tests(text: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() != "#[cfg(test)]" {
            kept.push(line);
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let ends = |line: &str| {
            let own = line.len() - line.trim_start().len();
            own == indent && (line.trim_end().ends_with(';') || line.trim_start().starts_with('}'))
        };
        lines.by_ref().find(|line| ends(line));
    }
    kept
}

#[test]
fn what_follows_a_module_of_tests_is_code_again() {
    let text = "a\n#[cfg(test)]\nmod tests {\n    b();\n}\nc\n#[cfg(test)]\nuse d;\ne";
    assert_eq!(without_tests(text), ["a", "c", "e"]);
}

fn each_source(folder: &Path, visit: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_source(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}
