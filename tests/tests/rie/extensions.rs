//! Extensions under AWS's emulator: the life of one that works, and how each failure is reported.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lambda_ext_tests::built;
use lambda_ext_tests::rie::{Call, Report, Rie};

use super::{NEVER, failing_that_aborts};

/// An extension that does one thing wrong: whoever judges the others must see it.
fn wrong(how: &str) -> Rie {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("rie/wrong.py");
    Rie::new().extension(script).env("WRONG", how)
}

fn hello() -> Rie {
    Rie::new().extension(built::example("hello"))
}

fn failing(method: &str, by: &str) -> Rie {
    fails(env!("CARGO_BIN_EXE_failing"), method, by)
}

fn failing_by_abort(method: &str) -> Rie {
    fails(failing_that_aborts(), method, "panic")
}

fn fails(extension: impl Into<PathBuf>, method: &str, by: &str) -> Rie {
    let rie = super::fails(extension, method, by);
    if method == "invoke" {
        rie.payload(NEVER)
    } else {
        rie
    }
}

fn does_not_fail() -> Rie {
    Rie::new().extension(env!("CARGO_BIN_EXE_failing"))
}

#[test]
fn early_exit_is_detected() {
    let Some(report) = wrong("exit").run() else {
        return;
    };
    report.equal("statuses", &report.statuses(), &[502]);
    report.equal("failures", &report.failures(), &["Extension.Crash"]);
    report.equal("exit codes", &report.exits, &[0]);
}

#[test]
fn next_after_shutdown_is_detected() {
    let Some(report) = wrong("poll").invokes(2).run() else {
        return;
    };
    report.equal("statuses", &report.statuses(), &[200, 200]);
    report.holds("the platform has to kill it", report.killed());
    report.holds("there is no exit code", report.exits.is_empty());
    report.equal("calls of next", &report.calls_of("event/next").len(), &4);
}

#[test]
fn exit_code_after_shutdown_is_detected() {
    let Some(report) = wrong("code").invokes(2).run() else {
        return;
    };
    report.equal("exit codes", &report.exits, &[3]);
    report.holds("it leaves by itself", !report.killed());
    report.equal("request ids", &report.request_ids().len(), &2);
    let lines = "wrong on stdout: INVOKE\nwrong on stdout: INVOKE\nwrong on stdout: SHUTDOWN\n";
    report.equal("standard output", report.stdout.as_str(), lines);
    report.equal(
        "standard error",
        report.stderr.as_str(),
        lines.replace("stdout", "stderr").as_str(),
    );
}

#[test]
fn hello_logs_each_invocation_and_the_shutdown_reason() {
    let Some(report) = hello().as_it_is().invokes(3).run() else {
        return;
    };
    is_hello(&report, 3);
    report.holds("it leaves by itself", !report.killed());
}

#[test]
fn hello_exits_with_0_and_calls_nothing_after_shutdown() {
    let Some(report) = hello().invokes(3).run() else {
        return;
    };
    is_hello(&report, 3);
    left_well(&report);
    report.equal("standard error", report.stderr.as_str(), "");
    let calls: Vec<_> = report.calls().iter().map(|call| call.endpoint).collect();
    let next = "event/next";
    report.equal("calls", &calls, &["register", next, next, next, next]);
}

#[test]
fn extension_with_telemetry_runs_on_platform_without() {
    let extension = Rie::new().extension(env!("CARGO_BIN_EXE_ingest"));
    let Some(report) = extension.invokes(2).run() else {
        return;
    };
    left_well(&report);
    report.equal("statuses", &report.statuses(), &[200, 200]);
    let line = "ingest: this platform does not support telemetry: no telemetry is expected\n";
    report.equal("standard error", report.stderr.as_str(), line);
}

#[test]
fn proxy_in_the_environment_is_ignored() {
    let nobody = "http://127.0.0.1:1";
    let names = [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "all_proxy",
    ];
    let proxied = names
        .into_iter()
        .fold(hello(), |rie, name| rie.env(name, nobody));
    let Some(report) = proxied.invokes(2).run() else {
        return;
    };
    is_hello(&report, 2);
    left_well(&report);
}

#[test]
fn example_works_in_its_own_crate() {
    let example = include_str!("../../../examples/hello/src/main.rs");
    let source = format!("#![deny(warnings, clippy::pedantic)]\n{example}");
    let own = built::own_crate("own", &source);
    let Some(report) = Rie::new().extension(own).invokes(2).run() else {
        return;
    };
    is_hello(&report, 2);
    left_well(&report);
}

#[test]
fn two_extensions_do_not_disturb_each_other() {
    let Some(report) = hello()
        .extension(env!("CARGO_BIN_EXE_failing"))
        .invokes(2)
        .run()
    else {
        return;
    };
    report.equal("statuses", &report.statuses(), &[200, 200]);
    for id in report.request_ids() {
        report.equal("lines about an invocation", &count(&report.stdout, id), &2);
    }
    report.equal(
        "lines about the end",
        &count(&report.stdout, "SandboxTerminated"),
        &2,
    );
    report.equal("exit codes", &report.exits, &[0, 0]);
    report.holds("they leave by themselves", !report.killed());
}

#[test]
fn function_finds_what_prepare_made() {
    let file = "/opt/prepared";
    let prepared = does_not_fail()
        .env("PREPARE_FILE", file)
        .env("NEEDS_FILE", file);
    let Some(report) = prepared.run() else { return };
    report.equal("statuses", &report.statuses(), &[200]);
    left_well(&report);

    // Not because the function would start in any case.
    let Some(report) = does_not_fail().env("NEEDS_FILE", file).run() else {
        return;
    };
    report.equal("statuses without the file", &report.statuses(), &[502]);
}

#[test]
fn failed_prepare_is_an_init_error() {
    let Some(report) = failing("prepare", "error").run() else {
        return;
    };
    is_init_error(&report, "Extension.PrepareFailed");
    said_once(&report, "the disk is full");
}

#[test]
fn panic_in_prepare_is_an_init_error() {
    let Some(report) = failing("prepare", "panic").run() else {
        return;
    };
    is_init_error(&report, "Extension.Panic");
    said_once(&report, "the disk is on fire");
}

#[test]
fn failed_init_is_an_init_error() {
    let Some(report) = failing("init", "error").run() else {
        return;
    };
    is_init_error(&report, "Extension.InitFailed");
    said_once(&report, "the disk is full");
}

#[test]
fn failed_init_fails_every_invoke_with_an_init_error() {
    let Some(report) = failing("init", "error").invokes(2).run() else {
        return;
    };
    report.equal("statuses", &report.statuses(), &[502, 502]);
    let init_error = "Extension.InitError";
    report.equal("failures", &report.failures(), &[init_error, init_error]);
    report.equal("exit codes", &report.exits, &[1, 1]);
}

#[test]
fn panic_in_init_is_an_init_error() {
    let Some(report) = failing("init", "panic").run() else {
        return;
    };
    is_init_error(&report, "Extension.Panic");
    said_once(&report, "the disk is on fire");
}

#[test]
fn error_of_two_lines_is_reported_like_any_other() {
    let Some(report) = failing("init", "two lines").run() else {
        return;
    };
    is_init_error(&report, "Extension.InitFailed");
    said_once(&report, "the disk is full 🦀");
    said_once(&report, "of logs");

    let Some(report) = failing("invoke", "two lines").run() else {
        return;
    };
    is_exit_error(&report, "Extension.InvokeFailed");
    said_once(&report, "the disk is full 🦀");
    said_once(&report, "of logs");
}

#[test]
fn typed_error_is_reported_with_its_type() {
    let Some(report) = failing("invoke", "typed error").run() else {
        return;
    };
    is_exit_error(&report, "Extension.DiskFull");
    said_once(&report, "no space");
}

#[test]
fn failed_invoke_is_an_exit_error_to_the_caller() {
    let Some(report) = failing("invoke", "error").run() else {
        return;
    };
    is_exit_error(&report, "Extension.InvokeFailed");
    said_once(&report, "the disk is full");
}

#[test]
fn panic_in_invoke_is_an_exit_error_to_the_caller() {
    let Some(report) = failing("invoke", "panic").run() else {
        return;
    };
    is_exit_error(&report, "Extension.Panic");
    said_once(&report, "the disk is on fire");
}

#[test]
fn failed_shutdown_is_an_exit_error() {
    let Some(report) = failing("shutdown", "error").run() else {
        return;
    };
    is_exit_error_of_shutdown(&report, "Extension.ShutdownFailed");
    said_once(&report, "the disk is full");
}

#[test]
fn panic_in_shutdown_is_an_exit_error() {
    let Some(report) = failing("shutdown", "panic").run() else {
        return;
    };
    is_exit_error_of_shutdown(&report, "Extension.Panic");
    said_once(&report, "the disk is on fire");
}

#[test]
fn aborting_panics_are_reported() {
    let Some(report) = failing_by_abort("prepare").run() else {
        return;
    };
    is_init_error(&report, "Extension.Panic");
    said_once(&report, "the disk is on fire");

    let Some(report) = failing_by_abort("init").run() else {
        return;
    };
    is_init_error(&report, "Extension.Panic");
    said_once(&report, "the disk is on fire");

    let Some(report) = failing_by_abort("invoke").run() else {
        return;
    };
    is_exit_error(&report, "Extension.Panic");
    said_once(&report, "the disk is on fire");

    let Some(report) = failing_by_abort("shutdown").run() else {
        return;
    };
    is_exit_error_of_shutdown(&report, "Extension.Panic");
    said_once(&report, "the disk is on fire");
}

#[test]
fn hanging_shutdown_is_cancelled_before_the_platform_kills() {
    let Some(report) = failing("shutdown", "await").run() else {
        return;
    };
    left_well(&report);
    said_once(&report, "`shutdown` was cancelled");
    report.equal(
        "lines on standard error",
        &report.stderr.lines().count(),
        &1,
    );
}

#[test]
fn blocking_shutdown_is_ended_before_the_platform_kills() {
    let Some(report) = failing("shutdown", "block").run() else {
        return;
    };
    left_well(&report);
    said_once(&report, "`shutdown` blocks its thread");
    report.equal(
        "lines on standard error",
        &report.stderr.lines().count(),
        &1,
    );
}

#[test]
fn function_timeout_is_a_shutdown_with_reason_timeout() {
    let timeout = does_not_fail()
        .payload(NEVER)
        .payload("{}")
        .timeout(Duration::from_secs(3));
    let Some(report) = timeout.invokes(2).run() else {
        return;
    };
    report.equal(
        "first answer",
        report.invokes[0].body.as_str(),
        "Task timed out after 3.00 seconds",
    );
    report.equal("second answer", report.invokes[1].body.as_str(), "{}");
    let reasons: Vec<_> = lines(&report.stdout, "shutdown: ").collect();
    report.equal(
        "reasons",
        &reasons,
        &["Timeout", r#"Other("SandboxTerminated")"#],
    );
    // The platform starts everything anew after a timeout.
    report.equal("exit codes", &report.exits, &[0, 0]);
    report.equal("registrations", &report.calls_of("register").len(), &2);
    report.holds("they leave by themselves", !report.killed());
}

#[test]
fn function_crash_is_a_shutdown_with_the_platforms_reason() {
    let Some(report) = does_not_fail().payload(r#"{"exit": 3}"#).run() else {
        return;
    };
    let reasons: Vec<_> = lines(&report.stdout, "shutdown: ").collect();
    report.equal("reasons", &reasons, &[r#"Other("ReleaseFail")"#]);
    report.equal("failures", &report.failures(), &["Runtime.ExitError"]);
    report.equal("exit codes", &report.exits, &[0]);
    report.holds("it leaves by itself", !report.killed());
}

#[track_caller]
fn is_hello(report: &Report, invokes: usize) {
    report.equal("statuses", &report.statuses(), &vec![200; invokes]);
    let ids = report.request_ids();
    report.equal("request ids", &ids.len(), &invokes);
    for id in ids {
        let told: Vec<_> = report
            .stdout
            .lines()
            .filter(|line| line.contains(id))
            .collect();
        report.equal("lines about an invocation", &told.len(), &1);
        report.holds("it names the function", told[0].contains("test_function"));
    }
    let end = format!("Other(\"SandboxTerminated\") after {invokes} invocations");
    report.equal(
        "last line",
        &report.stdout.lines().last(),
        &Some(end.as_str()),
    );
    report.holds("the platform saw no failure", report.failures().is_empty());
}

/// It has obeyed SHUTDOWN, and not been killed.
#[track_caller]
fn left_well(report: &Report) {
    report.holds("it leaves by itself", !report.killed());
    report.equal("exit codes", &report.exits, &[0]);
    report.holds("the platform saw no failure", report.failures().is_empty());
}

#[track_caller]
fn is_init_error(report: &Report, error_type: &str) {
    // The emulator has no words for the caller when init fails, only for its log.
    report.equal("statuses", &report.statuses(), &[502]);
    is_error(report, "Extension.InitError", "init/error", error_type);
    report.equal("calls of next", &report.calls_of("event/next").len(), &0);
}

#[track_caller]
fn is_exit_error(report: &Report, error_type: &str) {
    report.equal("statuses", &report.statuses(), &[502]);
    let body = report.invokes[0].body.as_str();
    let begins = r#"{"errorType":"Extension.ExitError","#;
    report.holds(
        "the caller is told of an exit error",
        body.starts_with(begins),
    );
    is_error(report, "Extension.ExitError", "exit/error", error_type);
}

#[track_caller]
fn is_exit_error_of_shutdown(report: &Report, error_type: &str) {
    report.equal("statuses", &report.statuses(), &[200]);
    is_error(report, "Extension.ExitError", "exit/error", error_type);
}

#[track_caller]
fn is_error(report: &Report, failure: &str, endpoint: &str, error_type: &str) {
    let other = match endpoint {
        "init/error" => "exit/error",
        _ => "init/error",
    };
    report.equal("failures", &report.failures(), &[failure]);
    let reports = report.calls_of(endpoint);
    let types: Vec<_> = reports.iter().map(Call::error_type).collect();
    report.equal("reported error types", &types, &[Some(error_type)]);
    report.equal(
        "reports to the other endpoint",
        &report.calls_of(other).len(),
        &0,
    );
    report.equal("exit codes", &report.exits, &[1]);
    report.holds("it leaves by itself", !report.killed());
}

#[track_caller]
fn said_once(report: &Report, text: &str) {
    let what = format!("how often standard error says {text:?}");
    report.equal(&what, &count(&report.stderr, text), &1);
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

/// The rest of each line that begins with `begin`.
fn lines<'t>(text: &'t str, begin: &str) -> impl Iterator<Item = &'t str> {
    text.lines()
        .filter_map(move |line| line.strip_prefix(begin))
}
