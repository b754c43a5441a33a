//! Handlers that block the thread of the event loop: the listener still gets its turn.

use std::thread::sleep;
use std::time::Duration;

use lambda_ext::{
    Config, Error, EventType, Handler, InvokeEvent, Register, ShutdownEvent, TelemetryBatch,
    TelemetryType,
};
use lambda_ext_tests::delivery::line;
use lambda_ext_tests::fake;
use lambda_ext_tests::told::{Batches, LONG, play, subscribed};
use tokio::sync::oneshot;

/// The number of batches that are queued before the handler runs.
const MANY: usize = 100;

/// Blocks the thread wherever it is called.
#[derive(Default)]
struct Busy {
    init: Duration,
    /// The signal that `invoke` waits for.
    invoke: Option<oneshot::Receiver<()>>,
    telemetry: Duration,
    handled: usize,
    shut_down: bool,
}

impl Handler for Busy {
    const CONFIG: Config = Config::new(&[EventType::Invoke, EventType::Shutdown])
        .telemetry(&[TelemetryType::Function]);

    async fn init(&mut self, _: Register) -> Result<(), Error> {
        sleep(self.init);
        Ok(())
    }

    async fn invoke(&mut self, _: InvokeEvent) -> Result<(), Error> {
        if let Some(wait) = self.invoke.take() {
            let _ = wait.await;
        }
        Ok(())
    }

    async fn telemetry(&mut self, _: TelemetryBatch) -> Result<(), Error> {
        sleep(self.telemetry);
        self.handled += 1;
        Ok(())
    }

    async fn shutdown(&mut self, _: ShutdownEvent) -> Result<(), Error> {
        self.shut_down = true;
        Ok(())
    }
}

#[tokio::test]
async fn next_is_called_before_all_queued_batches_are_handled() {
    let (handler, mut calls) = Batches::new();
    let invoke = handler.waits.next("invoke");
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        calls.expect(&["init", "invoke 1"]).await;
        for number in 0..MANY {
            delivery.send(&[line(&number.to_string())]).await;
        }
        drop(invoke);
        let next = fake.expect(fake::NEXT).await;
        let so_far = std::iter::from_fn(|| calls.now()).count();
        assert!(so_far < MANY, "all are handled");
        next.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn drain_of_blocking_batches_ends_at_its_budget() {
    let (queued, invoke) = oneshot::channel();
    let handler = Busy {
        invoke: Some(invoke),
        telemetry: Duration::from_millis(20),
        ..Busy::default()
    };
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        for number in 0..MANY {
            delivery.send(&[line(&number.to_string())]).await;
        }
        drop(queued);
        let next = fake.expect(fake::NEXT).await;
        next.shutdown_in(Duration::from_millis(500));
    });
    let handler = outcome.await.unwrap();
    assert!(handler.handled < MANY);
    assert!(handler.shut_down);
}

#[tokio::test]
async fn blocking_init_does_not_fail_the_subscription() {
    let handler = Busy {
        init: Duration::from_millis(5_200),
        ..Busy::default()
    };
    let outcome = play(handler, async |fake| {
        subscribed(fake).await;
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}
