use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(buffering(timeout_ms = 100))]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}
}
