//! Runs an extension for a hundred thousand invocations with telemetry, or as many as are asked for,
//! and shows what its process has of everything meanwhile.

use std::env;

use lambda_ext::Error;
use lambda_ext_tests::built::build;
use lambda_ext_tests::soak::soak;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let invocations = env::args().nth(1);
    let invocations = invocations.map_or(Ok(100_000), |number| number.parse())?;
    let arguments = ["--release", "--package", "lambda-ext-tests"];
    let ingest = build("ingest", &arguments);
    println!("{}", soak(&ingest, invocations, 10).await?);
    Ok(())
}
