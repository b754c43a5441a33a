use lambda_ext::lambda_extension;

#[derive(Default)]
struct Flusher;

#[lambda_extension(tick_ms = Duration::from_secs(10))]
impl Flusher {
    async fn tick(&mut self) {}
}
