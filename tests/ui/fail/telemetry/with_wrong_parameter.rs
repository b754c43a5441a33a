use lambda_ext::lambda_extension;

#[derive(Default)]
struct Flusher;

#[lambda_extension(telemetry = [Platform])]
impl Flusher {
    async fn telemetry(&mut self, _batch: String) {}
}
