//! The command `lambda-ext emulate`, on extensions that behave and on those that do not.

use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

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
    let page = Scratch::new("html", "");
    let output = run(&[&fixture("behaves.py"), "--html", page.path()]);
    assert!(output.status.success(), "{output:?}");
    let html = std::fs::read_to_string(&page.0).expect("it is written");
    for outside in ["<script", "<link", "src=", "href=", "url(", "@import"] {
        assert!(!html.contains(outside), "{outside} in {html}");
    }
    assert!(html.contains("behaves.py behaved"), "{html}");
    assert!(html.ends_with("</html>\n"), "{html}");
}

#[test]
fn a_scenario_is_followed() {
    let text = "[[step]]\ninvoke = 1\noutcome = \"error\"\n[[step]]\nshutdown = \"failure\"\n";
    let file = Scratch::new("toml", text);
    let (document, code) = document(&[&fixture("behaves.py"), "--scenario", file.path()]);
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
            "neither a file here nor a binary or example of this project, which has: ",
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
fn what_would_be_ignored_is_refused() {
    let runtime = fixture("runtime.py");
    let of_runtime = |option: &'static str, value: &'static str| {
        run(&["hello", "--runtime", &runtime, option, value])
    };
    for (option, value) in [("--outcome", "error"), ("--duration", "1s")] {
        let told = format!("error: `{option}` is for the built-in function; a runtime of your own");
        refused(&of_runtime(option, value), &told);
    }
    for (text, told) in [
        (
            "runtime = \"R\"\nduration = \"1s\"",
            ": `duration` is for the built-in function",
        ),
        (
            "runtime = \"R\"\n[[step]]\ninvoke = 1\nlogs = [\"x\"]",
            "step 1: `logs` is for the built-in function",
        ),
        (
            "[[step]]\ninvoke = 1\npayload = \"{}\"",
            "step 1: `payload` is for a runtime of your own",
        ),
    ] {
        let file = Scratch::new("toml", text);
        refused(&run(&["hello", "--scenario", file.path()]), told);
    }
}

#[test]
fn a_users_mistake_is_told_before_anything_runs() {
    for (arguments, told) in [
        (
            &["--runtime", "/nowhere/bootstrap"][..],
            "the runtime: there is no file /nowhere/bootstrap",
        ),
        (
            &["--env", "AWS_LAMBDA_FUNCTION_NAME=x"],
            "Lambda sets `AWS_LAMBDA_FUNCTION_NAME` itself",
        ),
        (&["--env", "=x"], "the variable has no name"),
        (&["--timeout", "0s"], "expected a time from `1ms` to `15m`"),
        (&["--timeout", "16m"], "expected a time from `1ms` to `15m`"),
        (&["--html", "/nowhere/page.html"], "/nowhere/page.html: "),
        (&["--html", "-"], "expected a file"),
    ] {
        refused(&run(&[&["hello"], arguments].concat()), told);
    }
    let output = run(&[&fixture("behaves.py"), "--invokes", "0", "--env", "_X=1"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("note: extensions do not get `_X`"),
        "{stderr}"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[track_caller]
fn refused(output: &Output, told: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(text.contains(told), "{told}: {text}");
    assert_eq!(output.status.code(), Some(2), "{told}");
}

/// A file for a test, gone with it.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(suffix: &str, text: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("lambda-ext-{}-{number}.{suffix}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).expect("it is written");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_fault_before_all_other_steps_is_there_before_init() {
    let text =
        "[[step]]\nfault = \"reply\"\ncall = \"register\"\nstatus = 500\n[[step]]\ninvoke = 2";
    let file = Scratch::new("toml", text);
    let script = fixture("behaves.py");
    let (document, code) = document(&[&script, "--scenario", file.path()]);
    let steps = document["steps"].as_array().expect("a list");
    let place = |what: &str| steps.iter().position(|step| step["what"] == what);
    let faulted = place("faulted").expect("the fault is made");
    assert_eq!(steps[faulted]["call"], "register");
    assert!(faulted < place("ended").expect("init ends"), "{document:#}");
    assert_eq!(code, Some(1), "{document:#}");
    assert_eq!(
        document["not_made"],
        serde_json::json!({ "invocations": 2, "why": "the environment failed at init" })
    );
}

#[test]
fn a_fault_whose_call_does_not_come_is_told() {
    let text = "[[step]]\ninvoke = 1\n[[step]]\nfault = \"close\"\ncall = \"telemetry\"";
    let file = Scratch::new("toml", text);
    let arguments = [&fixture("behaves.py"), "--scenario", file.path()];
    let output = run(&arguments);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let told = "error: step 2: no call of `telemetry` came for this fault\n";
    assert!(stdout.contains(told), "{stdout}");
    assert_eq!(output.status.code(), Some(2));
    let (document, code) = document(&arguments);
    assert_eq!(document["verdict"], "fault-unmet");
    assert_eq!(code, Some(2));
}

#[test]
fn a_runtime_that_fails_is_not_the_extensions_fault_and_the_page_shows_it() {
    let page = Scratch::new("html", "what was there before, and is longer than nothing");
    let (script, runtime) = (fixture("behaves.py"), fixture("runtime.py"));
    let arguments = [&script, "--runtime", &runtime, "--invokes", "2"];
    let (document, code) = document(&[&arguments[..], &["--html", page.path()]].concat());
    assert_eq!(document["verdict"], "environment-failed", "{document:#}");
    assert_eq!(rules(&document).0, [""; 0], "{document:#}");
    assert_eq!(code, Some(1));
    let invocations = document["invocations"].as_array().expect("a list");
    let outcomes: Vec<_> = invocations.iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["success", "crash"]);
    let html = std::fs::read_to_string(&page.0).expect("it is written");
    assert!(html.starts_with("<!DOCTYPE html>"), "{html}");
    assert!(html.ends_with("</html>\n"), "{html}");
    for part in [
        "the environment of behaves.py failed",
        "title=\"the runtime starts, ",
        "class=\"runs cut-short\"",
        "exits with code 3",
        ">SHUTDOWN failure <",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
}

#[test]
fn the_document_tells_what_became_of_each_invocation() {
    let arguments = "--invokes 4 --timeout 300ms --outcome success --outcome error \
                     --outcome timeout --outcome crash";
    let script = fixture("behaves.py");
    let arguments = std::iter::once(&*script).chain(arguments.split_whitespace());
    let (document, code) = document(&arguments.collect::<Vec<_>>());
    let invocations = document["invocations"].as_array().expect("a list");
    let outcomes: Vec<_> = invocations.iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["success", "error", "timeout", "crash"]);
    assert_eq!(code, Some(0), "{document:#}");
}

#[test]
fn two_failures_in_a_row_end_the_run_which_says_so() {
    let script = fixture("holds_invocation.py");
    let output = run(&[&script, "--timeout", "1s", "--invokes", "5"]);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let told = "3 invocations are not made: the environment failed twice in a row\n";
    assert!(stdout.contains(told), "{stdout}");
}

#[test]
fn without_a_project_nothing_is_built() {
    let output = command()
        .arg("missing")
        .current_dir(std::env::temp_dir())
        .output();
    let told = "error: there is no file `missing` here, and no cargo project to build it from\n";
    let output = output.expect("it runs");
    refused(&output, told);
    assert_eq!(String::from_utf8_lossy(&output.stderr), told);
}

#[test]
fn a_loop_of_telemetry_is_found() {
    misbehaves("telemetry_loop.py", "telemetry-loop", &["--invokes", "1"]);
}

#[test]
fn leaving_late_is_a_remark() {
    let (document, code) = document(&[&fixture("slow_to_leave.py"), "--invokes", "1"]);
    let expected = (vec![], vec!["slow-shutdown".to_owned()]);
    assert_eq!(rules(&document), expected, "{document:#}");
    assert_eq!(code, Some(0));
}

#[test]
fn both_helps_tell_the_exit_codes() {
    for (option, told) in [
        ("-h", "Exit codes: 0 they behaved"),
        ("--help", "`environment-failed` in JSON"),
    ] {
        let output = run(&[option]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(told), "{text}");
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
