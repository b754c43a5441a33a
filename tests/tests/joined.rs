//! The end of an invocation under the emulator: many invocations, whose telemetry is early, late,
//! twice and never there.

use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::record::What;
use lambda_ext::emulator::{Emulator, Invocation, TelemetryFault};
use lambda_ext_tests::delivery::{Delivery, runtime_done};
use lambda_ext_tests::fake::{self, Fake, bounded};
use lambda_ext_tests::told::{Calls, Ends};

/// Of each kind.
const INVOCATIONS: usize = 250;

/// That many calls of `runtime_done`, each behind its `invoke`.
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

/// Runs the invocations, each after `before`; none may be timed out.
async fn run(timeout: Duration, before: impl Fn(&Emulator)) -> (Emulator, Calls) {
    let emulator = Emulator::builder().keep(100_000).start().await.unwrap();
    let (handler, calls) = Ends::new();
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
    let record = emulator.record();
    assert_eq!(record.forgotten, 0);
    let timed_out = |what: &What| matches!(what, What::TimedOut { .. });
    assert!(!record.steps.iter().any(|step| timed_out(&step.what)));
    (emulator, calls)
}

/// Asserts that in each invocation `next` was asked for after a batch had been delivered, which is
/// after the function had finished.
fn assert_held(emulator: &Emulator) {
    let (mut invoked, mut finished, mut delivered) = (0, false, false);
    for step in emulator.record().steps {
        match step.what {
            What::Receives { .. } => (invoked, finished, delivered) = (invoked + 1, false, false),
            What::RuntimeWaits => finished = true,
            What::Delivered { .. } if finished => delivered = true,
            What::Waits { .. } if invoked > 0 => assert!(delivered, "invocation {invoked}"),
            _ => {}
        }
    }
    assert_eq!(invoked, INVOCATIONS + 1);
}

const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn next_comes_after_the_end_of_each_invocation() {
    bounded(async {
        let (emulator, calls) = run(LONG, |_| {}).await;
        assert_held(&emulator);
        assert_joined(calls);
    })
    .await;
}

#[tokio::test]
async fn next_comes_after_the_end_of_each_invocation_although_that_is_late() {
    bounded(async {
        let late = TelemetryFault::Slow(Duration::from_millis(10));
        let (emulator, calls) = run(LONG, |emulator| {
            emulator.inject_telemetry("ext", late.clone());
        })
        .await;
        assert_held(&emulator);
        assert_joined(calls);
    })
    .await;
}

#[tokio::test]
async fn an_end_that_is_told_twice_is_one_end() {
    bounded(async {
        let (emulator, calls) = run(LONG, |emulator| {
            emulator.inject_telemetry("ext", TelemetryFault::Repeat);
        })
        .await;
        assert_held(&emulator);
        assert_joined(calls);
    })
    .await;
}

#[tokio::test]
async fn an_end_that_is_never_told_times_no_invocation_out() {
    bounded(async {
        let never = TelemetryFault::Slow(Duration::from_secs(3_600));
        let timeout = Duration::from_millis(300);
        let (_, mut calls) = run(timeout, |emulator| {
            emulator.inject_telemetry("ext", never.clone());
        })
        .await;
        assert_eq!(calls.now().as_deref(), Some("init"));
        for number in 0..INVOCATIONS {
            assert_eq!(calls.now(), Some(format!("invoke {number}")));
        }
    })
    .await;
}

#[tokio::test]
async fn an_end_that_is_told_before_its_event_waits_for_it() {
    bounded(async {
        let mut fake = Fake::start().await;
        let builder = lambda_ext::Extension::builder().name("ext");
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
