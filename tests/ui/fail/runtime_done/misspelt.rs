use lambda_ext::{RuntimeDone, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Invoke])]
impl Flusher {
    async fn runtime_don(&mut self, _done: RuntimeDone) {}
}
