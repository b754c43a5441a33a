use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension]
impl Flusher {
    #[cfg(unix)]
    async fn invoke(&mut self, _event: InvokeEvent) {}
}
