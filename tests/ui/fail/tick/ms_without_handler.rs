use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(tick_ms = 10_000)]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}
}
