use lambda_ext::{InvokeEvent, RuntimeDone, ShutdownEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Shutdown])]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}

    async fn runtime_done(&mut self, _done: RuntimeDone) {}

    async fn shutdown(&mut self, _event: ShutdownEvent) {}
}
