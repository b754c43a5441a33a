use lambda_ext::{Error, ShutdownEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(main = false)]
impl Flusher {
    async fn shutdown(&mut self, _event: ShutdownEvent) {}
}

async fn function() -> Result<(), Error> {
    let flusher = lambda_ext::register_internal("flusher", Flusher).await?;
    flusher.run_beside(async { Ok::<_, Error>(()) }).await
}

fn main() {
    drop(function());
}
