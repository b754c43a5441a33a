//! Extensions that are written without `lambda-ext`, under our emulator. Their sources are in
//! `tests/peers`.

use std::net::TcpListener;
use std::path::Path;

use lambda_ext::emulator::record::{Step, StepKind};
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
        let emulator = builder.executable(executable).start().await.unwrap();
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
    let event = |what: &StepKind| match what {
        StepKind::Receives { event, .. } => Some(*event),
        _ => None,
    };
    let steps = record.steps.iter();
    steps.filter_map(|step| event(&step.kind)).collect()
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

/// The number of records of a type that it prints.
fn records(record: &Record, name: &str, kind: &str) -> usize {
    let counts = record.output(name).filter_map(|line| {
        let (found, count) = line.strip_prefix("record ")?.split_once(' ')?;
        (found == kind).then_some(count)
    });
    counts.map(|count| count.parse::<usize>().unwrap()).sum()
}

/// It subscribed before its first next, and got what the platform tells of each invocation.
#[track_caller]
fn took_telemetry(record: &Record, name: &str) {
    let calls = record.calls(name);
    assert_eq!(calls[..2], [Call::Register, Call::Telemetry], "{record}");
    for kind in ["platform.start", "platform.runtimeDone"] {
        assert_eq!(records(record, name, kind), INVOCATIONS, "{kind}\n{record}");
    }
    // Its last lines may arrive after its exit.
    let leaves = |step: &&Step| {
        let event = EventType::Shutdown;
        !matches!(step.kind, StepKind::Receives { event: found, .. } if found == event)
    };
    let steps = record.steps.iter().take_while(leaves);
    let failed = steps.into_iter().find(|step| match &step.kind {
        StepKind::Delivered { error, .. } => error.is_some(),
        StepKind::Dropped { .. } => true,
        _ => false,
    });
    assert_eq!(failed, None, "{record}");
}

#[tokio::test]
async fn lambda_extension_example_is_killed_at_its_deadline() {
    let name = "lambda-extension-readme";
    let (outcome, record) = live(&built::rust_peer(name), &[]).await;
    assert!(
        matches!(&outcome, Err(EmulatorError::ShutdownFailed { extension }) if extension == name),
        "{record}"
    );
    took_every_event(&record, name);
    assert_eq!(record.exits(name), [None], "{record}");
    // What it does instead of leaving.
    assert_eq!(record.calls(name).last(), Some(&Call::Next), "{record}");
}

#[tokio::test]
async fn lambda_extension_example_with_exit_behaves() {
    let name = "lambda-extension-exits";
    let (outcome, record) = live(&built::rust_peer(name), &[]).await;
    assert!(outcome.is_ok(), "{record}");
    took_every_event(&record, name);
    assert_eq!(record.exits(name), [Some(0)], "{record}");
}

#[tokio::test]
async fn plain_python_extension_behaves() {
    let name = "python_extension.py";
    let here = [("TELEMETRY_ADDRESS", "127.0.0.1")];
    let (outcome, record) = live(&built::python_peer(), &here).await;
    assert!(outcome.is_ok(), "{record}");
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

#[tokio::test]
async fn plain_python_extension_gets_telemetry_of_every_invocation() {
    let name = "python_extension.py";
    let here = [("TELEMETRY_ADDRESS", "127.0.0.1")];
    let (outcome, record) = live(&built::python_peer(), &here).await;
    assert!(outcome.is_ok(), "{record}");
    took_telemetry(&record, name);
    // What it has said itself until then.
    let extension = records(&record, name, "extension");
    assert!(extension >= INVOCATIONS, "{record}");
}

#[tokio::test]
async fn lambda_extension_processor_gets_telemetry_of_every_invocation() {
    let name = "lambda-extension-telemetry";
    let peer = built::rust_peer(name);
    // The crate cannot say which port it got, so it must be told one. Not one of those that the
    // system hands out: it may hand it out again before the crate listens.
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let port = (9003..10_000).find(free).unwrap().to_string();
    let (outcome, record) = live(&peer, &[("TELEMETRY_PORT", &port)]).await;
    assert!(outcome.is_ok(), "{record}");
    took_every_event(&record, name);
    took_telemetry(&record, name);
    assert_eq!(record.exits(name), [Some(0)], "{record}");
}
