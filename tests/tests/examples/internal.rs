//! The example `internal`: an internal extension beside `lambda_runtime`, under both emulators.

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::record::StepKind;
use lambda_ext::emulator::{Emulator, Initialization, Invocation};
use lambda_ext_tests::built;
use lambda_ext_tests::emulated::calls;
use lambda_ext_tests::rie::Rie;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::with_example;

const NAME: &str = "internal";

/// The example, in an environment like this, with metrics for `collector`.
async fn example(initialization: Initialization, collector: &TcpListener) -> Emulator {
    let address = collector.local_addr().unwrap().to_string();
    let emulator = Emulator::builder()
        .runtime(built::example(NAME))
        .initialization(initialization)
        .env("METRICS_ADDRESS", address);
    emulator.start().await.unwrap()
}

async fn received(collector: &TcpListener) -> String {
    let mut lines = String::new();
    let (mut connection, _) = collector.accept().await.unwrap();
    connection.read_to_string(&mut lines).await.unwrap();
    lines
}

/// Invokes it, and ends it.
async fn live(emulator: &Emulator, invocations: u64) {
    for _ in 0..invocations {
        let payload = Invocation::default().payload("17");
        let invoked = emulator.invoke(payload).await.unwrap();
        assert_eq!(invoked.response.as_deref(), Some("17"));
    }
    emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
    let record = emulator.record();
    record.assert_clean();
    let left = StepKind::RuntimeExited {
        code: Some(0),
        signal: None,
    };
    assert!(
        record.steps.iter().any(|step| step.kind == left),
        "{record}"
    );
}

fn is_metric(line: &str) -> bool {
    let words: Vec<_> = line.split(' ').collect();
    let is_number = |word: &&str| word.parse::<u64>().is_ok();
    words[0] == "orders.duration_us" && words.len() == 3 && words[1..].iter().all(is_number)
}

#[tokio::test]
async fn metrics_are_sent_before_a_freeze() {
    with_example(NAME, async {
        let collector = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let emulator = example(Initialization::OnDemand, &collector).await;
        let sent = async { [received(&collector).await, received(&collector).await] };
        let (sent, ()) = tokio::join!(sent, live(&emulator, 2));
        for lines in sent {
            assert_eq!(lines.lines().count(), 1, "{lines}");
            assert!(lines.lines().all(is_metric), "{lines}");
        }
        let record = emulator.record();
        let calls = calls(&record);
        let at = |call| calls.iter().position(|one| *one == call);
        assert!(at("register") < at("runtime next"), "{record}");
    })
    .await;
}

#[tokio::test]
async fn managed_instance_sends_remaining_metrics_at_the_end() {
    with_example(NAME, async {
        let collector = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let emulator = example(Initialization::ManagedInstances, &collector).await;
        let (sent, ()) = tokio::join!(received(&collector), live(&emulator, 2));
        assert_eq!(
            sent.lines().filter(|line| is_metric(line)).count(),
            2,
            "{sent}"
        );
    })
    .await;
}

#[test]
fn rie_accepts_the_extension_and_ends_it_by_sigterm() {
    let function = built::example(NAME);
    let Some(report) = Rie::new().function(function).invokes(2).payload("17").run() else {
        return;
    };
    report.equal("statuses", &report.statuses(), &[200, 200]);
    for invoke in &report.invokes {
        report.equal("the answer", &invoke.body.as_str(), &"17");
    }
    let next = "event/next";
    let calls: Vec<_> = report.calls().iter().map(|call| call.endpoint).collect();
    report.equal("calls", &calls, &["register", next, next, next]);
    let metrics = report.function_log.lines().filter(|line| is_metric(line));
    report.equal("metrics", &metrics.count(), &2);
    report.holds("it leaves by itself", !report.killed());
}

#[test]
fn rie_managed_instance_accepts_the_extension_without_events() {
    let function = built::example(NAME);
    let rie = Rie::new().function(function).managed().payload("17");
    let Some(report) = rie.invokes(2).run() else {
        return;
    };
    report.equal("statuses", &report.statuses(), &[200, 200]);
    let metrics = report.stdout.lines().filter(|line| is_metric(line));
    report.equal("metrics", &metrics.count(), &2);
}
