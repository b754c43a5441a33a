use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Invoke, Invoke])]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}
}
