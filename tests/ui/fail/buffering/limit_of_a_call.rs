use lambda_ext::{RuntimeDone, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(buffering(max_bytes = limits::bytes(512), timeout_ms = 100))]
impl Flusher {
    async fn runtime_done(&mut self, _done: RuntimeDone) {}
}
