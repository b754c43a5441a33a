use lambda_ext::{InvokeEvent, ShutdownEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Invoke Shutdown])]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}

    async fn shutdown(&mut self, _event: ShutdownEvent) {}
}
