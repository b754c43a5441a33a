//! The emulator with bursts of lines, ten extensions, and a reader of the record.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::{Emulator, Invocation, TelemetryFault};
use lambda_ext_tests::fake::{Fake, bounded};
use lambda_ext_tests::raw::Raw;
use lambda_ext_tests::run::{INVOCATIONS, told_in_order};
use lambda_ext_tests::subscriber::{amid, events, lines, records};
use serde_json::{Value, json};
use tokio::task::JoinSet;

#[tokio::test]
async fn burst_of_lines_is_told_in_order() {
    const LINES: usize = 50_000;
    bounded(async {
        let mut fake = Fake::start().await;
        let (emulator, ..) = amid(Emulator::builder(), &fake, |_| {}).await;
        for line in 0..LINES {
            emulator.log(&line.to_string());
        }
        let mut next = 0;
        while next < LINES {
            let request = fake.request().await;
            for line in lines(&request) {
                assert_eq!(line, format!("{next}\n"));
                next += 1;
            }
            request.reply(200, "", "");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn burst_for_slow_subscriber_is_told_in_order_or_counted() {
    const LINES: u64 = 50_000;
    bounded(async {
        let mut fake = Fake::start().await;
        let types = |body: &mut Value| body["types"] = json!(["platform", "function"]);
        let builder = Emulator::builder().telemetry_queue(512 * 1024);
        let (emulator, ..) = amid(builder, &fake, types).await;
        let slow = TelemetryFault::Slow(Duration::from_secs(10));
        assert!(emulator.inject_telemetry("ext", slow));
        let burst = async {
            for line in 0..LINES {
                emulator.log(&line.to_string());
                if line % 5_000 == 0 {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        };
        let taken = async {
            let (mut last, mut arrived, mut dropped) = (None, 0, 0);
            while arrived + dropped < LINES {
                let request = fake.request().await;
                let told = events(&request.json());
                for line in records(&told, "function") {
                    let line = line.as_str().unwrap().trim_end();
                    let line: u64 = line.parse().unwrap();
                    assert!(last.is_none_or(|last| last < line), "{line}");
                    last = Some(line);
                    arrived += 1;
                }
                for record in records(&told, "platform.logsDropped") {
                    dropped += record["droppedRecords"].as_u64().unwrap();
                }
                request.reply(200, "", "");
            }
            assert_eq!(arrived + dropped, LINES);
            assert!(arrived > 0 && dropped > 0, "{arrived} {dropped}");
        };
        tokio::join!(burst, taken);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_extensions_at_once_are_told_everything() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let mut extensions = JoinSet::new();
        for number in 0..10 {
            let name = format!("ext-{number}");
            let extension = emulator.extension(&name);
            let raw = Raw::of(&emulator);
            extensions.spawn(async move { extension.run_future(told_in_order(&raw, &name)).await });
        }
        for number in 0..INVOCATIONS {
            let invocation = Invocation::default()
                .request_id(number.to_string())
                .log(format!("{number} "))
                .timeout(Duration::from_secs(30));
            emulator.invoke(invocation).await.unwrap();
        }
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        while let Some(left) = extensions.join_next().await {
            left.unwrap().unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn record_can_be_read_at_any_time() {
    bounded(async {
        let emulator = Arc::new(
            Emulator::builder()
                .max_recorded_steps(1_000)
                .start()
                .await
                .unwrap(),
        );
        let over = Arc::new(AtomicBool::new(false));
        let reading = {
            let (emulator, over) = (emulator.clone(), over.clone());
            std::thread::spawn(move || {
                let mut last = Duration::ZERO;
                while !over.load(Ordering::Relaxed) {
                    let record = emulator.record();
                    let times = record.steps.iter().map(|step| step.at);
                    assert!(times.is_sorted());
                    let newest = record.steps.last().map_or(last, |step| step.at);
                    assert!(newest >= last);
                    last = newest;
                }
            })
        };
        for _ in 0..INVOCATIONS {
            emulator.invoke(Invocation::default()).await.unwrap();
        }
        over.store(true, Ordering::Relaxed);
        reading.join().unwrap();
    })
    .await;
}
