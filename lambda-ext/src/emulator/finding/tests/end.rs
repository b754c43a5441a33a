use super::super::super::Call;
use super::super::super::record::{Kill, What};
use super::story::{Story, init, invoke, shutdown};
use crate::EventType;

#[test]
fn next_after_shutdown_explains_the_kill() {
    Story::ready()
        .begins(shutdown())
        .gets("x", EventType::Shutdown)
        .waits("x")
        .killed("x", Kill::Deadline)
        .fails(shutdown())
        .shows(&["!next-after-shutdown x"]);
}

#[test]
fn next_after_shutdown_without_a_kill_is_a_remark() {
    Story::ready()
        .begins(shutdown())
        .gets("x", EventType::Shutdown)
        .waits("x")
        .leaves("x", 0)
        .ends(shutdown())
        .shows(&["next-after-shutdown x"]);
}

#[test]
fn an_internal_extension_is_gone_with_the_runtime() {
    let left = || What::RuntimeLeft {
        code: Some(1),
        signal: None,
    };
    Story::ready()
        .registers("inside")
        .waits("inside")
        .begins(invoke())
        .gets("inside", EventType::Invoke)
        .calls("inside", Call::ExitError, "", 202, "{}")
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
fn every_exit_before_shutdown_is_a_crash() {
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
            .ends_with("`Extension.Crash`, also with code 0")
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
fn a_kill_at_the_deadline_is_grave_and_one_without_shutdown_is_not() {
    Story::ready()
        .begins(shutdown())
        .gets("x", EventType::Shutdown)
        .killed("x", Kill::Deadline)
        .fails(shutdown())
        .shows(&["!outlives-shutdown x"]);
    Story::ready()
        .begins(shutdown())
        .killed("x", Kill::NotRegisteredForShutdown)
        .ends(shutdown())
        .shows(&["not-registered-for-shutdown x"]);
}

#[test]
fn a_code_after_shutdown_is_a_failed_shutdown() {
    Story::ready()
        .begins(shutdown())
        .gets("x", EventType::Shutdown)
        .leaves("x", 3)
        .fails(shutdown())
        .shows(&["!fails-at-shutdown x"]);
}

#[test]
fn leaving_shortly_before_the_deadline_is_a_remark() {
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
        "`x` needs 1.85 s of the 2.00 s that SHUTDOWN has: what is not done then is lost"
    );
}

#[test]
fn an_end_by_a_signal_is_a_crash_and_not_a_want_of_next() {
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
fn a_report_at_shutdown_does_not_end_an_environment_that_ends_already() {
    let findings = Story::ready()
        .begins(shutdown())
        .gets("x", EventType::Shutdown)
        .calls("x", Call::ExitError, "", 202, "")
        .leaves("x", 1)
        .fails(shutdown())
        .shows(&["!exit-error x"]);
    let text = &findings[0].text;
    assert!(!text.contains("the environment fails"), "{text}");
    assert!(text.contains("at SHUTDOWN"), "{text}");
}
