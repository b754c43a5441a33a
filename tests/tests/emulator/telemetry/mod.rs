//! The telemetry events of each phase, and their order.
//!
//! The modules below it test subscriptions, delivery, loss, and the events of failing environments.

mod delivery;
mod kinds;
mod loss;
mod subscription;

use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::{
    Emulator, EmulatorBuilder, EmulatorError, Initialization, Invocation, LogFormat, Outcome,
};
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::Raw;
use lambda_ext_tests::subscriber::{Subscriber, kinds, records, told, told_as};
use serde_json::{Value, json};

/// Longer than any pause between deliveries.
const HOURS: Duration = Duration::from_secs(3 * 3600);

/// The events of init, with one subscriber.
const INIT: [&str; 5] = [
    "platform.initStart",
    "platform.telemetrySubscription",
    "platform.initRuntimeDone",
    "platform.extension",
    "platform.initReport",
];

/// One life: init, one invocation that writes a line, shutdown.
async fn life(emulator: &Emulator, invocation: Invocation) -> Result<(), EmulatorError> {
    emulator.init().await?;
    emulator.invoke(invocation.log("a line")).await?;
    emulator.shutdown(ShutdownReason::Spindown).await
}

async fn started(builder: EmulatorBuilder) -> Emulator {
    builder.start().await.unwrap()
}

#[tokio::test]
async fn event_has_time_type_and_record() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let told = told(&emulator, None, life(&emulator, Invocation::default())).await;
        for event in told {
            let mut keys: Vec<_> = event.as_object().unwrap().keys().collect();
            keys.sort();
            assert_eq!(keys, ["record", "time", "type"]);
            let time = event["time"].as_str().unwrap();
            let shape: String = time
                .chars()
                .map(|c| if c.is_ascii_digit() { '0' } else { c })
                .collect();
            assert_eq!(shape, "0000-00-00T00:00:00.000Z");
        }
    })
    .await;
}

#[tokio::test]
async fn cold_start_is_told_in_order_from_before_the_subscription() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let invocation = Invocation::default().request_id("1");
        let told = told(&emulator, None, life(&emulator, invocation)).await;
        let invocation = [
            "platform.start",
            "function",
            "platform.runtimeDone",
            "platform.report",
        ];
        assert_eq!(kinds(&told), [&INIT[..], &invocation].concat());
        let start = records(&told, "platform.initStart")[0];
        assert_eq!(start["initializationType"], "on-demand");
        assert_eq!(start["phase"], "init");
        assert_eq!(start["functionName"], "my-function");
        assert_eq!(start["functionVersion"], "$LATEST");
        assert_eq!(start["instanceMaxMemory"], 128);
        assert_eq!(
            *records(&told, "platform.telemetrySubscription")[0],
            json!({
                "name": "ext",
                "state": "Subscribed",
                "types": ["platform", "function", "extension"],
            })
        );
        assert_eq!(
            *records(&told, "platform.initRuntimeDone")[0],
            json!({"initializationType": "on-demand", "phase": "init", "status": "success"})
        );
        assert_eq!(
            *records(&told, "platform.extension")[0],
            json!({"name": "ext", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"]})
        );
        let report = records(&told, "platform.initReport")[0];
        assert_eq!(report["status"], "success");
        assert!(report["metrics"]["durationMs"].is_f64(), "{report}");
        assert_eq!(
            *records(&told, "platform.start")[0],
            json!({"requestId": "1", "version": "$LATEST"})
        );
        let report = records(&told, "platform.report")[0];
        assert_eq!(report["status"], "success");
        let metrics = report["metrics"].as_object().unwrap();
        let mut names: Vec<_> = metrics.keys().map(String::as_str).collect();
        names.sort_unstable();
        let expected = [
            "billedDurationMs",
            "durationMs",
            "initDurationMs",
            "maxMemoryUsedMB",
            "memorySizeMB",
        ];
        assert_eq!(names, expected);
        assert_eq!(report["spans"][0]["name"], "extensionOverhead");
    })
    .await;
}

#[tokio::test]
async fn init_duration_is_reported_by_first_invocation_only() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let told = told(&emulator, None, async {
            emulator.invoke(Invocation::default()).await?;
            emulator.invoke(Invocation::default()).await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        });
        let told = told.await;
        let reports = records(&told, "platform.report");
        let init = |report: &&Value| report["metrics"].get("initDurationMs").is_some();
        let told: Vec<_> = reports.iter().map(init).collect();
        assert_eq!(told, [true, false]);
    })
    .await;
}

#[tokio::test]
async fn only_subscribed_types_are_told() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let raw = Raw::of(&emulator);
        let (platform, function) = (Subscriber::start().await, Subscriber::start().await);
        let (mut of_platform, mut of_function) = (platform.subscription(), function.subscription());
        of_platform["types"] = json!(["platform"]);
        of_function["types"] = json!(["function"]);
        let one = emulator.extension("one");
        let two = emulator.extension("two");
        let one = one.run_future(platform.live(&raw, "one", of_platform));
        let two = two.run_future(function.live(&raw, "two", of_function));
        let scenario = life(&emulator, Invocation::default());
        let (platform, function, ()) = tokio::try_join!(one, two, scenario).unwrap();
        let all_of = |kind: &&str| kind.starts_with("platform.");
        assert!(kinds(&platform).iter().all(all_of), "{platform:#?}");
        // The subscriptions and the states of all are everyone's who is told of the platform.
        assert_eq!(
            records(&platform, "platform.telemetrySubscription").len(),
            2
        );
        assert_eq!(records(&platform, "platform.extension").len(), 2);
        assert_eq!(kinds(&function), ["function"]);
    })
    .await;
}

#[tokio::test]
async fn init_within_invocation_is_marked_and_told_first() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let crash = Invocation::default().outcome(Outcome::Crash);
        told(&emulator, None, async {
            emulator.init().await?;
            emulator.invoke(crash).await.map(|_| ())
        })
        .await;
        let told = told(&emulator, None, async {
            emulator.invoke(Invocation::default()).await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        });
        let told = told.await;
        let invocation = ["platform.start", "platform.runtimeDone", "platform.report"];
        assert_eq!(kinds(&told), [&INIT[..], &invocation].concat());
        for kind in [
            "platform.initStart",
            "platform.initRuntimeDone",
            "platform.initReport",
        ] {
            assert_eq!(records(&told, kind)[0]["phase"], "invoke", "{kind}");
        }
    })
    .await;
}

/// The telemetry of an invocation that ends its environment.
async fn told_of(outcome: Outcome) -> Vec<Value> {
    let emulator = Emulator::start().await.unwrap();
    let last = Some((1, "platform.report"));
    let told = told(&emulator, last, async {
        emulator.init().await?;
        let invocation = Invocation::default().request_id("1").outcome(outcome);
        let timeout = std::time::Duration::from_millis(50);
        emulator.invoke(invocation.timeout(timeout)).await?;
        Ok(())
    });
    let mut told = told.await;
    told.drain(..INIT.len());
    let expected = ["platform.start", "platform.runtimeDone", "platform.report"];
    assert_eq!(kinds(&told), expected);
    told
}

#[tokio::test]
async fn timeout_is_told_without_error_type_and_reported_after_shutdown() {
    bounded(async {
        let told = told_of(Outcome::Timeout).await;
        for event in &told[1..] {
            assert_eq!(event["record"]["status"], "timeout");
            assert_eq!(event["record"].get("errorType"), None);
            assert_eq!(event["record"]["requestId"], "1");
        }
        let metrics = &told[1]["record"]["metrics"];
        assert_eq!(metrics["producedBytes"], 0);
        assert_eq!(told[1]["record"].get("spans"), None);
    })
    .await;
}

#[tokio::test]
async fn runtime_crash_is_an_error_with_its_type() {
    bounded(async {
        for event in &told_of(Outcome::Crash).await[1..] {
            assert_eq!(event["record"]["status"], "error");
            assert_eq!(event["record"]["errorType"], "Runtime.ExitError");
        }
    })
    .await;
}

#[tokio::test]
async fn function_error_is_a_success_without_spans() {
    bounded(async {
        for (outcome, spans, bytes) in [(Outcome::Success, 3, 4), (Outcome::Error, 0, 0)] {
            let emulator = Emulator::start().await.unwrap();
            let invocation = Invocation::default().outcome(outcome);
            let told = told(&emulator, None, life(&emulator, invocation)).await;
            let done = records(&told, "platform.runtimeDone")[0];
            assert_eq!(done["status"], "success");
            assert_eq!(done.get("errorType"), None);
            assert_eq!(done["metrics"]["producedBytes"], bytes);
            let found = done.get("spans").and_then(Value::as_array);
            let found: Vec<_> = found.into_iter().flatten().collect();
            assert_eq!(found.len(), spans, "{done}");
        }
    })
    .await;
}

#[tokio::test]
async fn trace_is_in_each_event_of_its_invocation() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let invocation = Invocation::default().trace_header("Root=1-2");
        let told = told(&emulator, None, life(&emulator, invocation)).await;
        let mut spans = Vec::new();
        for kind in ["platform.start", "platform.runtimeDone", "platform.report"] {
            let tracing = &records(&told, kind)[0]["tracing"];
            assert_eq!(tracing["type"], "X-Amzn-Trace-Id");
            assert_eq!(tracing["value"], "Root=1-2");
            spans.push(tracing["spanId"].as_str().unwrap());
        }
        assert_eq!(spans[0].len(), 16);
        assert_eq!(spans, [spans[0]; 3]);
    })
    .await;
}

#[tokio::test]
async fn restore_is_told_before_its_invocation() {
    bounded(async {
        let emulator = started(Emulator::builder().initialization(Initialization::SnapStart));
        let emulator = emulator.await;
        let told = told(&emulator, None, async {
            emulator.init().await?;
            emulator.restore().await?;
            emulator.invoke(Invocation::default()).await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        });
        let told = told.await;
        let after = [
            "platform.restoreStart",
            "platform.restoreRuntimeDone",
            "platform.restoreReport",
            "platform.start",
            "platform.runtimeDone",
            "platform.report",
        ];
        assert_eq!(kinds(&told), [&INIT[..], &after].concat());
        let start = records(&told, "platform.initStart")[0];
        assert_eq!(start["initializationType"], "snap-start");
        let done = records(&told, "platform.restoreRuntimeDone")[0];
        assert_eq!(*done, json!({"status": "success"}));
        let report = records(&told, "platform.restoreReport")[0];
        assert_eq!(report["status"], "success");
        assert!(report["metrics"]["durationMs"].is_number(), "{report}");
    })
    .await;
}

#[tokio::test]
async fn json_lines_are_text_in_oldest_schema_and_objects_in_newer() {
    const LINE: &str = r#"{"level":"INFO","message":"a <line>"}"#;
    bounded(async {
        for (schema, format, structured) in [
            ("2022-07-01", LogFormat::Json, false),
            ("2022-12-13", LogFormat::Json, true),
            ("2025-01-29", LogFormat::Json, true),
            ("2022-12-13", LogFormat::Text, false),
        ] {
            let emulator = started(Emulator::builder().log_format(format)).await;
            let change = ("schemaVersion", json!(schema));
            let invocation = Invocation::default().log(LINE).log("[1]").log("{");
            let scenario = life(&emulator, invocation);
            let told = told_as(&emulator, change, None, scenario).await;
            let text = json!(format!("{LINE}\n"));
            let object = json!({"level": "INFO", "message": "a <line>"});
            let first = if structured { object } else { text };
            let expected = [first, json!("[1]\n"), json!("{\n"), json!("a line\n")];
            let found: Vec<_> = records(&told, "function").into_iter().cloned().collect();
            assert_eq!(found, expected, "{schema} {format:?}");
        }
    })
    .await;
}
