//! An extension that keeps all telemetry, and prints what it made of it when the environment ends.
//!
//! Only then, because it hears itself.

use lambda_ext::telemetry::OwnedTelemetryEvent;
use lambda_ext::{InvokeEvent, Register, ShutdownEvent, TelemetryBatch, lambda_extension};

#[derive(Default)]
struct Heard {
    invocations: u64,
    events: Vec<OwnedTelemetryEvent>,
    dropped: u64,
}

#[lambda_extension(events = [Invoke, Shutdown], telemetry = [Platform, Function, Extension])]
impl Heard {
    async fn init(&mut self, _: Register) {
        println!("listening");
    }

    async fn invoke(&mut self, _: InvokeEvent) {
        self.invocations += 1;
    }

    async fn telemetry(&mut self, batch: TelemetryBatch) {
        self.events.extend(batch.iter().map(Into::into));
        self.dropped += batch.dropped().records;
    }

    async fn shutdown(&mut self, event: ShutdownEvent) {
        for event in &self.events {
            let event = event.event();
            // Where it was not understood, that is the text as it came.
            println!(
                "heard {} {} {:?}",
                event.time,
                event.record.kind(),
                event.record
            );
        }
        let Self {
            invocations,
            dropped,
            ..
        } = self;
        let reason = event.shutdown_reason;
        println!("{reason:?} after {invocations} invocations, {dropped} events dropped");
    }
}
