//! An extension that leaves with code 0 once it was told of a run of invocations, everything once
//! and in order.

use std::env;

use lambda_ext::Error;
use lambda_ext_tests::raw::Raw;
use lambda_ext_tests::run::told_in_order;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let raw = Raw::at(&env::var("AWS_LAMBDA_RUNTIME_API")?);
    told_in_order(&raw, "told").await
}
