use lambda_ext::lambda_extension;

#[derive(Default)]
struct Flusher;

#[lambda_extension(tick = 10_000)]
impl Flusher {
    async fn tick(&mut self) {}
}
