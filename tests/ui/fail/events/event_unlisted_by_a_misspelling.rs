use lambda_ext::{ShutdownEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Shutdwon])]
impl Flusher {
    async fn shutdown(&mut self, _event: ShutdownEvent) {}
}
