use lambda_ext::{RuntimeDone, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(buffering(max_bytes = 262_144_u64))]
impl Flusher {
    async fn runtime_done(&mut self, _done: RuntimeDone) {}
}
