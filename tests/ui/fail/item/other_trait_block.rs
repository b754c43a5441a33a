use lambda_ext::lambda_extension;

struct Flusher;

#[lambda_extension(events = [Invoke])]
impl Default for Flusher {
    fn default() -> Self {
        Self
    }
}
