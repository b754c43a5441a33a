use lambda_ext::{ShutdownEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Shutdown])]
impl Flusher {
    async fn shutdown(&mut self, _event: ShutdownEvent, _deadline: u64, _reason: &str) {}
}
