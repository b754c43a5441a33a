use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension]
impl Flusher {
    async fn handle_invoke(&mut self, _event: InvokeEvent) {}
}
