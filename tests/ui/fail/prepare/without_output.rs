use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Invoke])]
impl Flusher {
    async fn prepare() {}

    async fn invoke(&mut self, _event: InvokeEvent) {}
}
