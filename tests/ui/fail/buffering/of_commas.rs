use lambda_ext::{RuntimeDone, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(buffering(,))]
impl Flusher {
    async fn runtime_done(&mut self, _done: RuntimeDone) {}
}
