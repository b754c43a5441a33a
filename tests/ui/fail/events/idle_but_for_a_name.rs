use lambda_ext::{ShutdownEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Shutdown])]
impl Flusher {
    async fn on_shutdown(&mut self, _event: ShutdownEvent) {}
}
