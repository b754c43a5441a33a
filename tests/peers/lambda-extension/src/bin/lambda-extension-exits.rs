//! `lambda-extension-readme`, and the one line that makes it leave at SHUTDOWN: without it there is
//! no shutdown time to measure.

use lambda_extension::{Error, LambdaEvent, NextEvent, service_fn};

async fn my_extension(event: LambdaEvent) -> Result<(), Error> {
    match event.next {
        NextEvent::Shutdown(_e) => std::process::exit(0),
        NextEvent::Invoke(_e) => {
            // do something with the invoke event
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_target(false)
        .without_time()
        .init();

    let func = service_fn(my_extension);
    lambda_extension::run(func).await
}
