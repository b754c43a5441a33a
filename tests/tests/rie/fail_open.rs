//! Handlers that fail at their third event under AWS's emulator, with `fail_open` and without it.

use std::path::PathBuf;

use lambda_ext_tests::built;
use lambda_ext_tests::rie::{Report, Rie};

use super::{NEVER, failing_that_aborts};

/// The number of invocations.
const INVOCATIONS: usize = 10;

fn open(method: &str, by: &str, at: usize) -> Rie {
    fails(env!("CARGO_BIN_EXE_open"), method, by, at).invokes(INVOCATIONS)
}

fn fails(extension: impl Into<PathBuf>, method: &str, by: &str, at: usize) -> Rie {
    super::fails(extension, method, by).env("FAIL_AT", at.to_string())
}

/// Asserts that the function answered every time, and that the extension exited in order.
#[track_caller]
fn went_on(report: &Report, method: &str) {
    report.equal("statuses", &report.statuses(), &[200; INVOCATIONS][..]);
    report.equal("exit codes", &report.exits, &[0]);
    report.holds("it leaves by itself", !report.killed());
    let said = report.stderr.contains(&format!("open: `{method}` "));
    report.holds("what failed is said", said);
}

/// Asserts that the third invocation failed with an exit error.
#[track_caller]
fn failed_at_the_third(report: &Report) {
    report.equal("statuses", &report.statuses(), &[200, 200, 502][..]);
    report.equal("failures", &report.failures(), &["Extension.ExitError"][..]);
    report.equal("exit codes", &report.exits, &[1]);
}

/// Its third invocation has no answer of the function's.
fn three(rie: Rie) -> Rie {
    rie.invokes(3).payload("{}").payload("{}").payload(NEVER)
}

/// The number of calls of `invoke`.
fn invoked(report: &Report) -> usize {
    let lines = report.stdout.lines();
    lines.filter(|line| line.starts_with("invoke")).count()
}

#[test]
fn panic_at_third_invocation_does_not_fail_the_function() {
    let Some(report) = open("invoke", "panic", 3).run() else {
        return;
    };
    went_on(&report, "invoke");
    report.equal("calls of invoke", &invoked(&report), &3);
}

#[test]
fn errors_from_third_invocation_do_not_fail_the_function() {
    let Some(report) = open("invoke", "error", 3).run() else {
        return;
    };
    went_on(&report, "invoke");
    report.equal("calls of invoke", &invoked(&report), &INVOCATIONS);
    let said = report.stderr.matches("the disk is full").count();
    report.equal("lines about it", &said, &1);
}

#[test]
fn panic_before_the_handler_exists_does_not_fail_the_function() {
    for method in ["prepare", "init"] {
        let Some(report) = open(method, "panic", 1).run() else {
            return;
        };
        went_on(&report, method);
    }
}

#[test]
fn panic_in_shutdown_is_no_failed_shutdown() {
    let Some(report) = open("shutdown", "panic", 1).run() else {
        return;
    };
    went_on(&report, "shutdown");
}

#[test]
fn panic_at_third_delivery_does_not_fail_the_function() {
    let managed = open("telemetry", "panic", 3).managed();
    // Longer than what is told of them is collected for.
    let payload = r#"{"print": "a line", "seconds": 0.2}"#;
    let Some(report) = managed.payload(payload).run() else {
        return;
    };
    went_on(&report, "telemetry");
    report.holds(
        "it was called three times",
        report.stdout.contains("telemetry 3") && !report.stdout.contains("telemetry 4"),
    );
}

#[test]
fn failure_without_fail_open_is_an_exit_error_to_the_caller() {
    let unwinding = fails(env!("CARGO_BIN_EXE_failing"), "invoke", "panic", 3);
    let Some(report) = three(unwinding).run() else {
        return;
    };
    failed_at_the_third(&report);

    let Some(report) = three(fails(failing_that_aborts(), "invoke", "panic", 3)).run() else {
        return;
    };
    failed_at_the_third(&report);
}

#[test]
fn aborting_build_logs_that_panics_are_not_covered() {
    let source = include_str!("../../src/bin/open.rs");
    let aborting = built::aborting_crate("open-aborting", source);
    let Some(report) = three(fails(aborting, "invoke", "panic", 3)).run() else {
        return;
    };
    let said = "open-aborting: `fail_open` does not cover panics in this build, which aborts on them: \
                set `panic = \"unwind\"` in its profile\n";
    report.holds("it says so at start", report.stderr.starts_with(said));
    failed_at_the_third(&report);
}
