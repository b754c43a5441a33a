//! Extensions under AWS's own Runtime Interface Emulator.

use std::path::PathBuf;

use lambda_ext_tests::rie::Rie;

/// An extension that does one thing wrong: whoever judges the others must see it.
fn wrong(how: &str) -> Rie {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("rie/wrong.py");
    Rie::new().extension(script).env("WRONG", how)
}

#[test]
fn the_judge_sees_an_extension_that_leaves_early() {
    let Some(report) = wrong("exit").run() else {
        return;
    };
    report.equal("statuses", &report.statuses(), &[502]);
    report.equal("failures", &report.failures(), &["Extension.Crash"]);
    report.equal("exit codes", &report.exits, &[0]);
}

#[test]
fn the_judge_sees_an_extension_that_polls_after_shutdown() {
    let Some(report) = wrong("poll").invokes(2).run() else {
        return;
    };
    report.equal("statuses", &report.statuses(), &[200, 200]);
    report.holds("the platform has to kill it", report.killed());
    report.holds("no exit code is told", report.exits.is_empty());
    report.equal("calls of next", &report.calls_of("event/next").len(), &4);
}

#[test]
fn the_judge_sees_an_exit_code_after_shutdown() {
    let Some(report) = wrong("code").invokes(2).run() else {
        return;
    };
    report.equal("exit codes", &report.exits, &[3]);
    report.holds("it leaves by itself", !report.killed());
    report.equal("request ids", &report.request_ids().len(), &2);
    report.equal(
        "standard output",
        report.stdout.as_str(),
        "wrong on stdout: INVOKE\nwrong on stdout: INVOKE\nwrong on stdout: SHUTDOWN\n",
    );
    report.equal(
        "standard error",
        report.stderr.as_str(),
        &*report.stdout.replace("stdout", "stderr"),
    );
}
