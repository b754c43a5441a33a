use lambda_ext::lambda_extension;

#[derive(Default)]
struct Flusher;

#[lambda_extension(tick_ms = 0)]
impl Flusher {
    async fn tick(&mut self) {}
}
