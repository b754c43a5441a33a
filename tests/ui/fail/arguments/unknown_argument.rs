use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(name = "flusher")]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}
}
