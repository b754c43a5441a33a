use lambda_ext::{RuntimeDone, TelemetryBatch, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(telemetry = [Function])]
impl Flusher {
    async fn telemetry(&mut self, _batch: TelemetryBatch) {}

    async fn runtime_done(&mut self, _done: RuntimeDone) {}
}
