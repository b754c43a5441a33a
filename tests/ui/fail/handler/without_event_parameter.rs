use lambda_ext::lambda_extension;

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Invoke])]
impl Flusher {
    async fn invoke(&mut self) {}
}
