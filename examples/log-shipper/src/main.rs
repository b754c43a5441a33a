//! Ships what the function prints, and what the platform tells of it, to an HTTP endpoint.

mod config;
mod pending;
mod row;
mod sink;

use std::time::Duration;

use lambda_ext::{
    Deadline, Error, InvokeEvent, Register, RuntimeDone, ShutdownEvent, TelemetryBatch,
    lambda_extension,
};

use self::config::Config;
use self::pending::Pending;
use self::row::Rows;
use self::sink::Sink;

/// How much may wait for the end of an invocation, in bytes.
const ENOUGH: usize = 512 << 10;

/// What is left of the time to a deadline: by it the framework has gone on.
const MARGIN: Duration = Duration::from_millis(250);

/// The most that `telemetry` takes, so that it need not be cut: its rows would count as dropped.
const BESIDE: Duration = Duration::from_millis(400);

/// The time for the end where the platform does not tell it.
const END: Duration = Duration::from_secs(1);

struct LogShipper {
    rows: Rows,
    pending: Pending,
    sink: Sink,
    /// The most that the end of an invocation is delayed.
    budget: Duration,
    deadline: Option<Deadline>,
    /// The most that `telemetry` takes here: an event waits for it for a quarter of its time.
    beside: Duration,
    /// Whether invocations have ends to wait for.
    has_ends: bool,
}

// An invocation is held for as long as the platform collects, so it is to collect for the least time.
// And no log is worth the function.
#[lambda_extension(telemetry = [Platform, Function], buffering(timeout_ms = 25), fail_open)]
impl LogShipper {
    async fn init(register: Register) -> Result<Self, Error> {
        let config = Config::read(|name| std::env::var(name).ok())?;
        Ok(Self::new(config, &register.function_name))
    }

    async fn invoke(&mut self, event: InvokeEvent) {
        let deadline = Deadline::from(event.deadline());
        self.deadline = (!deadline.time_left().is_zero()).then_some(deadline);
        if self.deadline.is_some() {
            self.beside = deadline.share(0.2).min(BESIDE);
        }
    }

    /// What was kept open is closed by now at the other end.
    async fn thawed(&mut self, _frozen_for: Duration) {
        self.sink.reconnect();
    }

    async fn telemetry(&mut self, batch: TelemetryBatch) {
        for row in self.rows.of(&batch) {
            self.pending.push(row);
        }
        if !self.has_ends || self.pending.bytes() >= ENOUGH {
            self.send(self.beside).await;
        }
    }

    async fn runtime_done(&mut self, _done: RuntimeDone) {
        self.send(self.budget).await;
    }

    async fn shutdown(&mut self, event: ShutdownEvent) {
        let end = Deadline::from(event.deadline()).or_in(END + MARGIN);
        let budget = end.earlier(MARGIN).time_left();
        self.sink.send_last(&mut self.pending, budget).await;
    }

    async fn send(&mut self, most: Duration) {
        let left = self.deadline.map(|it| it.earlier(MARGIN).time_left());
        let budget = self.budget.min(most).min(left.unwrap_or(most));
        self.sink.send(&mut self.pending, budget).await;
    }

    fn new(config: Config, function: &str) -> Self {
        Self {
            rows: Rows::new(config.managed),
            pending: Pending::new(function),
            budget: config.budget,
            deadline: None,
            beside: BESIDE,
            has_ends: !config.managed,
            sink: Sink::new(config),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, LogShipper};
    use lambda_ext::emulator::{Emulator, Invocation};

    #[tokio::test]
    async fn keeps_what_cannot_be_sent_and_harms_nobody() -> Result<(), lambda_ext::Error> {
        // Nobody listens there.
        let nowhere =
            |name: &str| (name == "LOG_ENDPOINT").then(|| "http://127.0.0.1:1".to_owned());
        let shipper = LogShipper::new(Config::read(nowhere)?, "orders");

        let emulator = Emulator::start().await?;
        let extension = emulator.extension("log-shipper").run(shipper);
        let invocation = Invocation::default()
            .request_id("8d2f")
            .log("order 17 is refused");
        let shipper = emulator
            .drive(extension, emulator.invoke(invocation))
            .await?;

        emulator.record().assert_clean();
        let body = shipper.pending.body(usize::MAX).text;
        assert!(
            body.contains(r#""request_id":"8d2f","message":"order 17 is refused"}"#),
            "{body}"
        );
        Ok(())
    }
}
