//! The example `config-preloader`, with a server that the test scripts, and under AWS's emulator.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::{Emulator, EmulatorBuilder, Invocation};
use lambda_ext_tests::built;
use lambda_ext_tests::fake::{Fake, bounded};
use lambda_ext_tests::rie::{Call, Rie};

use super::with_example;

const NAME: &str = "config-preloader";

fn preloading(test: &str, server: &Fake) -> (EmulatorBuilder, PathBuf) {
    let directory = built::target_dir().join(NAME);
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join(test);
    // An earlier run may have left one.
    let _ = fs::remove_file(&file);
    let emulator = Emulator::builder()
        .executable(built::example(NAME))
        .init_timeout(Duration::from_secs(60))
        .env(
            "CONFIG_URL",
            format!("http://{}/orders.json", server.runtime_api()),
        )
        .env("CONFIG_TOKEN", "hush")
        .env("CONFIG_FILE", &file);
    (emulator, file)
}

#[tokio::test]
async fn document_exists_before_the_function() {
    with_example(NAME, async {
        let mut server = Fake::start().await;
        let (emulator, file) = preloading("there", &server);
        let emulator = emulator.start().await.unwrap();
        let scripted = async {
            server
                .expect("/orders.json")
                .await
                .reply(503, "", "not now");
            let again = server.expect("/orders.json").await;
            assert_eq!(again.header("authorization"), "Bearer hush");
            again.reply(200, "", "{\"limit\":17}");
        };
        let (init, ()) = tokio::join!(emulator.init(), scripted);
        init.unwrap();
        assert_eq!(fs::read_to_string(file).unwrap(), "{\"limit\":17}");
        emulator.invoke(Invocation::default()).await.unwrap();
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        emulator.record().assert_clean();
        assert!(server.unasked().is_none());
    })
    .await;
}

#[tokio::test]
async fn refused_document_is_not_retried_and_fails_init() {
    with_example(NAME, async {
        let mut server = Fake::start().await;
        let (emulator, file) = preloading("refused", &server);
        let emulator = emulator.start().await.unwrap();
        let refused = async { server.request().await.reply(403, "", "") };
        let (init, ()) = tokio::join!(emulator.init(), refused);
        init.unwrap_err();
        assert!(!file.exists());
        assert!(server.unasked().is_none());
        let record = emulator.record();
        let said: Vec<&str> = record.output(NAME).collect();
        let why = "the configuration of 127.0.0.1: 403 Forbidden";
        assert!(said[0].ends_with(why), "{said:?}");
        assert_eq!(record.exits(NAME), [Some(1)], "{record}");
    })
    .await;
}

#[tokio::test]
async fn missing_url_is_logged_and_function_continues() {
    let builder = Emulator::builder().executable(built::example(NAME));
    let emulator = builder.start().await.unwrap();
    bounded(async {
        emulator.invoke(Invocation::default()).await.unwrap();
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
    })
    .await;
    let record = emulator.record();
    record.assert_clean();
    let said: Vec<&str> = record.output(NAME).collect();
    assert_eq!(
        said,
        ["config-preloader: CONFIG_URL is not set: nothing is fetched"]
    );
}

/// A function that does not start without the document of this URL.
fn needing(url: &str) -> Rie {
    let file = "/opt/config";
    Rie::new()
        .extension(built::example(NAME))
        .env("CONFIG_URL", url)
        .env("CONFIG_FILE", file)
        .env("NEEDS_FILE", file)
}

#[test]
fn rie_function_starts_with_its_document() {
    // The only server there, the emulator's own.
    let rie = needing("http://127.0.0.1:9001/2018-06-01/ping");
    let Some(report) = rie.run() else { return };
    report.equal("statuses", &report.statuses(), &[200]);
    report.equal("exit codes", &report.exits, &[0]);
    let said = "config-preloader: 4 bytes are in /opt/config\n";
    report.equal("standard output", report.stdout.as_str(), said);
}

#[test]
fn rie_function_without_document_does_not_start() {
    let Some(report) = needing("http://127.0.0.1:1/").run() else {
        return;
    };
    report.equal("statuses", &report.statuses(), &[502]);
    report.equal("failures", &report.failures(), &["Extension.InitError"]);
    let reports = report.calls_of("init/error");
    let types: Vec<_> = reports.iter().map(Call::error_type).collect();
    report.equal(
        "error types",
        &types,
        &[Some("Extension.ConfigUnavailable")],
    );
    report.equal("exit codes", &report.exits, &[1]);
}
