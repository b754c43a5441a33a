use super::story::{Story, init, invoke, shutdown};
use crate::EventType;
use crate::emulator::Call;
use crate::emulator::record::{KillReason, Phase, StepKind};

#[test]
fn correct_extension_has_no_finding() {
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
fn wrong_name_is_one_finding() {
    let findings = Story::new()
        .begins(init())
        .launches("audit.py")
        .registers("audit")
        .waits("audit")
        .fails(init())
        .begins(shutdown())
        .killed("audit.py", KillReason::NotRegisteredForShutdown)
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
fn wrong_name_for_shutdown_is_one_finding() {
    let why = "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension";
    Story::new()
        .begins(init())
        .launches("audit.py")
        .refused("audit", Call::Register, ["Extension.InvalidEventType", why])
        .leaves("audit.py", 1)
        .fails(init())
        .shows(&["!wrong-name audit.py"]);
}

#[test]
fn internal_extension_for_shutdown_is_an_error() {
    let why = "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension";
    Story::starting()
        .registers("x")
        .refused("inner", Call::Register, ["Extension.InvalidEventType", why])
        .shows(&["!invalid-event inner"]);
}

#[test]
fn wrong_name_of_two_extensions_blames_the_similar_one() {
    Story::new()
        .begins(init())
        .launches("a.sh")
        .launches("b.sh")
        .registers("b")
        .fails(init())
        .shows(&["!wrong-name b.sh", "!never-registers a.sh"]);
}

#[test]
fn extension_without_registration_is_named() {
    Story::starting()
        .fails(init())
        .shows(&["!never-registers x"]);
}

#[test]
fn extension_without_next_is_named_and_its_kill_excused() {
    Story::starting()
        .registers("x")
        .fails(init())
        .begins(shutdown())
        .killed("x", KillReason::Deadline)
        .ends(shutdown())
        .shows(&["!never-calls-next x"]);
}

#[test]
fn unready_extension_when_another_fails_is_excused() {
    Story::starting()
        .launches("y")
        .leaves("y", 3)
        .fails(init())
        .shows(&["!exits-in-init y"]);
}

#[test]
fn runtime_that_fails_to_start_blames_no_extension() {
    let error = Some("Runtime.InvalidEntrypoint: the runtime: there is no such file".to_owned());
    let phase = init();
    Story::starting()
        .registers("x")
        .then(StepKind::Ended { phase, error })
        .shows(&[]);
}

#[test]
fn second_next_repeated_is_counted() {
    let why = "State transition from Ready to Ready failed for extension 1. Error: x";
    let again =
        |story: Story| story.refused("x", Call::Next, ["Extension.InvalidExtensionState", why]);
    again(again(Story::ready()))
        .ends_well()
        .shows(&["!next-twice x x2"]);
}

#[test]
fn exit_after_refused_call_is_one_finding() {
    let why = "State transition from Ready to Ready failed for extension 1. Error: x";
    Story::ready()
        .refused("x", Call::Next, ["Extension.InvalidExtensionState", why])
        .leaves("x", 1)
        .shows(&["!next-twice x"]);
}

#[test]
fn report_with_message_explains_the_exit() {
    let body = r#"{"errorMessage":"LICENSE_KEY is empty"}"#;
    let findings = Story::starting()
        .registers("x")
        .calls("x", Call::InitError, body)
        .leaves("x", 1)
        .fails(init())
        .shows(&["!init-error x"]);
    assert_eq!(
        findings[0].text,
        "`x` reports an init error `Extension.ConfigInvalid`, \"LICENSE_KEY is empty\": the \
         environment fails with `Extension.InitError`"
    );
    Story::ready()
        .calls("x", Call::ExitError, "")
        .leaves("x", 1)
        .shows(&["!exit-error x"]);
}

#[test]
fn report_without_exit_is_an_error() {
    Story::starting()
        .registers("x")
        .calls("x", Call::InitError, "")
        .fails(init())
        .begins(shutdown())
        .killed("x", KillReason::Deadline)
        .ends(shutdown())
        .shows(&["!reports-but-stays x"]);
}

#[test]
fn busy_extension_at_timeout_blamed_only_after_response() {
    let busy = || Story::ready().begins(invoke()).gets("x", EventType::Invoke);
    let ended = |story: Story| {
        story
            .fails(invoke())
            .begins(shutdown())
            .killed("x", KillReason::Deadline)
            .ends(shutdown())
    };
    ended(busy().responds().pause(2900)).shows(&["!holds-invocation x"]);
    ended(busy().pause(3000)).shows(&["!misses-shutdown x"]);
}

#[test]
fn long_overhead_is_a_warning() {
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
fn late_extension_after_reset_names_the_invocations_time() {
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
