//! The command `lambda-ext`: `emulate` on extensions that behave and on extensions that do not, and
//! `new`, `doctor` and `measure`.
//!
//! Cargo builds the command when a test first asks for it. Needs `python3` and `cc`.

mod doctor;
mod findings;
mod functions;
mod measure;
mod new;
mod refusals;

use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use lambda_ext_tests::built;
use lambda_ext_tests::emulated::fixture;
use serde_json::Value;

fn command() -> Command {
    let mut command = Command::new(built::command());
    command.arg("emulate").env_remove("NO_COLOR");
    command
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

/// The rules of the errors, and of the warnings.
fn rules(document: &Value) -> (Vec<String>, Vec<String>) {
    let findings = document["findings"].as_array().expect("a list");
    let (errors, warnings): (Vec<_>, Vec<_>) = findings
        .iter()
        .partition(|finding| finding["severity"] == "error");
    let names = |findings: Vec<&'_ Value>| -> Vec<String> {
        let rule = |finding: &Value| finding["rule"].as_str().expect("a name").to_owned();
        findings.into_iter().map(rule).collect()
    };
    (names(errors), names(warnings))
}

/// Without settings, as in the README.
#[test]
fn every_example_without_settings_behaves() {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");
    let examples = std::fs::read_dir(examples).expect("there are examples");
    let names: Vec<_> = examples
        .map(|example| example.expect("a directory").file_name())
        .collect();
    assert!(names.len() > 8, "{names:?}");
    for name in names {
        let name = name.to_str().expect("UTF-8");
        let (document, code) = document(&[name]);
        assert_eq!(document["verdict"], "passed", "{name}: {document:#}");
        assert_eq!(code, Some(0), "{name}: {document:#}");
    }
}

#[test]
fn correct_extension_is_measured_without_findings() {
    let script = fixture("behaves.py");
    let (document, code) = document(&[&script, "--invokes", "4"]);
    assert_eq!(code, Some(0), "{document:#}");
    assert_eq!(document["verdict"], "passed");
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
fn several_extensions_run_together_and_are_named() {
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
fn equal_invocations_are_told_apart_by_number() {
    let output = run(&[&fixture("behaves.py"), "--invokes", "30"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains(" similar invocations"), "{text}");
    assert!(text.matches("\nINVOKE ").count() < 30, "{text}");
    assert!(text.ends_with("\nbehaves.py passed\n"), "{text}");
    assert!(
        !text.contains('\u{1b}'),
        "no colours where there is no terminal: {text}"
    );
}

#[test]
fn page_needs_no_other_file() {
    let page = Scratch::new("html", "");
    let output = run(&[&fixture("behaves.py"), "--html", page.path()]);
    assert!(output.status.success(), "{output:?}");
    let html = std::fs::read_to_string(&page.0).expect("it is written");
    for outside in ["<script", "<link", "src=", "href=", "url(", "@import"] {
        assert!(!html.contains(outside), "{outside} in {html}");
    }
    assert!(html.contains("behaves.py passed"), "{html}");
    assert!(html.ends_with("</html>\n"), "{html}");
}

#[test]
fn scenario_is_followed() {
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

/// A file for a test, or a directory, gone with it.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(suffix: &str, text: &str) -> Self {
        let scratch = Self::named(suffix);
        std::fs::write(&scratch.0, text).expect("it is written");
        scratch
    }

    fn directory() -> Self {
        let scratch = Self::named("d");
        std::fs::create_dir(&scratch.0).expect("it is made");
        scratch
    }

    fn named(suffix: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("lambda-ext-{}-{number}.{suffix}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn fault_of_first_step_is_injected_before_init() {
    let text =
        "[[step]]\nfault = \"reply\"\ncall = \"register\"\nstatus = 500\n[[step]]\ninvoke = 2";
    let file = Scratch::new("toml", text);
    let script = fixture("behaves.py");
    let (document, code) = document(&[&script, "--scenario", file.path()]);
    let steps = document["steps"].as_array().expect("a list");
    let place = |what: &str| steps.iter().position(|step| step["kind"] == what);
    let faulted = place("faulted").expect("the fault is made");
    assert_eq!(steps[faulted]["call"], "register");
    assert!(faulted < place("ended").expect("init ends"), "{document:#}");
    assert_eq!(code, Some(1), "{document:#}");
    assert_eq!(
        document["skipped"],
        serde_json::json!({ "invocations": 2, "why": "init failed" })
    );
}

#[test]
fn fault_without_its_call_is_reported() {
    let text = "[[step]]\ninvoke = 1\n[[step]]\nfault = \"close\"\ncall = \"telemetry\"";
    let file = Scratch::new("toml", text);
    let arguments = [&fixture("behaves.py"), "--scenario", file.path()];
    let output = run(&arguments);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let told =
        "error: step 2: the fault never triggered: there was no call of `telemetry` after it\n";
    assert!(stdout.contains(told), "{stdout}");
    assert_eq!(output.status.code(), Some(2));
    let (document, code) = document(&arguments);
    assert!(
        stdout.ends_with("passed, but 1 injected fault never triggered\n"),
        "{stdout}"
    );
    assert_eq!(document["verdict"], "fault-not-triggered");
    assert_eq!(code, Some(2));
}

#[test]
fn failing_runtime_is_not_blamed_on_extension_and_is_on_the_page() {
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
        "class=\"runs aborted\"",
        "exits with code 3",
        ">SHUTDOWN failure <",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
}

#[test]
fn document_has_outcome_of_each_invocation() {
    // After the timeout the next invocation has to start Python within it.
    let arguments = "--invokes 4 --timeout 5s --outcome success --outcome error \
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
fn given_lines_are_written_by_the_function() {
    let script = fixture("behaves.py");
    let arguments = ["--invokes", "2", "--log", "order 17", "--log", "order 18"];
    let (document, _) = document(&[&[&*script], &arguments[..]].concat());
    let text = document.to_string();
    for line in ["order 17", "order 18"] {
        assert_eq!(text.matches(line).count(), 2, "{document:#}");
    }
}

#[test]
fn two_failures_in_a_row_end_the_run_with_a_message() {
    let script = fixture("holds_invocation.py");
    let page = Scratch::new("html", "");
    let arguments = "--timeout 1s --invokes 5 --html".split(' ');
    let arguments = std::iter::once(&*script)
        .chain(arguments)
        .chain([page.path()]);
    let output = run(&arguments.collect::<Vec<_>>());
    let stdout = String::from_utf8_lossy(&output.stdout);
    let html = std::fs::read_to_string(&page.0).expect("it is written");
    let told = "3 invocations skipped: the environment failed twice in a row";
    for text in [&*stdout, &html] {
        assert!(text.contains(told), "{text}");
    }
}

#[test]
fn both_helps_list_the_exit_codes() {
    for (option, told) in [
        ("-h", "Exit codes: 0 no errors"),
        ("--help", "`environment-failed` in JSON"),
    ] {
        let output = run(&[option]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(told), "{text}");
    }
}

#[test]
fn interrupt_ends_the_run_and_its_extensions() {
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
