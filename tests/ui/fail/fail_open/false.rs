use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(fail_open = false)]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}
}
