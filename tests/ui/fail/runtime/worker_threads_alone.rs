use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(worker_threads = 2)]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}
}
