//! Makes traces of what the platform tells of invocations, and exports them by OTLP.

mod client;
mod export;
mod piece;
mod traces;

use std::env;
use std::time::Duration;

use lambda_ext::{
    Deadline, Error, InvokeEvent, Register, RuntimeDone, ShutdownEvent, TelemetryBatch,
    lambda_extension,
};

use self::export::Exporter;
use self::traces::Traces;

/// The most that the end of an invocation is delayed, where no variable says otherwise.
const BUDGET: Duration = Duration::from_millis(500);

/// What is left of the time to a deadline: by it the framework has gone on.
const MARGIN: Duration = Duration::from_millis(250);

/// The most that `telemetry` takes, so that it need not be cut.
const BESIDE: Duration = Duration::from_millis(400);

/// The time for the end where the platform does not tell it.
const END: Duration = Duration::from_secs(1);

struct OtelExporter {
    traces: Traces,
    exporter: Exporter,
    budget: Duration,
    /// Whether this is a Managed Instance, where invocations overlap, and reports are their ends.
    managed: bool,
}

// Not `Extension`, which an exporter has no use for. And no trace is worth the function: an `Err` is a
// line on stderr, once a minute at most.
#[lambda_extension(telemetry = [Platform], fail_open)]
impl OtelExporter {
    async fn init(register: Register) -> Result<Self, Error> {
        let exporter = Exporter::new(&register)?;
        let kind = env::var("AWS_LAMBDA_INITIALIZATION_TYPE");
        let managed = kind.is_ok_and(|kind| kind == "lambda-managed-instances");
        Ok(Self {
            traces: Traces::new(exporter.tracer(), register, managed),
            exporter,
            // OpenTelemetry's own default of 10 s would be the function's time.
            budget: export::set("TIMEOUT")
                .and_then(|millis| millis.parse().ok())
                .map_or(BUDGET, Duration::from_millis),
            managed,
        })
    }

    async fn invoke(&mut self, event: InvokeEvent) {
        self.traces.invoked(event);
    }

    /// What was kept open is closed by now at the other end.
    async fn thawed(&mut self, _frozen_for: Duration) {
        self.exporter.reconnect();
    }

    async fn telemetry(&mut self, batch: TelemetryBatch) -> Result<(), Error> {
        for event in &batch {
            self.traces.told(&event);
        }
        if self.managed {
            self.exporter.send(self.budget.min(BESIDE)).await?;
        }
        match batch.dropped().records {
            0 => Ok(()),
            lost => Err(format!("{lost} records were not received: spans may be missing").into()),
        }
    }

    async fn runtime_done(&mut self, done: RuntimeDone) -> Result<(), Error> {
        self.traces.done(&done);
        let end = Deadline::from(done.deadline()).or_in(self.budget + MARGIN);
        let left = end.earlier(MARGIN).time_left();
        self.exporter.send(self.budget.min(left)).await
    }

    async fn shutdown(&mut self, event: ShutdownEvent) -> Result<(), Error> {
        let end = Deadline::from(event.deadline()).or_in(END + MARGIN);
        self.exporter
            .send_last(end.earlier(MARGIN).time_left())
            .await
    }
}
