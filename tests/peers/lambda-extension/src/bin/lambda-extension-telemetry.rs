//! Subscribes to telemetry through `lambda-extension`, and prints at SHUTDOWN how many records of
//! each type it got: `record TYPE COUNT`, a line each. Then it leaves.
//!
//! `TELEMETRY_PORT` is where it listens, on every address: the crate leaves no choice. A platform
//! that has no telemetry, and says so with 202, is one from which none comes.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use lambda_extension::{
    Error, Extension, LambdaEvent, LambdaTelemetry, LogBuffering, NextEvent, SharedService,
    service_fn,
};

/// How long after SHUTDOWN it waits for what is still under way: well within the 2 s that it has.
const LAST_RECORDS: Duration = Duration::from_millis(1000);

static COUNTS: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());
static INVOCATIONS: Mutex<u64> = Mutex::new(0);

/// The crate has no type for what all records have in common but in JSON.
async fn count(batch: Vec<LambdaTelemetry>) -> Result<(), Error> {
    for telemetry in batch {
        let record = serde_json::to_value(&telemetry.record)?;
        let kind = record["type"].as_str().unwrap_or("?").to_owned();
        *COUNTS
            .lock()
            .expect("nobody panics with it")
            .entry(kind)
            .or_default() += 1;
    }
    Ok(())
}

/// Whether every invocation's record has come.
fn complete() -> bool {
    let counts = COUNTS.lock().expect("nobody panics with it");
    let done = counts.get("platform.runtimeDone").copied();
    done.unwrap_or_default() >= *INVOCATIONS.lock().expect("nobody panics with it")
}

async fn event(event: LambdaEvent) -> Result<(), Error> {
    match event.next {
        NextEvent::Invoke(_) => *INVOCATIONS.lock().expect("nobody panics with it") += 1,
        NextEvent::Shutdown(_) => {
            let rest = async {
                while !complete() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            let _ = tokio::time::timeout(LAST_RECORDS, rest).await;
            for (kind, count) in &*COUNTS.lock().expect("nobody panics with it") {
                println!("record {kind} {count}");
            }
            std::process::exit(0);
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let port = std::env::var("TELEMETRY_PORT")?.parse()?;
    let buffering = LogBuffering {
        // The least that the platform takes.
        timeout_ms: 25,
        ..LogBuffering::default()
    };
    Extension::new()
        .with_events_processor(service_fn(event))
        .with_telemetry_types(&["platform", "function", "extension"])
        .with_telemetry_buffering(buffering)
        .with_telemetry_port_number(port)
        .with_telemetry_processor(SharedService::new(service_fn(count)))
        .run()
        .await
}
