//! Extensions that others write, with other means, run under our emulator.

use std::path::Path;

use lambda_ext::emulator::record::What;
use lambda_ext::emulator::{Call, Emulator, EmulatorError, Invocation, Record};
use lambda_ext::{EventType, ShutdownReason};
use lambda_ext_tests::built;
use lambda_ext_tests::fake::bounded;

const INVOCATIONS: usize = 3;

/// Its whole life: init, invocations, SHUTDOWN.
async fn live(executable: &Path, env: &[(&str, &str)]) -> (Result<(), EmulatorError>, Record) {
    bounded(async {
        let builder = Emulator::builder();
        let builder = env
            .iter()
            .fold(builder, |builder, (key, value)| builder.env(key, value));
        let emulator = builder.start().await.unwrap();
        emulator.launch(executable).unwrap();
        let scenario = async {
            emulator.init().await?;
            for _ in 0..INVOCATIONS {
                emulator.invoke(Invocation::default()).await?;
            }
            emulator.shutdown(ShutdownReason::Spindown).await
        };
        let outcome = scenario.await;
        (outcome, emulator.record())
    })
    .await
}

/// The events that were handed out, in order.
fn events(record: &Record) -> Vec<EventType> {
    let event = |what: &What| match what {
        What::Receives { event, .. } => Some(*event),
        _ => None,
    };
    let steps = record.steps.iter();
    steps.filter_map(|step| event(&step.what)).collect()
}

/// It was handed every event, and nothing that it asked for was refused.
#[track_caller]
fn took_every_event(record: &Record, name: &str) {
    let mut expected = vec![EventType::Invoke; INVOCATIONS];
    expected.push(EventType::Shutdown);
    assert_eq!(events(record), expected, "{record}");
    let refused = record.requests(name).find(|request| request.status >= 400);
    assert_eq!(refused, None, "{record}");
}

#[tokio::test]
async fn the_simple_extension_of_lambda_extension_is_killed_at_its_deadline() {
    let name = "lambda-extension-readme";
    let (outcome, record) = live(&built::rust_peer(name), &[]).await;
    let extension = name.to_owned();
    assert_eq!(outcome, Err(EmulatorError::ShutdownFailed { extension }));
    took_every_event(&record, name);
    assert_eq!(record.exits(name), [None], "{record}");
    // What it does instead of leaving.
    assert_eq!(record.calls(name).last(), Some(&Call::Next), "{record}");
}

#[tokio::test]
async fn the_same_with_an_exit_behaves() {
    let name = "lambda-extension-exits";
    let (outcome, record) = live(&built::rust_peer(name), &[]).await;
    assert_eq!(outcome, Ok(()), "{record}");
    took_every_event(&record, name);
    assert_eq!(record.exits(name), [Some(0)], "{record}");
}

#[tokio::test]
async fn an_extension_in_plain_python_behaves() {
    let name = "python_extension.py";
    let here = [("TELEMETRY_ADDRESS", "127.0.0.1")];
    let (outcome, record) = live(&built::python_peer(), &here).await;
    assert_eq!(outcome, Ok(()), "{record}");
    took_every_event(&record, name);
    assert_eq!(record.exits(name), [Some(0)], "{record}");
    let told = record.output(name);
    let told = told.filter(|line| line.starts_with("invocation "));
    assert_eq!(told.count(), INVOCATIONS, "{record}");
    // Its subscription was answered, in one way or the other.
    let answered = ["subscribed", "no telemetry here"];
    let first = record.output(name).next().unwrap_or_default();
    assert!(answered.contains(&first), "{record}");
}
