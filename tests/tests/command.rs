//! The command `lambda-ext emulate`, on extensions that behave and on those that do not.

use std::process::{Command, Output, Stdio};

use lambda_ext_tests::built;
use serde_json::Value;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

fn command() -> Command {
    let mut command = Command::new(built::command());
    command.arg("emulate").env_remove("NO_COLOR");
    command
}

fn fixture(name: &str) -> String {
    format!("{FIXTURES}/{name}")
}

fn run(arguments: &[&str]) -> Output {
    command().args(arguments).output().expect("it runs")
}

/// The document that `--json` prints, and the exit code.
fn document(arguments: &[&str]) -> (Value, Option<i32>) {
    let output = command().args(arguments).arg("--json").output();
    let output = output.expect("it runs");
    let document = serde_json::from_slice(&output.stdout);
    let document = document.unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (document, output.status.code())
}

/// The rules of the findings that are grave, and of those that are not.
fn rules(document: &Value) -> (Vec<String>, Vec<String>) {
    let findings = document["findings"].as_array().expect("a list");
    let (grave, remarks): (Vec<_>, Vec<_>) = findings
        .iter()
        .partition(|finding| finding["grave"] == true);
    let names = |findings: Vec<&'_ Value>| -> Vec<String> {
        let rule = |finding: &Value| finding["rule"].as_str().expect("a name").to_owned();
        findings.into_iter().map(rule).collect()
    };
    (names(grave), names(remarks))
}

#[track_caller]
fn misbehaves(script: &str, expected: &str, arguments: &[&str]) {
    let script = fixture(script);
    let (document, code) = document(&[&[script.as_str()], arguments].concat());
    assert_eq!(rules(&document).0, [expected], "{document:#}");
    assert_eq!(document["verdict"], "misbehaved");
    assert_eq!(code, Some(1));
}

#[test]
fn a_good_one_is_measured_and_leaves_no_finding() {
    let script = fixture("behaves.py");
    let (document, code) = document(&[&script, "--invokes", "4"]);
    assert_eq!(code, Some(0), "{document:#}");
    assert_eq!(document["verdict"], "behaved");
    assert_eq!(rules(&document), (vec![], vec![]), "{document:#}");
    assert_eq!(document["invocations"].as_array().map(Vec::len), Some(4));
    let extension = &document["extensions"][0];
    assert_eq!(extension["name"], "behaves.py");
    assert_eq!(extension["exits"], serde_json::json!([0]));
    for key in [
        "launch_to_register_ms",
        "launch_to_first_next_ms",
        "shutdown_ms",
    ] {
        assert!(extension[key].is_number(), "{key} in {extension:#}");
    }
    assert!(
        extension["overhead_ms"]["median"].is_number(),
        "{extension:#}"
    );
}

#[test]
fn several_run_side_by_side_and_each_is_named() {
    let (good, bad) = (fixture("behaves.py"), fixture("exits_during_invoke.py"));
    let (document, code) = document(&["hello", &good, &bad]);
    assert_eq!(code, Some(1));
    let names = document["extensions"].as_array().expect("a list");
    let names: Vec<_> = names.iter().map(|one| one["name"].as_str()).collect();
    let expected = ["hello", "behaves.py", "exits_during_invoke.py"].map(Some);
    assert_eq!(names, expected);
    assert_eq!(rules(&document).0, ["exits-in-invoke"], "{document:#}");
}

#[test]
fn polling_after_shutdown_is_found() {
    misbehaves("polls_after_shutdown.py", "next-after-shutdown", &[]);
}

#[test]
fn a_wrong_name_is_found() {
    misbehaves("wrong_name.py", "wrong-name", &["--init-timeout", "2s"]);
    misbehaves("wrong_name_for_shutdown.py", "wrong-name", &[]);
}

#[test]
fn an_init_that_hangs_is_found() {
    misbehaves(
        "never_next.py",
        "never-calls-next",
        &["--init-timeout", "2s"],
    );
    misbehaves(
        "trailing_slash.py",
        "unknown-path",
        &["--init-timeout", "2s"],
    );
}

#[test]
fn an_exit_is_found() {
    misbehaves("exits_during_invoke.py", "exits-in-invoke", &[]);
    misbehaves("reports_init_error.py", "init-error", &[]);
}

#[test]
fn a_second_next_is_found() {
    misbehaves(
        "next_twice.py",
        "next-twice",
        &["--pace", "500ms", "--invokes", "2"],
    );
}

#[test]
fn a_deadline_that_is_missed_is_found() {
    misbehaves("outlives_deadline.py", "outlives-shutdown", &[]);
    misbehaves(
        "holds_invocation.py",
        "holds-invocation",
        &["--timeout", "1s", "--invokes", "1"],
    );
}

#[test]
fn telemetry_that_is_not_taken_is_found() {
    let slowly = ["--pace", "200ms"];
    misbehaves("refuses_telemetry.py", "telemetry-not-taken", &slowly);
    misbehaves("subscribes_too_late.py", "subscribes-too-late", &[]);
    let (document, code) = document(&[&fixture("takes_telemetry.py")]);
    assert_eq!(rules(&document), (vec![], vec![]), "{document:#}");
    assert_eq!(code, Some(0));
}

#[test]
fn a_file_that_cannot_be_executed_is_found() {
    misbehaves("not_executable.py", "launch-error", &[]);
}

#[test]
fn invocations_that_are_alike_are_told_by_their_number() {
    let output = run(&[&fixture("behaves.py"), "--invokes", "30"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains(" more like that"), "{text}");
    assert!(text.matches("\nINVOKE ").count() < 30, "{text}");
    assert!(text.ends_with("\nbehaves.py behaved\n"), "{text}");
    assert!(
        !text.contains('\u{1b}'),
        "no colours where there is no terminal: {text}"
    );
}

#[test]
fn a_page_stands_alone() {
    let page = std::env::temp_dir().join(format!("lambda-ext-{}.html", std::process::id()));
    let shown = page.to_str().expect("a path");
    let output = run(&[&fixture("behaves.py"), "--html", shown]);
    assert!(output.status.success(), "{output:?}");
    let html = std::fs::read_to_string(&page).expect("it is written");
    let _ = std::fs::remove_file(&page);
    for outside in ["<script", "<link", "src=", "href=", "url(", "@import"] {
        assert!(!html.contains(outside), "{outside} in {html}");
    }
    assert!(html.contains("behaves.py behaved"), "{html}");
    assert!(html.ends_with("</html>\n"), "{html}");
}

#[test]
fn a_scenario_is_followed() {
    let file = std::env::temp_dir().join(format!("lambda-ext-{}.toml", std::process::id()));
    let text = "[[step]]\ninvoke = 1\noutcome = \"error\"\n[[step]]\nshutdown = \"failure\"\n";
    std::fs::write(&file, text).expect("it is written");
    let shown = file.to_str().expect("a path");
    let (document, code) = document(&[&fixture("behaves.py"), "--scenario", shown]);
    let _ = std::fs::remove_file(&file);
    assert_eq!(code, Some(0), "{document:#}");
    let phases = document["phases"].as_array().expect("a list");
    let last = phases.last().expect("a phase");
    assert_eq!(
        (&last["phase"], &last["reason"]),
        (&"shutdown".into(), &"failure".into())
    );
    assert_eq!(document["invocations"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_cannot_be_done_is_said_and_has_its_own_code() {
    for (arguments, told) in [
        (
            &["no-such-extension"][..],
            "neither a file nor a binary or example of this workspace",
        ),
        (
            &["hello", "--scenario", "/nowhere.toml"],
            "/nowhere.toml: No such file",
        ),
        (&["hello", "hello"], "two executables have the name `hello`"),
        (&["hello", "--pace", "soon"], "write `250ms` or `1m 30s`"),
        (&["hello", "--env", "X"], "expected `KEY=VALUE`"),
    ] {
        let output = run(arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
        assert!(text.contains(told), "{arguments:?}: {text}");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn an_interrupt_ends_the_run_and_its_extensions() {
    let mut child = command()
        .args([&fixture("behaves.py"), "--invokes", "2", "--pace", "1h"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(
        child.stdout.take().expect("it is piped"),
    ));
    let launched = lines.find_map(|line| {
        let line = line.expect("it is text");
        Some(line.split_once("is launched, pid ")?.1.to_owned())
    });
    let pid = launched.expect("it is launched");
    // It waits for its pace now, with its signal heard.
    let invoked = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("gets INVOKE")));
    assert!(invoked.is_some());
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.expect("kill runs").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let last = lines.map_while(Result::ok).last();
    assert_eq!(last.as_deref(), Some("interrupted"));
    // What is killed is gone once it has been waited for, which nobody is there for any more.
    let alive = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    while alive() {
        std::thread::yield_now();
    }
}
