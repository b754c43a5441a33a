//! The event loop holds `next` until the end of the invocation is handled, within a time limit.

use std::time::Duration;

use lambda_ext::emulator::{Emulator, Invocation, Outcome};
use lambda_ext::{
    Config, Error, EventType, Handler, InvokeEvent, Method, RunError, RuntimeDone, ShutdownEvent,
};
use lambda_ext_tests::delivery::{Delivery, line, report, runtime_done};
use lambda_ext_tests::fake::{self, bounded};
use lambda_ext_tests::told::{
    Both, Ends, LONG, nothing_is_asked, nothing_is_called, play, subscribed,
};

/// A timeout so short that holding ends before the next step of the test.
const SOON: Duration = Duration::from_millis(250);

#[tokio::test]
async fn runtime_done_alone_subscribes_to_platform_with_short_buffering() {
    let (handler, mut calls) = Ends::new();
    let outcome = play(handler, async |fake| {
        fake.expect(fake::REGISTER).await.registered();
        let request = fake.expect(fake::TELEMETRY).await;
        let body = request.json();
        assert_eq!(body["types"], serde_json::json!(["platform"]));
        assert_eq!(body["buffering"], serde_json::json!({"timeoutMs": 25}));
        let delivery = Delivery::of(&request);
        request.subscribed();
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        calls.expect(&["init", "invoke 1"]).await;
        delivery.send(&[runtime_done("1")]).await;
        // Without `telemetry` the batches stay with the framework.
        calls.expect(&["runtime_done 1"]).await;
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
    calls.expect(&["shutdown spindown"]).await;
}

#[tokio::test]
async fn next_waits_until_the_end_is_handled() {
    let (handler, mut calls) = Both::new();
    let done = handler.waits.next("runtime_done");
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        calls.expect(&["init", "invoke 1"]).await;
        delivery.send(&[line("a")]).await;
        calls.expect(&["telemetry a"]).await;
        nothing_is_asked(fake).await;
        delivery.send(&[line("b"), runtime_done("1")]).await;
        // The records that arrived with the end are handled before it.
        calls
            .expect(&["telemetry b end-of-1", "runtime_done 1"])
            .await;
        nothing_is_asked(fake).await;
        drop(done);
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn early_end_waits_for_its_event() {
    let (handler, mut calls) = Ends::new();
    let invoke = handler.waits.next("invoke");
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        let next = fake.expect(fake::NEXT).await;
        delivery.send(&[runtime_done("1")]).await;
        calls.expect(&["init"]).await;
        nothing_is_called(&mut calls).await;
        next.invoke_for("1", LONG);
        calls.expect(&["invoke 1"]).await;
        nothing_is_called(&mut calls).await;
        drop(invoke);
        calls.expect(&["runtime_done 1"]).await;
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn repeated_end_is_handled_once() {
    let (handler, mut calls) = Ends::new();
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        delivery.send(&[runtime_done("1")]).await;
        calls.expect(&["init", "invoke 1", "runtime_done 1"]).await;
        let next = fake.expect(fake::NEXT).await;
        // The same batch again, and the same event in another batch.
        delivery.send(&[runtime_done("1")]).await;
        delivery.send(&[line("a"), runtime_done("1")]).await;
        next.invoke_for("2", LONG);
        delivery.send(&[runtime_done("2")]).await;
        calls.expect(&["invoke 2", "runtime_done 2"]).await;
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
    calls.expect(&["shutdown spindown"]).await;
}

#[tokio::test]
async fn end_has_the_previous_report() {
    let (handler, mut calls) = Ends::new();
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        delivery.send(&[runtime_done("1")]).await;
        calls.expect(&["init", "invoke 1", "runtime_done 1"]).await;
        fake.expect(fake::NEXT).await.invoke_for("2", LONG);
        delivery.send(&[report("1"), runtime_done("2")]).await;
        calls
            .expect(&["invoke 2", "runtime_done 2 after-report-of-1"])
            .await;
        fake.expect(fake::NEXT).await.invoke_for("3", LONG);
        delivery.send(&[runtime_done("3")]).await;
        calls.expect(&["invoke 3", "runtime_done 3"]).await;
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn missing_end_stops_holding_until_ends_arrive() {
    let (handler, mut calls) = Ends::new();
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", SOON);
        fake.expect(fake::NEXT).await.invoke_for("2", LONG);
        fake.expect(fake::NEXT).await.invoke_for("3", LONG);
        let next = fake.expect(fake::NEXT).await;
        calls
            .expect(&["init", "invoke 1", "invoke 2", "invoke 3"])
            .await;
        // Later events are still handled.
        delivery.send(&[runtime_done("2"), runtime_done("3")]).await;
        calls.expect(&["runtime_done 2", "runtime_done 3"]).await;
        next.invoke_for("4", LONG);
        calls.expect(&["invoke 4"]).await;
        nothing_is_asked(fake).await;
        delivery.send(&[runtime_done("4")]).await;
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn end_of_earlier_attempt_does_not_end_the_retry() {
    let (handler, mut calls) = Ends::new();
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        delivery.send(&[runtime_done("1")]).await;
        calls.expect(&["init", "invoke 1", "runtime_done 1"]).await;
        fake.expect(fake::NEXT).await.invoke_for("1", SOON);
        fake.expect(fake::NEXT).await.invoke_for("2", LONG);
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn two_late_ends_in_a_row_stop_holding_for_good() {
    let (handler, mut calls) = Ends::new();
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        let mut next = fake.expect(fake::NEXT).await;
        calls.expect(&["init"]).await;
        for (late, then) in [("1", "2"), ("3", "4")] {
            next.invoke_for(late, SOON);
            fake.expect(fake::NEXT).await.invoke_for(then, LONG);
            calls
                .expect(&[&format!("invoke {late}"), &format!("invoke {then}")])
                .await;
            next = fake.expect(fake::NEXT).await;
            delivery.send(&[runtime_done(late)]).await;
            calls.expect(&[&format!("runtime_done {late}")]).await;
        }
        next.invoke_for("5", LONG);
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn end_that_waits_for_the_handler_counts_as_timely() {
    let (handler, mut calls) = Both::new();
    let _never = handler.waits.next("telemetry");
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", SOON);
        delivery.send(&[line("a")]).await;
        calls.expect(&["init", "invoke 1", "telemetry a"]).await;
        delivery.send(&[runtime_done("1")]).await;
        fake.expect(fake::NEXT).await.invoke_for("2", LONG);
        calls
            .expect(&["invoke 2", "telemetry end-of-1 dropped 1"])
            .await;
        calls.expect(&["runtime_done 1"]).await;
        nothing_is_asked(fake).await;
        delivery.send(&[runtime_done("2")]).await;
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn late_end_before_next_event_keeps_holding() {
    let (handler, mut calls) = Ends::new();
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", SOON);
        let next = fake.expect(fake::NEXT).await;
        delivery.send(&[runtime_done("1")]).await;
        calls.expect(&["init", "invoke 1", "runtime_done 1"]).await;
        next.invoke_for("2", LONG);
        calls.expect(&["invoke 2"]).await;
        nothing_is_asked(fake).await;
        delivery.send(&[runtime_done("2")]).await;
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn holding_ends_before_the_deadline() {
    let (handler, mut calls) = Ends::new();
    let done = handler.waits.next("runtime_done");
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", SOON);
        delivery.send(&[runtime_done("1")]).await;
        calls.expect(&["init", "invoke 1", "runtime_done 1"]).await;
        let next = fake.expect(fake::NEXT).await;
        drop(done);
        next.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn event_waits_for_a_handled_end_within_its_budget() {
    let (handler, mut calls) = Ends::new();
    let _never = handler.waits.next("runtime_done");
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", SOON);
        delivery.send(&[runtime_done("1")]).await;
        calls.expect(&["init", "invoke 1", "runtime_done 1"]).await;
        fake.expect(fake::NEXT).await.invoke_for("2", SOON);
        calls.expect(&["invoke 2"]).await;
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn missing_deadline_disables_holding() {
    let (handler, mut calls) = Ends::new();
    let outcome = play(handler, async |fake| {
        subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke("1");
        fake.expect(fake::NEXT).await.invoke("2");
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
    calls
        .expect(&["init", "invoke 1", "invoke 2", "shutdown spindown"])
        .await;
}

#[tokio::test]
async fn end_of_timed_out_invocation_is_handled_before_shutdown() {
    let (handler, mut calls) = Ends::new();
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", SOON);
        fake.expect(fake::NEXT).await.shutdown_in(LONG);
        calls.expect(&["init", "invoke 1"]).await;
        delivery.send(&[runtime_done("1")]).await;
    });
    outcome.await.unwrap();
    calls.expect(&["runtime_done 1", "shutdown timeout"]).await;
}

#[tokio::test]
async fn end_of_lost_event_is_handled_before_shutdown() {
    let (handler, mut calls) = Ends::new();
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        let next = fake.expect(fake::NEXT).await;
        delivery.send(&[runtime_done("1")]).await;
        calls.expect(&["init"]).await;
        nothing_is_called(&mut calls).await;
        next.shutdown();
    });
    outcome.await.unwrap();
    calls.expect(&["runtime_done 1", "shutdown spindown"]).await;
}

#[tokio::test]
async fn failed_runtime_done_is_an_exit_error() {
    let (mut handler, _) = Ends::new();
    handler.fails = "runtime_done";
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        delivery.send(&[runtime_done("1")]).await;
        let request = fake.expect(fake::EXIT_ERROR).await;
        let error_type = request.header("lambda-extension-function-error-type");
        assert_eq!(error_type, "Extension.RuntimeDoneFailed");
        request.accepted();
    });
    let method = match outcome.await.unwrap_err() {
        RunError::Failed { method, .. } => method,
        other => panic!("{other}"),
    };
    assert_eq!(method, Method::RuntimeDone);
}

/// The deadlines of what it was told, in order.
#[derive(Default)]
struct Deadlines {
    events: Vec<u64>,
    ends: Vec<u64>,
}

impl Handler for Deadlines {
    const CONFIG: Config = Config::new(&[EventType::Invoke, EventType::Shutdown]).runtime_done();

    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        self.events.push(event.deadline_ms);
        Ok(())
    }

    async fn runtime_done(&mut self, done: RuntimeDone) -> Result<(), Error> {
        self.ends.push(done.deadline_ms);
        Ok(())
    }

    async fn shutdown(&mut self, event: ShutdownEvent) -> Result<(), Error> {
        self.events.push(event.deadline_ms);
        Ok(())
    }
}

#[tokio::test]
async fn end_has_the_deadline_of_its_event() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let extension = emulator.extension("ext").run(Deadlines::default());
        let scenario = async {
            emulator.invoke(Invocation::default()).await?;
            let second = Duration::from_secs(1);
            let timeout = Invocation::default().timeout(second);
            // Its end is told straight before SHUTDOWN, or in it.
            emulator.invoke(timeout.outcome(Outcome::Timeout)).await?;
            Ok::<_, Error>(())
        };
        let deadlines = emulator.drive(extension, scenario).await.unwrap();
        let ([first, second, shutdown], [one, other]) =
            (&deadlines.events[..], &deadlines.ends[..])
        else {
            panic!("{:?} {:?}", deadlines.events, deadlines.ends);
        };
        assert_eq!(one, first);
        assert!([second, shutdown].contains(&other), "{other}");
    })
    .await;
}

/// A process beside the extension may send them to its port.
#[tokio::test]
async fn made_up_ends_do_not_delay_next() {
    for batches in [1, 200] {
        let (handler, mut calls) = Ends::new();
        let invoke = handler.waits.next("invoke");
        let outcome = play(handler, async |fake| {
            let delivery = subscribed(fake).await;
            fake.expect(fake::NEXT).await.invoke_for("1", LONG);
            calls.expect(&["init", "invoke 1"]).await;
            let made_up = |number| runtime_done(&format!("made up {number}"));
            let ends: Vec<_> = std::iter::once(runtime_done("1"))
                .chain((0..200).map(made_up))
                .collect();
            for batch in ends.chunks(ends.len().div_ceil(batches)) {
                delivery.send(batch).await;
            }
            drop(invoke);
            calls.expect(&["runtime_done 1"]).await;
            fake.expect(fake::NEXT).await.shutdown();
        });
        outcome.await.unwrap();
    }
}
