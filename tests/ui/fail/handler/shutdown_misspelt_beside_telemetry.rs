use lambda_ext::{ShutdownEvent, TelemetryBatch, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Shutdown], telemetry = [Platform])]
impl Flusher {
    async fn telemetry(&mut self, _batch: TelemetryBatch) {}

    async fn shut_down(&mut self, _event: ShutdownEvent) {}
}
