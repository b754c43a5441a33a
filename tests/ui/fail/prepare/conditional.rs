use lambda_ext::lambda_extension;

#[derive(Default)]
struct Flusher;

#[lambda_extension]
impl Flusher {
    #[cfg(unix)]
    async fn prepare() -> Self {
        Self
    }
}
