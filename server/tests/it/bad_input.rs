//! Bad input gets a clear message each: which field, what was given, what would be right.

use crate::bed::Bed;

/// A good spec in which one line is changed.
fn spec(change: &str) -> String {
    let good = [
        "version = 1",
        "name = \"shop\"",
        "region = \"ap-northeast-1\"",
        "image.uri = \"public.ecr.aws/nginx/nginx:1.27\"",
        "container.port = 8080",
        "container.cpu = 256",
        "container.memory_mib = 512",
        "health.path = \"/health\"",
    ];
    let key = change.split('=').next().unwrap_or_default().trim();
    let mut lines: Vec<&str> = good
        .into_iter()
        .filter(|line| !line.starts_with(&format!("{key} =")))
        .collect();
    if key.starts_with("network") || key.starts_with("container") || lines.len() < good.len() {
        lines.push(change);
    }
    lines.join("\n")
}

#[tokio::test]
async fn every_bad_value_is_named_with_what_would_be_right() {
    let bed = Bed::new().await;
    let table: [(&str, &str, &str); 9] = [
        (
            "container.memory_mib = 4096",
            "container.memory_mib",
            "512, 1024, 2048",
        ),
        ("container.port = 0", "container.port", "from 1 to 65535"),
        ("container.port = 70000", "container.port", "65535"),
        ("health.path = \"health\"", "health.path", "start with /"),
        ("name = \"My Shop\"", "name", "it has to be"),
        (
            "network.new_subnet_cidr = \"10.0.0.999/24\"",
            "network.new_subnet_cidr",
            "IPv4 range",
        ),
        ("image.uri = \"NOT an image\"", "image.uri", "image name"),
        ("region = \"ap-northeast-9\"", "region", "AWS region"),
        (
            "container.prot = 8080",
            "container.prot",
            "did you mean container.port",
        ),
    ];
    for (change, field, right) in table {
        let file = bed.path("spec.toml");
        std::fs::write(&file, spec(change)).unwrap();
        let file = file.to_str().unwrap();
        let done = bed
            .run(&[
                "plan",
                "--connection",
                "practice:runbook",
                "--spec",
                file,
                "--json",
            ])
            .await;
        assert_eq!(done.code, 2, "{change}: {done:?}");
        let error = &done.json()["error"];
        assert_eq!(error["code"], "bad_input", "{change}");
        let problems = error["problems"].as_array().unwrap();
        let found = problems.iter().find(|problem| problem["field"] == field);
        let message = found.unwrap_or_else(|| panic!("{change}: {problems:?}"))["message"]
            .as_str()
            .unwrap();
        assert!(message.contains(right), "{change}: {message}");
        let words = bed
            .run(&["plan", "--connection", "practice:runbook", "--spec", file])
            .await;
        assert!(
            words
                .stderr
                .lines()
                .any(|line| line.contains(field) && line.contains(right)),
            "{}",
            words.stderr
        );
    }
}

#[tokio::test]
async fn every_problem_comes_at_once() {
    let bed = Bed::new().await;
    let file = bed.path("spec.toml");
    let text = spec("container.port = 0")
        .replace("\"shop\"", "\"x\"")
        .replace("\"/health\"", "\"health\"");
    std::fs::write(&file, text).unwrap();
    let done = bed
        .run(&[
            "plan",
            "--connection",
            "practice:runbook",
            "--spec",
            file.to_str().unwrap(),
            "--json",
        ])
        .await;
    let fields: Vec<String> = done.json()["error"]["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["field"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(fields, ["name", "container.port", "health.path"]);
}

#[tokio::test]
async fn broken_toml_is_named_with_its_line() {
    let bed = Bed::new().await;
    let file = bed.path("spec.toml");
    std::fs::write(&file, "version = 1\nname = \n").unwrap();
    let file = file.to_str().unwrap();
    let done = bed
        .run(&[
            "plan",
            "--connection",
            "practice:runbook",
            "--spec",
            file,
            "--json",
        ])
        .await;
    assert_eq!(done.code, 2);
    assert_eq!(
        done.json()["error"]["problems"][0]["code"]["line"],
        2,
        "{}",
        done.stdout
    );
}

#[tokio::test]
async fn a_wrong_connection_stack_or_file_says_so() {
    let bed = Bed::new().await;
    let good = bed.path("good.toml");
    std::fs::write(&good, spec("")).unwrap();
    let good = good.to_str().unwrap();
    let table: [(&[&str], &str); 6] = [
        (
            &["plan", "--connection", "practice:moon", "--spec", good],
            "practice:runbook",
        ),
        (
            &["plan", "--connection", "nowhere", "--spec", good],
            "practice:runbook",
        ),
        (
            &["plan", "--connection", "aws:default@tokyo", "--spec", good],
            "region",
        ),
        (
            &[
                "plan",
                "--connection",
                "practice:runbook",
                "--spec",
                "/does/not/exist.toml",
            ],
            "/does/not/exist.toml",
        ),
        (&["status", "--stack", "ghost"], "ghost"),
        (&["destroy", "--stack", "ghost", "--yes"], "ghost"),
    ];
    for (arguments, part) in table {
        let done = bed.run(arguments).await;
        assert_eq!(done.code, 2, "{arguments:?}: {done:?}");
        assert!(done.stderr.contains(part), "{arguments:?}: {}", done.stderr);
        let mut json = arguments.to_vec();
        json.push("--json");
        assert!(
            bed.run(&json).await.json()["error"]["code"].is_string(),
            "{arguments:?}"
        );
    }
}

#[tokio::test]
async fn wrong_credentials_are_called_that() {
    let bed = Bed::new().await;
    let good = bed.path("good.toml");
    std::fs::write(&good, spec("")).unwrap();
    let mut command = bed.command(&[
        "plan",
        "--connection",
        "aws:nobody@ap-northeast-1",
        "--spec",
        good.to_str().unwrap(),
        "--json",
    ]);
    command
        .env("AWS_CONFIG_FILE", bed.path("none"))
        .env("AWS_SHARED_CREDENTIALS_FILE", bed.path("none"));
    let done = crate::bed::finish(command).await;
    assert_eq!(done.code, 1, "{done:?}");
    let message = done.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("credentials") && message.contains("nobody"),
        "{message}"
    );
    assert_eq!(done.json()["error"]["code"], "credentials");
}

#[tokio::test]
async fn a_misspelt_setting_is_refused() {
    let bed = Bed::new().await;
    let mut command = bed.command(&["status", "--json"]);
    command.env("SLIPWAY_DATADIR", "/tmp/x");
    let done = crate::bed::finish(command).await;
    assert_eq!(
        (done.code, done.json()["error"]["code"].as_str()),
        (2, Some("bad_setting"))
    );
}
