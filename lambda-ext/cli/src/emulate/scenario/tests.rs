use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::{Call, Fault, Outcome, TelemetrySupport};

use super::super::plan::{Action, Invoke};
use super::parse;

#[test]
fn scenario_becomes_plan() {
    let text = r#"
        telemetry = "off"
        timeout = "1s"
        [[step]]
        invoke = 2
        duration = "20ms"
        outcome = ["success", "error"]
        [[step]]
        freeze = "1m"
        [[step]]
        fault = "reply"
        call = "init-error"
        status = 500
    "#;
    let plan = parse(text).expect("it is a scenario");
    assert_eq!(
        plan.settings.telemetry,
        Some(TelemetrySupport::NotSupported)
    );
    assert_eq!(plan.settings.timeout, Some(Duration::from_secs(1)));
    let invoke = Invoke {
        count: 2,
        duration: Some(Duration::from_millis(20)),
        outcomes: vec![Outcome::Success, Outcome::Error],
        ..Invoke::default()
    };
    let reply = Fault::Reply {
        status: 500,
        body: String::new(),
    };
    let expected = [
        Action::Invoke(invoke),
        Action::Freeze(Duration::from_secs(60)),
        Action::Fault(Call::InitError, reply),
        Action::Shutdown(ShutdownReason::Spindown),
    ];
    assert_eq!(plan.actions, expected);
}

#[test]
fn invalid_scenario_is_rejected_with_remedy() {
    for (text, expected) in [
        (
            "[[step]]\ninvokes = 3",
            "unknown field `invokes`, expected one of `invoke`, `freeze`, `fault`, `shutdown`",
        ),
        (
            "reason = 1",
            "unknown field `reason`, expected one of `env`, `runtime`, `telemetry`",
        ),
        (
            "[[step]]\nduration = \"1s\"",
            "step 1: expected one of `invoke`, `freeze`, `fault` and `shutdown`",
        ),
        (
            "[[step]]\ninvoke = 1\n[[step]]\ninvoke = 1\nfreeze = \"1s\"",
            "step 2: has both `invoke` and `freeze`",
        ),
        (
            "[[step]]\ninvoke = 1\noutcome = []",
            "step 1: `outcome` is an empty list",
        ),
        (
            "[[step]]\nfault = \"reply\"\ncall = \"next\"\nstatus = 99",
            "step 1: expected a `status` from 100 to 599",
        ),
        (
            "[[step]]\nshutdown = \"spindown\"\n[[step]]\nshutdown = \"failure\"",
            "step 2: `shutdown` needs an `invoke` since the last `shutdown`",
        ),
        (
            "timeout = \"0s\"",
            "expected a duration from `1ms` to `15m`",
        ),
        (
            "[[step]]\ninvoke = 1\ntimeout = \"16m\"",
            "expected a duration from `1ms` to `15m`",
        ),
        (
            "env = { AWS_LAMBDA_RUNTIME_API = \"localhost\" }",
            "`env`: Lambda sets `AWS_LAMBDA_RUNTIME_API` itself",
        ),
        (
            "[[step]]\nfreeze = \"1s\"\noutcome = \"error\"",
            "step 1: `outcome` does not apply to this kind of step",
        ),
        ("[[step]]\nfreeze = \"soon\"", "write `250ms` or `1m 30s`"),
        (
            "[[step]]\ninvoke = 1\noutcome = \"fine\"",
            "expected `success`, `error`, `timeout` or `crash`, or a list of them",
        ),
        (
            "[[step]]\nfault = \"reply\"\ncall = \"next\"",
            "`reply` needs a `status`",
        ),
        (
            "[[step]]\nfault = \"close\"\ncall = \"poll\"",
            "unknown call `poll`, expected one of `register`, `next`",
        ),
    ] {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
