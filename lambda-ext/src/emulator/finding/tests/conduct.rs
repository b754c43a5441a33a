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
