use lambda_ext::{InvokeEvent, lambda_extension};

struct Flusher;

#[lambda_extension(events = [Invoke])]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}
}
