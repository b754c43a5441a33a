use super::story::{Story, init, shutdown};
use crate::EventType;
use crate::emulator::record::{KillReason, StepKind};
use crate::emulator::{Call, Fault};

#[test]
fn init_error_after_first_next_is_too_late() {
    let why = "State transition from Running to InitError failed for extension 1. Error: x";
    Story::ready()
        .refused(
            "x",
            Call::InitError,
            ["Extension.InvalidExtensionState", why],
        )
        .leaves("x", 1)
        .shows(&["!init-error-too-late x"]);
}

#[test]
fn refusal_after_report_adds_no_finding() {
    let why = "State transition from ExitError to Ready failed for extension 1. Error: x";
    Story::ready()
        .calls("x", Call::ExitError, "")
        .refused("x", Call::Next, ["Extension.InvalidExtensionState", why])
        .leaves("x", 1)
        .shows(&["!exit-error x"]);
}

#[test]
fn unknown_path_similar_call_is_suggested() {
    for (method, path, status, help) in [
        (
            "POST",
            "/2020-01-01/extension/register/",
            404,
            "without the slash at the end it is register",
        ),
        (
            "GET",
            "/2020-01-01/extension/register",
            405,
            "the method of register is POST",
        ),
        (
            "PUT",
            "/2025-01-29/telemetry",
            404,
            "telemetry subscription is `/2022-07-01/telemetry`",
        ),
        ("GET", "/next", 404, "`AWS_LAMBDA_RUNTIME_API`"),
        ("GET", "/", 404, "`AWS_LAMBDA_RUNTIME_API`"),
    ] {
        let findings = Story::starting()
            .astray(method, path, status)
            .fails(init())
            .shows(&["!unknown-path x"]);
        assert!(
            findings[0].help.contains(help),
            "{path}: {}",
            findings[0].help
        );
    }
}

#[test]
fn unknown_path_several_extensions_names_none() {
    Story::starting()
        .launches("y")
        .astray("POST", "/register", 404)
        .fails(init())
        .shows(&["!unknown-path -"]);
}

#[test]
fn registration_refused_explains_missing_extension() {
    for (error_type, message, rule) in [
        (
            "Extension.InvalidExtensionName",
            "Empty extension name",
            "no-name",
        ),
        (
            "InvalidRequestFormat",
            "unexpected end of JSON input",
            "malformed-registration",
        ),
        (
            "Extension.InvalidEventType",
            "invoke: ErrorInvalidEventType",
            "invalid-event",
        ),
        (
            "Extension.InvalidEventType",
            "LOGS: ErrorInvalidEventType",
            "invalid-event",
        ),
        (
            "Extension.InvalidEventType",
            "INVOKE: ErrorInvalidEventType",
            "invalid-event",
        ),
        (
            "Extension.RegistrationClosed",
            "Extension registration closed already",
            "registration-closed",
        ),
        (
            "Extension.TooManyExtensions",
            "Extension limit (10) reached",
            "too-many-extensions",
        ),
    ] {
        let name = if rule == "no-name" { "" } else { "x" };
        Story::starting()
            .refused(name, Call::Register, [error_type, message])
            .fails(init())
            .shows(&[&format!("!{rule} x")]);
    }
    let why = "State transition from Registered to Registered failed for extension x. Error: x";
    Story::ready()
        .refused(
            "x",
            Call::Register,
            ["Extension.InvalidExtensionState", why],
        )
        .ends_well()
        .shows(&["!registers-twice x"]);
}

#[test]
fn identifier_missing_or_unknown_is_an_error() {
    for (error_type, rule) in [
        ("Extension.MissingExtensionIdentifier", "no-identifier"),
        ("Extension.InvalidExtensionIdentifier", "wrong-identifier"),
        ("Extension.UnknownExtensionIdentifier", "wrong-identifier"),
    ] {
        Story::starting()
            .registers("x")
            .refused("?", Call::Next, [error_type, ""])
            .fails(init())
            .shows(&[&format!("!{rule} x")]);
    }
    Story::ready()
        .refused("x", Call::ExitError, ["Extension.MissingHeader", ""])
        .leaves("x", 1)
        .shows(&["!no-error-type x"]);
}

#[test]
fn subscription_late_or_invalid_is_an_error() {
    Story::ready()
        .refused("x", Call::Telemetry, ["Telemetry.SubscriptionClosed", ""])
        .ends_well()
        .shows(&["!subscribes-too-late x"]);
    Story::ready()
        .refused(
            "x",
            Call::Telemetry,
            ["ValidationError", "types are missing"],
        )
        .ends_well()
        .shows(&["!invalid-subscription x"]);
}

#[test]
fn delivery_failure_without_recovery_is_an_error() {
    let failing = || Story::ready().delivers("x", 500).delivers("x", 503);
    let findings = failing().ends_well().shows(&["!telemetry-not-taken x x2"]);
    assert!(findings[0].text.contains("its listener answers 500"));
    failing()
        .delivers("x", 200)
        .ends_well()
        .shows(&["telemetry-not-taken x x2"]);
}

#[test]
fn drops_reported_unless_all_deliveries_fail() {
    let dropped = |records| StepKind::Dropped {
        extension: "x".to_owned(),
        records,
        bytes: 80,
    };
    let findings = Story::ready()
        .then(dropped(2))
        .then(dropped(3))
        .ends_well()
        .shows(&["!telemetry-dropped x"]);
    assert!(findings[0].text.contains("5 records"));
    Story::ready()
        .delivers("x", 500)
        .then(dropped(2))
        .ends_well()
        .shows(&["!telemetry-not-taken x"]);
}

#[test]
fn launch_failure_likely_reason_is_suggested() {
    for (error, help) in [
        ("Permission denied (os error 13)", "chmod +x"),
        ("Exec format error (os error 8)", "#!/usr/bin/env"),
        ("No such file or directory (os error 2)", "interpreter"),
    ] {
        let failed = StepKind::LaunchFailed {
            extension: "x".to_owned(),
            error: error.to_owned(),
        };
        let findings = Story::new()
            .begins(init())
            .then(failed)
            .fails(init())
            .shows(&["!launch-error x"]);
        assert!(findings[0].help.contains(help));
    }
}

#[test]
fn fault_excuses_one_consequence() {
    let why = "State transition from Ready to Ready failed for extension 1. Error: x";
    let again =
        |story: Story| story.refused("x", Call::Next, ["Extension.InvalidExtensionState", why]);
    let fault = |fault: Fault| StepKind::Faulted {
        call: Call::Next,
        made: fault.makes_the_call(),
        fault: fault.to_string(),
    };
    let story = again(Story::ready().then(fault(Fault::LoseReply)));
    again(story).ends_well().shows(&["!next-twice x"]);
    let story = Story::ready().then(fault(Fault::TruncateReply(1)));
    story
        .begins(shutdown())
        .gets("x", EventType::Shutdown)
        .waits("x")
        .killed("x", KillReason::Deadline)
        .fails(shutdown())
        .shows(&[]);
    for unmade in [Fault::Close, Fault::Raw(Vec::new())] {
        again(Story::ready().then(fault(unmade))).shows(&["!next-twice x"]);
    }
}

#[test]
fn mistake_in_each_generation_is_counted() {
    let crash = |story: Story| {
        story
            .begins(init())
            .launches("x")
            .leaves("x", 1)
            .fails(init())
    };
    crash(crash(Story::new())).shows(&["!exits-in-init x x2"]);
}

#[test]
fn telemetry_written_back_is_a_loop() {
    let dropped = || StepKind::Dropped {
        extension: "x".to_owned(),
        records: 3,
        bytes: 80,
    };
    let subscribed = |types: &str| {
        let body = format!(r#"{{"types":[{types}]}}"#);
        let story = Story::ready().calls("x", Call::Telemetry, &body);
        story.delivers("x", 200)
    };
    let record = r#"[{"time":"t","type":"extension","record":"a"}]"#;
    let python = "{'time': 't', 'type': 'extension', 'record': 'a'}";
    let nested = r#"{"message":"[{\"type\":\"extension\"}]"}"#;
    let all = r#""platform","extension""#;
    for line in [record, python, nested] {
        subscribed(all)
            .writes("x", line)
            .then(dropped())
            .ends_well()
            .shows(&["!telemetry-loop x"]);
        subscribed(r#""platform""#)
            .writes("x", line)
            .ends_well()
            .shows(&[]);
    }
    let platform = r#"{"type":"platform.report"}"#;
    let story = || subscribed(all).writes("x", platform);
    story().ends_well().shows(&["telemetry-loop x"]);
    story()
        .then(dropped())
        .ends_well()
        .shows(&["!telemetry-loop x"]);
    subscribed(all)
        .writes("x", "took a batch of type extension")
        .then(dropped())
        .ends_well()
        .shows(&["!telemetry-dropped x"]);
}
