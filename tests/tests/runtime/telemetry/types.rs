//! The types of telemetry records, read from the samples in `tests/telemetry`.

use std::time::Duration;

use lambda_ext::telemetry::{
    InitPhase, InitType, PlatformInitStart, PlatformReport, PlatformRestoreStart,
    PlatformRuntimeDone, PlatformStart, Status,
};
use lambda_ext::{RuntimeDone, TelemetryEvent, TelemetryRecord};
use lambda_ext_tests::record;
use lambda_ext_tests::samples::{event, sample, samples};

#[track_caller]
fn is_other(kind: &str, record: &str) {
    let json = event(kind, record);
    let event = TelemetryEvent::from(json);
    assert_eq!(event.time.as_str(), "2026-03-04T09:15:00.101Z");
    assert_eq!(event.as_json(), json);
    let TelemetryRecord::Other {
        kind: found,
        record: raw,
    } = &event.record
    else {
        panic!("{event:?}");
    };
    assert_eq!((&**found, *raw), (kind, record));
}

#[test]
fn every_sample_is_typed_and_serialized_to_the_same_text() {
    for sample in samples("*") {
        let event = TelemetryEvent::from(sample);
        assert!(
            !matches!(event.record, TelemetryRecord::Other { .. }),
            "{event:?}"
        );
        let value: serde_json::Value = serde_json::from_str(sample).unwrap();
        assert_eq!(event.time.as_str(), value["time"]);
        assert_eq!(event.record.kind(), value["type"]);
        assert_eq!(event.as_json(), sample);
        assert!(sample.ends_with(&format!("\"record\":{}}}", event.record_json())));
        let request_id = value["record"]["requestId"].as_str();
        let is_line = matches!(event.record, TelemetryRecord::Function(_));
        assert_eq!(event.record.request_id(), request_id.filter(|_| !is_line));
        let owned = event.to_owned();
        assert_eq!(serde_json::to_string(&owned).unwrap(), sample);
        assert_eq!(owned.event(), event);
    }
}

#[test]
fn every_type_has_a_sample() {
    let samples = samples("*");
    let mut kinds: Vec<_> = samples
        .into_iter()
        .map(|sample| TelemetryEvent::from(sample).record.kind().to_owned())
        .collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds.len(), 14, "{kinds:?}");
}

#[test]
fn init_start_has_each_documented_field() {
    let json = event(
        "platform.initStart",
        r#"{"initializationType":"snap-start","phase":"invoke","functionName":"orders","functionVersion":"$LATEST",
            "instanceId":"i","instanceMaxMemory":256,"runtimeVersion":"nodejs:22.v41","runtimeVersionArn":"arn:v",
            "functionArn":"arn:f","runtimeArn":"arn:r","tracing":{"spanId":"2f1c","type":"X-Amzn-Trace-Id","value":"Root=1-69;Sampled=1"}}"#,
    );
    let start: Box<PlatformInitStart<'_>> = record!(json, PlatformInitStart);
    assert_eq!(start.initialization_type, InitType::SnapStart);
    assert_eq!(start.phase, Some(InitPhase::Invoke));
    assert_eq!(start.function_name.as_deref(), Some("orders"));
    assert_eq!(start.function_version.as_deref(), Some("$LATEST"));
    assert_eq!(start.instance_id.as_deref(), Some("i"));
    assert_eq!(start.instance_max_memory, Some(256));
    assert_eq!(start.runtime_version.as_deref(), Some("nodejs:22.v41"));
    assert_eq!(start.runtime_version_arn.as_deref(), Some("arn:v"));
    assert_eq!(start.function_arn.as_deref(), Some("arn:f"));
    assert_eq!(start.runtime_arn.as_deref(), Some("arn:r"));
    let tracing = start.tracing.clone().unwrap();
    assert_eq!(tracing.span_id.as_deref(), Some("2f1c"));
    assert_eq!(tracing.kind, "X-Amzn-Trace-Id");
    assert_eq!(
        (tracing.root(), tracing.sampled()),
        (Some("1-69"), Some(true))
    );
}

#[test]
fn invocation_records_have_ids_spans_and_costs() {
    let of = |kind| sample("invocations", kind);
    let start: Box<PlatformStart<'_>> = record!(of("platform.start"), PlatformStart);
    let done: Box<PlatformRuntimeDone<'_>> =
        record!(of("platform.runtimeDone"), PlatformRuntimeDone);
    let report: Box<PlatformReport<'_>> = record!(of("platform.report"), PlatformReport);
    assert_eq!(start.version.as_deref(), Some("$LATEST"));
    assert_eq!(
        (&start.request_id, &done.request_id),
        (&done.request_id, &report.request_id)
    );
    assert_eq!(
        (done.status.clone(), report.status.clone()),
        (Status::Success, Some(Status::Success))
    );
    let metrics = done.metrics.unwrap();
    assert_eq!(
        (metrics.duration, metrics.produced_bytes),
        (Duration::from_micros(231_705), Some(118))
    );
    let spans: Vec<_> = done
        .spans
        .iter()
        .map(|span| (&*span.name, span.duration.as_micros()))
        .collect();
    assert_eq!(
        spans,
        [
            ("responseLatency", 230_118),
            ("responseDuration", 94),
            ("runtimeOverhead", 1_402)
        ]
    );
    assert_eq!(
        report.metrics.billed_duration,
        Some(Duration::from_millis(551))
    );
    assert_eq!(report.metrics.memory_size_mb, Some(512));
    assert_eq!(report.metrics.max_memory_used_mb, Some(83));
    assert_eq!(
        report.metrics.init_duration,
        Some(Duration::from_micros(301_880))
    );
    assert_eq!(report.spans[0].name, "extensionOverhead");
}

#[test]
fn records_of_2022_lack_later_fields() {
    let samples = samples("of_2022");
    let start = record!(samples[0], PlatformInitStart);
    assert_eq!(
        (start.phase.clone(), start.function_name.clone()),
        (None, None)
    );
    let done = record!(samples[1], PlatformInitRuntimeDone);
    assert_eq!(
        (done.phase.clone(), done.status.clone()),
        (None, Status::Success)
    );
    let report = record!(samples[2], PlatformInitReport);
    assert_eq!((report.phase.clone(), report.status.clone()), (None, None));
    let report = record!(samples[4], PlatformReport);
    assert_eq!((report.status.clone(), report.spans.len()), (None, 0));
    assert_eq!(
        report.metrics.billed_duration,
        Some(Duration::from_millis(300))
    );
}

#[test]
fn managed_instance_report_has_a_duration_only() {
    let samples = samples("managed_instances");
    let start = record!(samples[0], PlatformInitStart);
    assert_eq!(start.initialization_type, InitType::LambdaManagedInstances);
    assert_eq!(start.instance_max_memory, Some(2 << 30));
    let start = record!(samples[2], PlatformStart);
    assert_eq!(start.tenant_id.as_deref(), Some("acme"));
    assert_eq!(
        start.function_arn.as_deref(),
        Some("arn:aws:lambda:eu-west-1:123456789012:function:orders")
    );
    let report = record!(samples[3], PlatformReport);
    let metrics = report.metrics;
    assert_eq!(metrics.duration, Duration::from_micros(248_301));
    assert_eq!(
        (
            metrics.billed_duration,
            metrics.memory_size_mb,
            metrics.max_memory_used_mb
        ),
        (None, None, None)
    );
}

#[test]
fn restore_may_be_empty_and_have_memory_as_a_string() {
    let samples = samples("restore");
    let starts = samples
        .into_iter()
        .filter(|sample| sample.contains("restoreStart"));
    let starts: Vec<Box<PlatformRestoreStart<'_>>> = starts
        .map(|sample| record!(sample, PlatformRestoreStart))
        .collect();
    let memory: Vec<_> = starts
        .iter()
        .map(|start| start.instance_max_memory)
        .collect();
    assert_eq!(memory, [Some(512), None, Some(512)]);
    assert_eq!(*starts[1], PlatformRestoreStart::default());
    let report = sample("restore", "restoreDurationMs");
    let metrics = record!(report, PlatformReport).metrics;
    assert_eq!(
        metrics.restore_duration,
        Some(Duration::from_micros(412_770))
    );
    assert_eq!(
        metrics.billed_restore_duration,
        Some(Duration::from_millis(86))
    );
}

#[test]
fn record_of_unknown_type_is_kept_raw() {
    is_other(
        "platform.fault",
        r#""RequestId: 8d2f Error: Runtime exited""#,
    );
    is_other("platform.end", r#"{"requestId": "8d2f"}"#);
    is_other("Function", r#""upper case""#);
}

/// A long list of short strings would take many times the memory of its JSON.
#[test]
fn record_with_a_very_long_list_is_kept_raw() {
    let record = |count| {
        let events = vec![r#""""#; count].join(",");
        format!(r#"{{"name":"ext","state":"Ready","events":[{events}]}}"#)
    };
    let json = format!(
        r#"{{"time":"t","type":"platform.extension","record":{}}}"#,
        record(1024)
    );
    let event = TelemetryEvent::from(&*json);
    assert!(
        matches!(event.record, TelemetryRecord::PlatformExtension(extension) if extension.events.len() == 1024)
    );
    is_other("platform.extension", &record(1025));
}

#[test]
fn record_with_missing_or_mistyped_field_is_kept_raw() {
    for (kind, record) in [
        ("platform.start", "{}"),
        ("platform.start", r#"{"requestId":null}"#),
        ("platform.start", r#"{"requestId":7}"#),
        ("platform.start", r#"["8d2f"]"#),
        ("platform.start", r#"{"requestId":"\ud83d"}"#),
        ("platform.start", "null"),
        ("platform.runtimeDone", r#"{"requestId":"8d2f"}"#),
        (
            "platform.runtimeDone",
            r#"{"requestId":"8d2f","status":"success","spans":{}}"#,
        ),
        ("platform.report", r#"{"requestId":"8d2f"}"#),
        ("platform.report", r#"{"requestId":"8d2f","metrics":{}}"#),
        (
            "platform.report",
            r#"{"requestId":"8d2f","metrics":{"durationMs":"long"}}"#,
        ),
        (
            "platform.report",
            r#"{"requestId":"8d2f","metrics":{"durationMs":1e999}}"#,
        ),
        ("platform.extension", r#"{"name":"ext","state":"Ready"}"#),
        (
            "platform.telemetrySubscription",
            r#"{"name":"ext","state":"Subscribed","types":[1]}"#,
        ),
        (
            "platform.logsDropped",
            r#"{"droppedBytes":1,"droppedRecords":1}"#,
        ),
        ("platform.initStart", "{}"),
        ("platform.restoreReport", "{}"),
    ] {
        is_other(kind, record);
    }
}

#[test]
fn null_is_absent_and_unknown_fields_are_skipped() {
    let record = r#"{"new":[{"deep":[]}],"requestId":"8d2f","version":null,"tracing":null}"#;
    let start = record!(event("platform.start", record), PlatformStart);
    assert_eq!(start.request_id, "8d2f");
    assert_eq!((start.version.clone(), start.tracing.clone()), (None, None));
}

#[test]
fn event_may_have_keys_in_any_order_with_spaces_and_more_keys() {
    let tidy = event("platform.start", r#"{"requestId":"8d2f"}"#);
    let tidy = TelemetryEvent::from(tidy);
    for json in [
        r#"{"record":{"requestId":"8d2f"},"type":"platform.start","time":"2026-03-04T09:15:00.101Z"}"#,
        r#"{"time":"2026-03-04T09:15:00.101Z","new":{"deep":[]},"type":"platform.start","record":{"requestId":"8d2f"},"new":1}"#,
        "{ \"time\" : \"2026-03-04T09:15:00.101Z\" ,\n\t\"type\" : \"platform.start\" , \"record\" : { \"requestId\" : \"8d2f\" } }",
        r#"{"\u0074ime":"2026-03-04T09:15:00.101\u005a","type":"platform\u002estart","record":{"request\u0049d":"8d2f"}}"#,
    ] {
        let event = TelemetryEvent::from(json);
        assert_eq!(
            (&event.time, &event.record),
            (&tidy.time, &tidy.record),
            "{json}"
        );
        assert_eq!(event.as_json(), json);
    }
    for odd in ["", r#""time":null,"#, r#""time":7,"#] {
        let json = format!(r#"{{{odd}"type":"platform.start","record":{{"requestId":"8d2f"}}}}"#);
        let event = TelemetryEvent::from(&*json);
        assert_eq!(
            (event.time.as_str(), &event.record),
            ("", &tidy.record),
            "{json}"
        );
    }
}

#[test]
fn event_without_record_is_its_own_record() {
    for json in [
        r#"{"time":"t","type":"platform.start"}"#,
        r#"{"level":"INFO"}"#,
        "{}",
        "[]",
        "7",
        "\"text\"",
    ] {
        let event = TelemetryEvent::from(json);
        assert!(
            matches!(event.record, TelemetryRecord::Other { record, .. } if record == json),
            "{event:?}"
        );
    }
}

#[test]
fn runtime_done_can_be_made_from_json() {
    let done: RuntimeDone = sample("invocations", "runtimeDone\"").parse().unwrap();
    assert_eq!(done.request_id(), "8d2f6c0e-1c0b-4f43-8a80-0b5f4c6f6a11");
    assert_eq!(done.time.as_str(), "2026-03-04T09:15:00.642Z");
    assert_eq!(
        (done.record.status, done.previous_report),
        (Status::Success, None)
    );
    let partial = r#"{"time":"","type":"platform.runtimeDone","record":{"requestId":"8d2f"}}"#;
    let why = partial.parse::<RuntimeDone>().unwrap_err().to_string();
    assert!(why.contains("event (missing field `status`"), "{why}");
    let wrong = samples("logs")[0].parse::<RuntimeDone>().unwrap_err();
    assert!(
        wrong
            .to_string()
            .starts_with("this is no `platform.runtimeDone` event: {"),
        "{wrong}"
    );
}
