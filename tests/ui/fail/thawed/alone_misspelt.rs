use lambda_ext::lambda_extension;

#[derive(Default)]
struct Flusher;

#[lambda_extension]
impl Flusher {
    async fn on_thaw(&mut self) {}
}
