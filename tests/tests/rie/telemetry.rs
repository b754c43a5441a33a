//! Telemetry that AWS's emulator delivers as a managed instance.

use lambda_ext_tests::rie::{Report, Rie};

/// An environment of three invocations, and the extension that is told everything of it.
fn heard() -> Option<Report> {
    Rie::new()
        .extension(env!("CARGO_BIN_EXE_heard"))
        .managed()
        .env("AWS_LAMBDA_FUNCTION_NAME", "orders")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "7")
        .payload(r#"{"print": "order 17 is accepted"}"#)
        .invokes(3)
        .run()
}

/// The events that were handed over: what each is, and what was read from it.
fn events(report: &Report) -> Vec<(&str, &str)> {
    let lines = report.stdout.lines();
    let events = lines.filter_map(|line| line.strip_prefix("heard ")?.split_once(' '));
    events
        .filter_map(|(_, event)| event.split_once(' '))
        .collect()
}

/// Asserts the number of events of this kind, and the fields of each.
#[track_caller]
fn each_has(report: &Report, kind: &str, fields: &[Vec<&str>]) {
    let events = events(report).into_iter();
    let records: Vec<_> = events.filter(|event| event.0 == kind).collect();
    report.equal(kind, &records.len(), &fields.len());
    for ((_, record), fields) in records.iter().zip(fields) {
        for field in fields {
            let what = format!("{record} has {field}");
            report.holds(&what, record.contains(field));
        }
    }
}

#[test]
fn every_managed_instance_event_is_typed() {
    let Some(report) = heard() else {
        return;
    };
    for (kind, record) in events(&report) {
        report.holds(kind, !record.starts_with("Other"));
    }
    let has = |kind: &str, fields: &[&str]| each_has(&report, kind, &[fields.to_vec()]);
    let managed = "initialization_type: LambdaManagedInstances, phase: Some(Init)";
    let function = r#"function_name: Some("orders"), function_version: Some("7")"#;
    let state = r#"name: "heard", state: "Subscribed""#;
    let types = r#"types: ["platform", "function", "extension"]"#;
    has("platform.initStart", &[managed, function]);
    has("platform.telemetrySubscription", &[state, types]);
    has("platform.initRuntimeDone", &[managed, "status: Success"]);
    has("platform.initReport", &[managed, "status: Some(Success)"]);
    has("extension", &[r#"Text("listening")"#]);

    let each = |kind: &str, fields: [&str; 2]| {
        // The function answers with what its runtime was given.
        let ids = report.invokes.iter().map(|invoke| &*invoke.body);
        let ids: Vec<_> = ids.map(|id| format!("request_id: {id}")).collect();
        let fields: Vec<_> = ids
            .iter()
            .map(|id| vec![id, fields[0], fields[1]])
            .collect();
        each_has(&report, kind, &fields);
    };
    each(
        "platform.start",
        [r#"version: Some("7")"#, "function:orders"],
    );
    each(
        "platform.report",
        ["status: Some(Success)", r#"name: "responseLatency""#],
    );
    let line = vec![r#"Text("order 17 is accepted")"#];
    each_has(&report, "function", &[line.clone(), line.clone(), line]);
}

#[test]
fn managed_instance_extension_with_invoke_gets_shutdown_only_and_exits_with_0() {
    let Some(report) = heard() else {
        return;
    };
    report.equal(
        "standard error",
        report.stderr.as_str(),
        "heard: Managed Instances send no INVOKE to extensions: registering for SHUTDOWN only\n",
    );
    each_has(
        &report,
        "platform.extension",
        &[vec![
            r#"name: "heard", state: "Ready", events: ["SHUTDOWN"]"#,
        ]],
    );
    report.equal(
        "its last line",
        &report.stdout.lines().last(),
        &Some("Spindown after 0 invocations, 0 events dropped"),
    );
    report.equal("exit codes", &report.exits, &[0]);
}
