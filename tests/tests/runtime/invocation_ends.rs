//! Hundreds of invocations under the emulator whose `runtimeDone` records are early, late,
//! repeated, or lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lambda_ext::emulator::record::{Step, StepKind};
use lambda_ext::emulator::{Emulator, Invocation, TelemetryFault};
use lambda_ext::{EventType, Extension, ShutdownReason};
use lambda_ext_tests::delivery::{Delivery, runtime_done};
use lambda_ext_tests::fake::{self, Fake, bounded};
use lambda_ext_tests::told::{Calls, Ends};

/// The number of invocations in each run.
const INVOCATIONS: usize = 250;

/// Asserts the number of calls of `runtime_done`, each after its `invoke`.
fn assert_joined(mut calls: Calls) {
    assert_eq!(calls.now().as_deref(), Some("init"));
    for number in 0..INVOCATIONS {
        assert_eq!(calls.now(), Some(format!("invoke {number}")));
        let done = calls.now().unwrap_or_default();
        let expected = format!("runtime_done {number}");
        assert!(
            done == expected || done.starts_with(&format!("{expected} ")),
            "{done}"
        );
    }
    assert_eq!(calls.now().as_deref(), Some("shutdown spindown"));
    assert_eq!(calls.now(), None);
}

/// The outcome of a run.
struct Run {
    calls: Calls,
    /// The number of calls of `next` before the end of the invocation was handled.
    unheld: usize,
}

/// Runs the invocations, each after `before`; none may be timed out.
async fn run(timeout: Duration, before: impl Fn(&Emulator)) -> Run {
    let (handler, calls) = Ends::new();
    let (ends, invoked) = (handler.ends.clone(), AtomicUsize::new(0));
    let unheld = Arc::new(AtomicUsize::new(0));
    let count = unheld.clone();
    let observe = move |step: &Step| match step.kind {
        StepKind::Receives {
            event: EventType::Invoke,
            ..
        } => drop(invoked.fetch_add(1, Ordering::Relaxed)),
        StepKind::Waits { .. }
            if ends.load(Ordering::Relaxed) < invoked.load(Ordering::Relaxed) =>
        {
            count.fetch_add(1, Ordering::Relaxed);
        }
        _ => {}
    };
    let emulator = Emulator::builder().on_step(observe).start().await.unwrap();
    let extension = emulator.extension("ext").run(handler);
    let scenario = async {
        for number in 0..INVOCATIONS {
            before(&emulator);
            let invocation = Invocation::default().request_id(number.to_string());
            emulator.invoke(invocation.timeout(timeout)).await?;
        }
        emulator.shutdown(ShutdownReason::Spindown).await
    };
    tokio::try_join!(extension, scenario).unwrap();
    let timed_out = |step: &Step| matches!(step.kind, StepKind::TimedOut { .. });
    assert!(!emulator.record().steps.iter().any(timed_out));
    let unheld = unheld.load(Ordering::Relaxed);
    Run { calls, unheld }
}

const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn next_follows_the_end_of_each_invocation() {
    bounded(async {
        let run = run(LONG, |_| {}).await;
        assert_eq!(run.unheld, 0);
        assert_joined(run.calls);
    })
    .await;
}

#[tokio::test]
async fn next_follows_a_late_end() {
    bounded(async {
        let late = TelemetryFault::Slow(Duration::from_millis(10));
        let run = run(LONG, |emulator| {
            emulator.inject_telemetry("ext", late.clone());
        })
        .await;
        assert_eq!(run.unheld, 0);
        assert_joined(run.calls);
    })
    .await;
}

#[tokio::test]
async fn repeated_end_is_handled_once() {
    bounded(async {
        let run = run(LONG, |emulator| {
            emulator.inject_telemetry("ext", TelemetryFault::Duplicate);
        })
        .await;
        assert_eq!(run.unheld, 0);
        assert_joined(run.calls);
    })
    .await;
}

#[tokio::test]
async fn lost_end_times_no_invocation_out() {
    bounded(async {
        let never = TelemetryFault::Slow(Duration::from_secs(3_600));
        let timeout = Duration::from_millis(300);
        let run = run(timeout, |emulator| {
            emulator.inject_telemetry("ext", never.clone());
        })
        .await;
        let mut calls = run.calls;
        let mut invoked = 0;
        while let Some(call) = calls.now() {
            if call.starts_with("invoke") {
                assert_eq!(call, format!("invoke {invoked}"));
                invoked += 1;
            }
        }
        assert_eq!(invoked, INVOCATIONS);
        // The first batches came before the subscriber was taken for a slow one.
        assert!(run.unheld > INVOCATIONS - 5, "{}", run.unheld);
    })
    .await;
}

#[tokio::test]
async fn early_end_waits_for_its_event() {
    bounded(async {
        let mut fake = Fake::start().await;
        let builder = Extension::builder().name("ext");
        let extension = builder.runtime_api(fake.runtime_api()).build().unwrap();
        let (handler, calls) = Ends::new();
        let platform = async {
            fake.expect(fake::REGISTER).await.registered();
            let request = fake.expect(fake::TELEMETRY).await;
            let delivery = Delivery::of(&request);
            request.subscribed();
            for number in 0..INVOCATIONS {
                let next = fake.expect(fake::NEXT).await;
                delivery.send(&[runtime_done(&number.to_string())]).await;
                next.invoke_for(&number.to_string(), LONG);
            }
            fake.expect(fake::NEXT).await.shutdown();
        };
        tokio::join!(extension.run(handler), platform).0.unwrap();
        assert_joined(calls);
    })
    .await;
}
