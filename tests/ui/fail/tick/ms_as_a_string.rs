use lambda_ext::lambda_extension;

#[derive(Default)]
struct Flusher;

#[lambda_extension(tick_ms = "10s")]
impl Flusher {
    async fn tick(&mut self) {}
}
