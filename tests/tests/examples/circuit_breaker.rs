//! The example `circuit-breaker`, with a dependency that the test scripts, and under AWS's
//! emulator.

use std::fs;
use std::path::PathBuf;

use lambda_ext::emulator::{Emulator, EmulatorBuilder};
use lambda_ext_tests::built;
use lambda_ext_tests::fake::{Fake, bounded};
use lambda_ext_tests::rie::Rie;
use serde_json::Value;

use super::{ends_well, invocation};

const NAME: &str = "circuit-breaker";

fn file(test: &str) -> PathBuf {
    let directory = built::target_dir().join(NAME);
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join(test).with_extension("json");
    // An earlier run may have left one.
    let _ = fs::remove_file(&file);
    file
}

fn breaker(file: &PathBuf) -> EmulatorBuilder {
    Emulator::builder()
        .executable(built::example(NAME))
        .env("BREAKER_FILE", file)
}

fn state(file: &PathBuf) -> Value {
    let told = fs::read_to_string(file).unwrap();
    serde_json::from_str::<Value>(&told).unwrap()["state"].take()
}

async fn invoke(emulator: &Emulator) {
    emulator.invoke(invocation()).await.unwrap();
}

#[tokio::test]
async fn state_exists_before_the_function_and_follows_the_dependency() {
    let file = file("follows");
    let emulator = breaker(&file)
        // Long enough for the slowest machine.
        .env("BREAKER_TIMEOUT_MS", "60000")
        .env("BREAKER_FAILURES", "1")
        .env("BREAKER_COOL_DOWN", "0");
    bounded(async {
        let mut dependency = Fake::start().await;
        let url = format!("http://{}/health", dependency.runtime_api());
        let emulator = emulator.env("BREAKER_URL", url).start().await.unwrap();
        let well = async { dependency.expect("/health").await.reply(200, "", "") };
        let (init, ()) = tokio::join!(emulator.init(), well);
        init.unwrap();
        assert_eq!(state(&file), "closed");

        dependency.expect("/health").await.reply(503, "", "");
        // By the second request the first answer is in the file.
        let again = dependency.expect("/health").await;
        assert_eq!(state(&file), "open");
        again.reply(200, "", "");
        invoke(&emulator).await;
        ends_well(&emulator, NAME).await;
        let record = emulator.record();
        let said: Vec<&str> = record.output(NAME).collect();
        let expected = [
            "circuit-breaker: closed: it is well",
            "circuit-breaker: open: 127.0.0.1 answers 503 Service Unavailable",
        ];
        assert_eq!(said[..2], expected);
    })
    .await;
}

#[tokio::test]
async fn wrong_configuration_is_logged_and_function_continues() {
    let file = file("wrong");
    for (url, why) in [
        ("", "BREAKER_URL is not set"),
        ("/health", "BREAKER_URL has no host"),
    ] {
        let emulator = breaker(&file)
            .env("BREAKER_URL", url)
            .start()
            .await
            .unwrap();
        bounded(async {
            invoke(&emulator).await;
            ends_well(&emulator, NAME).await;
        })
        .await;
        let record = emulator.record();
        let said = record.output(NAME).next().unwrap_or_default();
        assert!(said.contains(why), "{record}");
        assert!(!file.exists());
    }
}

#[test]
fn rie_function_starts_with_the_state() {
    // The function does not start without.
    let file = "/opt/circuit.json";
    let rie = Rie::new()
        .extension(built::example(NAME))
        .env("BREAKER_URL", "http://127.0.0.1:1/health")
        .env("BREAKER_FILE", file)
        .env("NEEDS_FILE", file);
    let Some(report) = rie.run() else { return };
    report.equal("statuses", &report.statuses(), &[200]);
    report.equal("exit codes", &report.exits, &[0]);
    let open = report
        .stdout
        .starts_with("circuit-breaker: open: 127.0.0.1: ");
    report.holds("nobody is there", open);
}
