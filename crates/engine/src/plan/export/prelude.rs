//! What a script needs before its first command: programs, and functions that wait.

/// Tries a script gives something that takes `expected_s` seconds: three times as long, and 15 minutes at least.
pub(super) fn tries(expected_s: u32) -> u32 {
    (3 * expected_s / 5).max(180)
}

/// Refuses to start without the programs that the script calls.
pub(super) fn programs(body: &str) -> String {
    let mut programs = vec!["aws"];
    if body.contains("| jq ") {
        programs.push("jq");
    }
    if body.contains("answers ") {
        programs.push("curl");
    }
    format!(
        "for program in {}; do\n  \
           command -v \"$program\" > /dev/null || {{ echo \"$program is needed.\" >&2; exit 1; }}\n\
         done",
        programs.join(" ")
    )
}

/// Refuses to start with an AWS CLI that would refuse the circuit breaker after everything else was made.
pub(super) fn newer_cli(body: &str) -> String {
    if !body.contains("thresholdConfiguration") {
        return String::new();
    }
    "if [[ $(aws ecs create-service --generate-cli-skeleton) != *thresholdConfiguration* ]]; then\n  \
       echo 'This AWS CLI does not know thresholdConfiguration of the circuit breaker: update it.' >&2\n  \
       exit 1\n\
     fi\n"
        .to_owned()
}

/// The functions that the script calls.
pub(super) fn functions(body: &str) -> String {
    let calls = |name: &str| body.contains(&format!("{name} "));
    let all = [
        ("missing", MISSING),
        ("unless_done", UNLESS_DONE),
        ("patiently", PATIENTLY),
        ("deployed", DEPLOYED),
        ("answers", ANSWERS),
        ("released", RELEASED),
    ];
    all.into_iter()
        .filter(|(name, _)| calls(name))
        .map(|(_, text)| text)
        .collect()
}

const MISSING: &str = r#"
# Whether AWS found nothing.
missing() { [[ -z $1 || $1 == None ]]; }
"#;

const UNLESS_DONE: &str = r#"
# Runs a command; an error that the first word matches means that its work was done before.
unless_done() {
  local error=$1 said
  shift
  said=$("$@" 2>&1) || [[ $said =~ $error ]] || {
    printf '%s\n' "$said" >&2
    return 1
  }
}
"#;

const PATIENTLY: &str = r#"
# Tries a command again every 5 seconds: AWS takes a while to spread things and to let go of them.
patiently() {
  local tries=$1
  shift
  until "$@"; do
    tries=$((tries - 1))
    if ((tries == 0)); then
      echo "Gave up: $*" >&2
      return 1
    fi
    sleep 5
  done
}
"#;

const DEPLOYED: &str = r#"
# Waits until the wanted task definition is the one that runs. A rollback is a failure.
deployed() {
  local state try
  for ((try = 0; try < $4; try++)); do
    state=$(aws ecs describe-services --cluster "$1" --services "$2" --output text \
      --query "services[0].deployments[?status=='PRIMARY'] | [0].[taskDefinition, rolloutState]")
    case $state in
      "$3"$'\t'COMPLETED) return ;;
      "$3"$'\t'IN_PROGRESS) sleep 5 ;;
      *) break ;;
    esac
  done
  echo "The deployment did not succeed: $state" >&2
  return 1
}
"#;

const ANSWERS: &str = r#"
# Waits until a URL answers one of the codes: 200, 200-299, 200,301.
answers() {
  local code='' part try
  for ((try = 0; try < $3; try++)); do
    code=$(curl -s -m 10 -o /dev/null -w '%{http_code}' "$1" || true)
    for part in ${2//,/ }; do
      if ((10#${code:-0} >= ${part%-*} && 10#${code:-0} <= ${part#*-})); then return; fi
    done
    sleep 5
  done
  echo "$1 answers $code instead of $2" >&2
  return 1
}
"#;

const RELEASED: &str = r#"
# Waits for a job of Amplify.
released() {
  local state try
  for ((try = 0; try < $4; try++)); do
    state=$(aws amplify get-job --app-id "$1" --branch-name "$2" --job-id "$3" \
      --query job.summary.status --output text)
    case $state in
      SUCCEED) return ;;
      FAILED | CANCELLED) break ;;
    esac
    sleep 5
  done
  echo "The release did not succeed: $state" >&2
  return 1
}
"#;
