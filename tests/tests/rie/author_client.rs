//! An author's reqwest with TLS changes nothing about the connection to Lambda, under both
//! emulators.
//!
//! Cargo unifies features: if the author's reqwest has TLS, so has every reqwest of the program.
//! Needs `strace`.

use std::path::PathBuf;
use std::sync::OnceLock;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::record::Record;
use lambda_ext::emulator::{Emulator, Invocation};
use lambda_ext_tests::budget::subject;
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::rie::{Report, Rie};
use lambda_ext_tests::traced::{Traced, looks_for_certificates};

/// Variables that name a certificate store, with a place where there is none.
const NO_CERTIFICATES: [(&str, &str); 2] = [
    ("SSL_CERT_FILE", "/nowhere/cert.pem"),
    ("SSL_CERT_DIR", "/nowhere/certs"),
];

/// A backend that refuses connections: nothing listens at a port below 1024 that has no service.
const BACKEND: [(&str, &str); 1] = [("BACKEND", "http://127.0.0.1:1/")];

/// An extension whose author has `reqwest` with its default features. It builds a client where
/// `BACKEND` is set, at its first invocation.
fn with_reqwest() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| subject("noop-reqwest", "tuned"))
        .clone()
}

/// Runs the extension for two invocations under our emulator.
async fn emulate(extension: PathBuf, environment: &[(&str, &str)]) -> Record {
    bounded(async {
        let mut emulator = Emulator::builder().executable(extension);
        for (name, value) in environment {
            emulator = emulator.env(name, value);
        }
        let emulator = emulator.start().await.unwrap();
        emulator.init().await.unwrap();
        for _ in 0..2 {
            emulator.invoke(Invocation::default()).await.unwrap();
        }
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        emulator.record()
    })
    .await
}

/// Runs the extension for two invocations under AWS's emulator.
fn run_under_rie(extension: PathBuf, environment: &[(&str, &str)]) -> Option<Report> {
    let rie = Rie::new().extension(extension).invokes(2);
    environment
        .iter()
        .fold(rie, |rie, (name, value)| rie.env(*name, *value))
        .run()
}

#[track_caller]
fn assert_ran(record: &Record) {
    assert_eq!(record.exits("noop-reqwest"), [Some(0)]);
    record.assert_clean();
}

#[track_caller]
fn assert_ran_under_rie(report: &Report) {
    report.equal("statuses", &report.statuses(), &[200, 200]);
    report.equal("exit codes", &report.exits, &[0]);
    report.equal("standard error", report.stderr.as_str(), "");
}

/// Asserts that certificates are looked for after the first `next`, and not before.
#[track_caller]
fn assert_certificates_after_first_next(calls: &[String]) {
    let next = calls.iter().position(|call| call.contains("/event/next"));
    let (before, after) = calls.split_at(next.expect("the extension asks for an event"));
    let early: Vec<_> = before
        .iter()
        .filter(|call| looks_for_certificates(call))
        .collect();
    assert!(early.is_empty(), "{} calls, {:#?}", early.len(), early[0]);
    // The trace does show them where they are read.
    let late = after.iter().any(|call| looks_for_certificates(call));
    assert!(late, "{after:#?}");
}

#[tokio::test]
async fn extension_without_certificate_store_runs() {
    let record = emulate(with_reqwest(), &NO_CERTIFICATES).await;
    assert_ran(&record);
}

#[test]
fn rie_extension_without_certificate_store_runs() {
    let Some(report) = run_under_rie(with_reqwest(), &NO_CERTIFICATES) else {
        return;
    };
    assert_ran_under_rie(&report);
}

#[tokio::test]
async fn certificates_are_read_at_the_authors_first_request() {
    let traced = Traced::new(&with_reqwest(), "certificates-ours");
    let record = emulate(traced.program().to_owned(), &BACKEND).await;
    assert_ran(&record);
    assert_certificates_after_first_next(&traced.calls());
}

#[test]
fn rie_certificates_are_read_at_the_authors_first_request() {
    let traced = Traced::new(&with_reqwest(), "certificates-aws");
    let Some(report) = run_under_rie(traced.program().to_owned(), &BACKEND) else {
        return;
    };
    assert_ran_under_rie(&report);
    assert_certificates_after_first_next(&traced.calls());
}
