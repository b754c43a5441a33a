//! `lambda-ext emulate` on extensions in Python that each make one mistake. They are in
//! `tests/fixtures`.

use super::{document, fixture, rules};

#[track_caller]
fn misbehaves(script: &str, expected: &str, arguments: &[&str]) {
    let script = fixture(script);
    let (document, code) = document(&[&[script.as_str()], arguments].concat());
    assert_eq!(rules(&document).0, [expected], "{document:#}");
    assert_eq!(document["verdict"], "failed");
    assert_eq!(code, Some(1));
}

#[test]
fn next_after_shutdown_is_found() {
    misbehaves("polls_after_shutdown.py", "next-after-shutdown", &[]);
}

#[test]
fn wrong_name_is_found() {
    misbehaves("wrong_name.py", "wrong-name", &["--init-timeout", "2s"]);
    misbehaves("wrong_name_for_shutdown.py", "wrong-name", &[]);
}

#[test]
fn hanging_init_is_found() {
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
fn early_exit_is_found() {
    misbehaves("exits_during_invoke.py", "exits-in-invoke", &[]);
    misbehaves("reports_init_error.py", "init-error", &[]);
}

#[test]
fn second_next_is_found() {
    misbehaves(
        "next_twice.py",
        "next-twice",
        &["--pace", "500ms", "--invokes", "2"],
    );
}

#[test]
fn missed_deadline_is_found() {
    misbehaves("outlives_deadline.py", "outlives-shutdown", &[]);
    misbehaves(
        "holds_invocation.py",
        "holds-invocation",
        &["--timeout", "1s", "--invokes", "1"],
    );
}

#[test]
fn unaccepted_telemetry_is_found() {
    let slowly = ["--pace", "200ms"];
    misbehaves("refuses_telemetry.py", "telemetry-not-taken", &slowly);
    misbehaves("subscribes_too_late.py", "subscribes-too-late", &[]);
    let (document, code) = document(&[&fixture("takes_telemetry.py")]);
    assert_eq!(rules(&document), (vec![], vec![]), "{document:#}");
    assert_eq!(code, Some(0));
}

#[test]
fn file_without_permission_is_found() {
    misbehaves("not_executable.py", "launch-error", &[]);
}

#[test]
fn telemetry_loop_is_found() {
    misbehaves("telemetry_loop.py", "telemetry-loop", &["--invokes", "1"]);
}

#[test]
fn late_exit_is_a_warning() {
    let (document, code) = document(&[&fixture("slow_to_leave.py"), "--invokes", "1"]);
    let expected = (vec![], vec!["slow-shutdown".to_owned()]);
    assert_eq!(rules(&document), expected, "{document:#}");
    assert_eq!(code, Some(0));
}
