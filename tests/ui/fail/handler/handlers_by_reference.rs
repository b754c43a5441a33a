use lambda_ext::{InvokeEvent, Register, TelemetryBatch, lambda_extension};

struct Flusher;

#[lambda_extension(telemetry = [Function])]
impl Flusher {
    async fn init(_register: &Register) -> Self {
        Self
    }

    async fn invoke(&mut self, _event: &InvokeEvent) {}

    async fn telemetry(&mut self, _batch: &mut TelemetryBatch) {}
}
