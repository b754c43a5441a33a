use lambda_ext::{RuntimeDone, ShutdownEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Shutdown])]
impl Flusher {
    async fn runtime_done(&mut self, _done: RuntimeDone) {}

    async fn shutdown(&mut self, _event: ShutdownEvent) {}
}
