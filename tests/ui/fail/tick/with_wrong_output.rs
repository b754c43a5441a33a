use lambda_ext::lambda_extension;

#[derive(Default)]
struct Flusher;

#[lambda_extension(tick_ms = 10_000)]
impl Flusher {
    async fn tick(&mut self) -> bool {
        true
    }
}
