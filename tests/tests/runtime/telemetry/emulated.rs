//! Extensions with telemetry under the emulator: schemas, protocols, and repeated deliveries.

use lambda_ext::emulator::record::StepKind;
use lambda_ext::emulator::{
    Call, Emulator, EmulatorBuilder, EmulatorError, Initialization, Invocation, TelemetryFault,
    TelemetrySchema,
};
use lambda_ext::telemetry::Protocol;
use lambda_ext::{ExtensionBuilder, ShutdownReason};
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::told::{Batches, Both, Calls};

/// An invocation that prints a line.
async fn prints(emulator: &Emulator, line: &str) -> Result<(), EmulatorError> {
    emulator.invoke(Invocation::default().log(line)).await?;
    Ok(())
}

/// Runs an extension beside a scenario, to its end.
async fn run(
    builder: EmulatorBuilder,
    configure: impl FnOnce(ExtensionBuilder) -> ExtensionBuilder,
    scenario: impl AsyncFnOnce(&Emulator) -> Result<(), EmulatorError>,
) -> (Emulator, Vec<String>) {
    bounded(async {
        let emulator = builder.start().await.unwrap();
        let (handler, calls) = Batches::new();
        let extension = emulator.extension("ext").configure(configure).run(handler);
        let scenario = async {
            scenario(&emulator).await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        };
        tokio::try_join!(extension, scenario).unwrap();
        (emulator, all(calls))
    })
    .await
}

fn all(mut calls: Calls) -> Vec<String> {
    std::iter::from_fn(|| calls.now()).collect()
}

/// The lines that the batches had.
fn lines(calls: &[String]) -> Vec<&str> {
    let words = calls.iter().flat_map(|call| call.split(' '));
    words.filter(|word| word.starts_with("line-")).collect()
}

/// The schemas that were asked for, each with the answer's status.
fn subscriptions(emulator: &Emulator) -> Vec<(String, u16)> {
    let record = emulator.record();
    let requests = record.requests("ext");
    let subscriptions = requests.filter(|request| request.call == Some(Call::Telemetry));
    let schema = |body: &str| {
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        body["schemaVersion"].as_str().unwrap().to_owned()
    };
    subscriptions
        .map(|request| (schema(&request.body), request.status))
        .collect()
}

/// The statuses of all deliveries.
fn answers(emulator: &Emulator) -> Vec<Option<u16>> {
    let steps = emulator.record().steps.into_iter();
    let answer = |what| match what {
        StepKind::Delivered { status, .. } => Some(status),
        _ => None,
    };
    steps.filter_map(|step| answer(step.kind)).collect()
}

#[tokio::test]
async fn two_extensions_both_get_everything() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let (one, one_calls) = Batches::new();
        let (two, two_calls) = Both::new();
        let one = emulator.extension("one").run(one);
        let two = emulator.extension("two").run(two);
        let scenario = async {
            for line in ["line-a", "line-b", "line-c"] {
                prints(&emulator, line).await?;
            }
            emulator.shutdown(ShutdownReason::Spindown).await
        };
        tokio::try_join!(one, two, scenario).unwrap();
        for calls in [all(one_calls), all(two_calls)] {
            assert_eq!(lines(&calls), ["line-a", "line-b", "line-c"]);
        }
        emulator.record().assert_clean();
    })
    .await;
}

#[tokio::test]
async fn newest_accepted_schema_is_used() {
    let cases = [
        (TelemetrySchema::V2025_01_29, vec![("2022-12-13", 200)]),
        (TelemetrySchema::V2022_12_13, vec![("2022-12-13", 200)]),
        (
            TelemetrySchema::V2022_07_01,
            vec![("2022-12-13", 400), ("2022-07-01", 200)],
        ),
    ];
    for (newest, expected) in cases {
        let builder = Emulator::builder().newest_schema(newest);
        let same = |extension| extension;
        let (emulator, calls) = run(builder, same, async |emulator| {
            prints(emulator, "line-a").await
        })
        .await;
        let expected = expected
            .into_iter()
            .map(|(schema, status)| (schema.to_owned(), status));
        assert_eq!(subscriptions(&emulator), expected.collect::<Vec<_>>());
        assert_eq!(lines(&calls), ["line-a"]);
    }
}

#[tokio::test]
async fn managed_instance_uses_its_schema_and_registers_for_shutdown_only() {
    let builder = Emulator::builder().initialization(Initialization::ManagedInstances);
    let same = |extension| extension;
    let (emulator, calls) = run(builder, same, async |emulator| {
        prints(emulator, "line-a").await
    })
    .await;
    assert_eq!(subscriptions(&emulator), [("2025-01-29".to_owned(), 200)]);
    let record = emulator.record();
    let register = record.requests("ext").next().unwrap();
    assert_eq!(register.body, r#"{"events":["SHUTDOWN"]}"#);
    assert_eq!(lines(&calls), ["line-a"]);
    assert_eq!(calls.last().map(String::as_str), Some("shutdown spindown"));
    record.assert_clean();
}

#[tokio::test]
async fn telemetry_over_tcp_is_the_same() {
    let by_tcp = |extension: ExtensionBuilder| extension.telemetry_protocol(Protocol::Tcp);
    let (_, calls) = run(Emulator::builder(), by_tcp, async |emulator| {
        prints(emulator, "line-a").await?;
        prints(emulator, "line-b").await
    })
    .await;
    assert_eq!(lines(&calls), ["line-a", "line-b"]);
}

#[tokio::test]
async fn any_delivery_is_answered_200_and_loses_no_other() {
    let odd: [&[u8]; 7] = [
        b"[]",
        b"",
        b"not json",
        b"[{\"time\":\"2026-03-04T09:15:00.501Z\",\"type\":\"platform.tomorrow\",\"record\":{}}]",
        b"[null,17,{}]",
        b"[{\"type\":\"function\",\"record\":\"\xff\"}]",
        b"{\"type\":\"function\"",
    ];
    let same = |extension| extension;
    let (emulator, calls) = run(Emulator::builder(), same, async |emulator| {
        for body in odd {
            emulator.inject_telemetry("ext", TelemetryFault::Batch(body.to_vec()));
            prints(emulator, "line-good").await?;
        }
        Ok(())
    })
    .await;
    let answers = answers(&emulator);
    assert!(answers.len() >= odd.len(), "{answers:?}");
    assert!(
        answers.iter().all(|status| *status == Some(200)),
        "{answers:?}"
    );
    assert_eq!(lines(&calls), ["line-good"; 7]);
}

#[tokio::test]
async fn repeated_delivery_is_handled_once() {
    let same = |extension| extension;
    let (_, calls) = run(Emulator::builder(), same, async |emulator| {
        for line in ["line-a", "line-b", "line-c"] {
            emulator.inject_telemetry("ext", TelemetryFault::Duplicate);
            prints(emulator, line).await?;
        }
        Ok(())
    })
    .await;
    assert_eq!(lines(&calls), ["line-a", "line-b", "line-c"]);
}
