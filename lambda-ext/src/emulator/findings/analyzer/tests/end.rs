use super::story::{Story, init, invoke, shutdown};
use crate::EventType;
use crate::emulator::Call;
use crate::emulator::record::{KillReason, StepKind};

#[test]
fn next_after_shutdown_explains_the_kill() {
    Story::ready()
        .begins(shutdown())
        .gets("x", EventType::Shutdown)
        .waits("x")
        .killed("x", KillReason::Deadline)
        .fails(shutdown())
        .shows(&["!next-after-shutdown x"]);
}

#[test]
fn next_after_shutdown_without_kill_is_a_warning() {
    Story::ready()
        .begins(shutdown())
        .gets("x", EventType::Shutdown)
        .waits("x")
        .leaves("x", 0)
        .ends(shutdown())
        .shows(&["next-after-shutdown x"]);
}

#[test]
fn internal_extension_exits_with_the_runtime() {
    let left = || StepKind::RuntimeExited {
        code: Some(1),
        signal: None,
    };
    Story::ready()
        .registers("inside")
        .waits("inside")
        .begins(invoke())
        .gets("inside", EventType::Invoke)
        .calls("inside", Call::ExitError, "")
        .then(left())
        .fails(invoke())
        .shows(&["!exit-error inside"]);
    Story::ready()
        .registers("inside")
        .waits("inside")
        .begins(shutdown())
        .then(left())
        .ends(shutdown())
        .shows(&[]);
}

#[test]
fn exit_before_shutdown_is_a_crash() {
    Story::starting()
        .leaves("x", 0)
        .fails(init())
        .shows(&["!exits-in-init x"]);
    let findings = Story::ready()
        .leaves("x", 0)
        .shows(&["!exits-between-invocations x"]);
    assert!(
        findings[0]
            .text
            .ends_with("`Extension.Crash`, even with code 0")
    );
    let findings = Story::ready()
        .begins(invoke())
        .gets("x", EventType::Invoke)
        .leaves("x", None)
        .fails(invoke())
        .shows(&["!exits-in-invoke x"]);
    assert!(findings[0].text.contains("is gone during an invocation"));
}

#[test]
fn kill_at_deadline_is_an_error_without_shutdown_a_warning() {
    Story::ready()
        .begins(shutdown())
        .gets("x", EventType::Shutdown)
        .killed("x", KillReason::Deadline)
        .fails(shutdown())
        .shows(&["!outlives-shutdown x"]);
    Story::ready()
        .begins(shutdown())
        .killed("x", KillReason::NotRegisteredForShutdown)
        .ends(shutdown())
        .shows(&["not-registered-for-shutdown x"]);
}

#[test]
fn exit_code_at_shutdown_is_an_error() {
    Story::ready()
        .begins(shutdown())
        .gets("x", EventType::Shutdown)
        .leaves("x", 3)
        .fails(shutdown())
        .shows(&["!fails-at-shutdown x"]);
}

#[test]
fn exit_shortly_before_deadline_is_a_warning() {
    let leaves_after = |millis| {
        Story::ready()
            .begins(shutdown())
            .gets("x", EventType::Shutdown)
            .pause(millis)
            .leaves("x", 0)
            .ends(shutdown())
    };
    leaves_after(1400).shows(&[]);
    let findings = leaves_after(1849).shows(&["slow-shutdown x"]);
    assert_eq!(
        findings[0].text,
        "`x` takes 1.85 s of the 2.00 s for SHUTDOWN: work that is unfinished then is lost"
    );
}

#[test]
fn exit_by_signal_is_a_crash() {
    let findings = Story::ready()
        .crashes("x", 11)
        .shows(&["!exits-between-invocations x"]);
    assert!(findings[0].help.contains("debugger"), "{:?}", findings[0]);
    let findings = Story::ready()
        .begins(shutdown())
        .gets("x", EventType::Shutdown)
        .crashes("x", 6)
        .fails(shutdown())
        .shows(&["!fails-at-shutdown x"]);
    assert!(findings[0].help.contains("debugger"), "{:?}", findings[0]);
}

#[test]
fn report_at_shutdown_fails_no_environment() {
    let findings = Story::ready()
        .begins(shutdown())
        .gets("x", EventType::Shutdown)
        .calls("x", Call::ExitError, "")
        .leaves("x", 1)
        .fails(shutdown())
        .shows(&["!exit-error x"]);
    let text = &findings[0].text;
    assert!(!text.contains("the environment fails"), "{text}");
    assert!(text.contains("at SHUTDOWN"), "{text}");
}
