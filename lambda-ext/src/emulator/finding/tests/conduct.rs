use super::super::super::Call;
use super::super::super::record::{Kill, Phase, What};
use super::story::{Story, init, invoke, shutdown};
use crate::EventType;

#[test]
fn good_conduct_has_no_finding() {
    Story::ready()
        .begins(invoke())
        .gets("x", EventType::Invoke)
        .responds()
        .waits("x")
        .ends(invoke())
        .ends_well()
        .shows(&[]);
}

#[test]
fn a_wrong_name_is_one_finding_and_not_a_missing_registration() {
    let findings = Story::new()
        .begins(init())
        .launches("audit.py")
        .registers("audit")
        .waits("audit")
        .fails(init())
        .begins(shutdown())
        .killed("audit.py", Kill::NotRegisteredForShutdown)
        .ends(shutdown())
        .shows(&["!wrong-name audit.py"]);
    assert_eq!(
        findings[0].to_string(),
        "error[wrong-name]: `audit.py` registers under the name `audit`, which Lambda takes for an \
         internal extension, and waits for `audit.py`: init does not end\n  \
         help: send `Lambda-Extension-Name: audit.py`, the full file name of the executable, \
         suffix and case included"
    );
}

#[test]
fn a_wrong_name_for_shutdown_is_one_finding_and_not_a_crash() {
    let why = "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension";
    Story::new()
        .begins(init())
        .launches("audit.py")
        .refused("audit", Call::Register, "Extension.InvalidEventType", why)
        .leaves("audit.py", 1)
        .fails(init())
        .shows(&["!wrong-name audit.py"]);
}

#[test]
fn an_internal_extension_may_not_have_shutdown() {
    let why = "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension";
    Story::starting()
        .registers("x")
        .refused("inner", Call::Register, "Extension.InvalidEventType", why)
        .shows(&["!invalid-event inner"]);
}

#[test]
fn of_two_the_one_of_a_like_name_has_the_wrong_name() {
    Story::new()
        .begins(init())
        .launches("a.sh")
        .launches("b.sh")
        .registers("b")
        .fails(init())
        .shows(&["!wrong-name b.sh", "!never-registers a.sh"]);
}

#[test]
fn who_never_registers_is_named() {
    Story::starting()
        .fails(init())
        .shows(&["!never-registers x"]);
}

#[test]
fn who_never_calls_next_is_named_and_its_kill_follows_from_it() {
    Story::starting()
        .registers("x")
        .fails(init())
        .begins(shutdown())
        .killed("x", Kill::Deadline)
        .ends(shutdown())
        .shows(&["!never-calls-next x"]);
}

#[test]
fn who_is_not_ready_when_another_fails_is_not_to_blame() {
    Story::starting()
        .launches("y")
        .leaves("y", 3)
        .fails(init())
        .shows(&["!exits-in-init y"]);
}

#[test]
fn a_runtime_that_cannot_be_started_is_not_an_extensions_mistake() {
    let error = Some("Runtime.InvalidEntrypoint: the runtime: there is no such file".to_owned());
    let phase = init();
    Story::starting()
        .registers("x")
        .then(What::Ended { phase, error })
        .shows(&[]);
}

#[test]
fn a_second_next_is_counted() {
    let why = "State transition from Ready to Ready failed for extension 1. Error: x";
    let again =
        |story: Story| story.refused("x", Call::Next, "Extension.InvalidExtensionState", why);
    again(again(Story::ready()))
        .ends_well()
        .shows(&["!next-twice x x2"]);
}

#[test]
fn who_exits_for_a_refused_call_is_found_once() {
    let why = "State transition from Ready to Ready failed for extension 1. Error: x";
    Story::ready()
        .refused("x", Call::Next, "Extension.InvalidExtensionState", why)
        .leaves("x", 1)
        .shows(&["!next-twice x"]);
}

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
fn a_report_is_shown_with_its_message_and_the_exit_follows_from_it() {
    let body = r#"{"errorMessage":"LICENSE_KEY is empty"}"#;
    let findings = Story::starting()
        .registers("x")
        .calls("x", Call::InitError, body, 202, "")
        .leaves("x", 1)
        .fails(init())
        .shows(&["!init-error x"]);
    assert_eq!(
        findings[0].text,
        "`x` reports an init error `Extension.ConfigInvalid`, \"LICENSE_KEY is empty\": the \
         environment fails with `Extension.InitError`"
    );
    Story::ready()
        .calls("x", Call::ExitError, "", 202, "")
        .leaves("x", 1)
        .shows(&["!exit-error x"]);
}

#[test]
fn who_reports_but_stays_blocks_the_platform() {
    Story::starting()
        .registers("x")
        .calls("x", Call::InitError, "", 202, "")
        .fails(init())
        .begins(shutdown())
        .killed("x", Kill::Deadline)
        .ends(shutdown())
        .shows(&["!reports-but-stays x"]);
}

#[test]
fn who_holds_an_invocation_is_to_blame_only_if_the_function_was_done() {
    let busy = || Story::ready().begins(invoke()).gets("x", EventType::Invoke);
    let ended = |story: Story| {
        story
            .fails(invoke())
            .begins(shutdown())
            .killed("x", Kill::Deadline)
            .ends(shutdown())
    };
    ended(busy().responds().pause(2900)).shows(&["!holds-invocation x"]);
    ended(busy().pause(3000)).shows(&["!misses-shutdown x"]);
}

#[test]
fn holding_an_invocation_long_is_a_remark() {
    let slow = |story: Story| {
        story
            .begins(invoke())
            .gets("x", EventType::Invoke)
            .responds()
            .pause(400)
            .waits("x")
            .ends(invoke())
    };
    let findings = slow(slow(Story::ready()))
        .ends_well()
        .shows(&["slow-to-next x x2"]);
    assert!(
        findings[0]
            .text
            .contains("401.0 ms longer than the function, which took")
    );
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

#[test]
fn who_is_late_after_a_reset_has_the_time_of_an_invocation() {
    let again = || Phase::Init { suppressed: true };
    let started = || Story::new().begins(again()).launches("x");
    let findings = started()
        .pause(298)
        .fails(again())
        .shows(&["!never-registers x"]);
    assert_eq!(
        findings[0].text,
        "`x` had not registered after 300.0 ms: after a reset, init is part of the invocation and \
         has its timeout"
    );
    let findings = started()
        .registers("x")
        .fails(again())
        .shows(&["!never-calls-next x"]);
    assert!(findings[0].text.contains("had not called `next` after"));
}
