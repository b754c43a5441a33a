use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(crate = self::lambda_ext)]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}
}
