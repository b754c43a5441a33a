//! Every method there is but the other two ways to make the value, at once.

use lambda_ext::{
    Error, InvokeEvent, Register, RuntimeDone, ShutdownEvent, TelemetryBatch, lambda_extension,
};
use std::time::Duration;

struct Shipper {
    function: String,
    pending: Vec<String>,
}

#[lambda_extension(
    telemetry = [Platform, Function],
    buffering(max_bytes = 262_144),
    tick_ms = 10_000,
    fail_open
)]
impl Shipper {
    async fn init(register: Register) -> Self {
        Self {
            function: register.function_name,
            pending: Vec::new(),
        }
    }

    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        self.pending.push(event.request_id);
        Ok(())
    }

    async fn telemetry(&mut self, batch: TelemetryBatch) -> Result<(), String> {
        self.pending.push(batch.as_str().to_owned());
        Ok(())
    }

    async fn runtime_done(&mut self, _done: RuntimeDone) {
        self.flush();
    }

    async fn tick(&mut self) {
        self.flush();
    }

    async fn thawed(&mut self, frozen_for: Duration) -> Result<(), Error> {
        self.pending.push(format!("{frozen_for:?}"));
        Ok(())
    }

    async fn shutdown(&mut self, _event: ShutdownEvent) {
        self.flush();
    }

    fn flush(&mut self) {
        println!("{} {}", self.function, self.pending.len());
        self.pending.clear();
    }
}
