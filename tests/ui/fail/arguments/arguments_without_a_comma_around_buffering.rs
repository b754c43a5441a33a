use lambda_ext::{RuntimeDone, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Invoke] buffering(timeout_ms = 100) main = true)]
impl Flusher {
    async fn runtime_done(&mut self, _done: RuntimeDone) {}
}
