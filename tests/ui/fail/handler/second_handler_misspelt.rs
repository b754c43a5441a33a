use lambda_ext::{InvokeEvent, RuntimeDone, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}

    async fn runtimedone(&mut self, _done: RuntimeDone) {}
}
