//! An extension that counts what it is told, and does nothing else with it.

use std::hint::black_box;

use lambda_ext::{InvokeEvent, ShutdownEvent, TelemetryBatch, TelemetryRecord, lambda_extension};

#[derive(Default)]
struct Noop {
    events: u64,
    text: u64,
}

#[lambda_extension(telemetry = [Platform, Function, Extension])]
impl Noop {
    async fn invoke(&mut self, _: InvokeEvent) {}

    async fn telemetry(&mut self, batch: TelemetryBatch) {
        for event in &batch {
            self.events += 1;
            if let TelemetryRecord::Function(line) | TelemetryRecord::Extension(line) =
                &event.record
            {
                self.text += line.as_str().len() as u64;
            }
            black_box(&event);
        }
    }

    async fn shutdown(&mut self, _: ShutdownEvent) {
        println!("COUNT {} {}", self.events, self.text);
    }
}
