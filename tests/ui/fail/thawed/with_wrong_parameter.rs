use lambda_ext::lambda_extension;

#[derive(Default)]
struct Flusher;

#[lambda_extension]
impl Flusher {
    async fn thawed(&mut self, _frozen_ms: u64) {}
}
