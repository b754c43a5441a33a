//! An extension that says in the end what it was told, event by event: a line of JSON each.
//!
//! `REPORTS` is how many invocations it is to be told the end of before it leaves.

use std::env;

use lambda_ext::Error;
use lambda_ext_tests::raw::Raw;
use lambda_ext_tests::subscriber::Subscriber;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let raw = Raw::at(&env::var("AWS_LAMBDA_RUNTIME_API")?);
    let reports = env::var("REPORTS")?.parse()?;
    let subscriber = Subscriber::start().await;
    let mut subscription = subscriber.subscription();
    // What it says is not told to itself, and again, and again.
    subscription["types"] = json!(["platform", "function"]);
    let last = Some((reports, "platform.report"));
    for event in subscriber.live(&raw, "told", subscription, last).await? {
        println!("{event}");
    }
    Ok(())
}
