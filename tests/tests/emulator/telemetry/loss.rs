//! Telemetry that the emulator cannot deliver: it is dropped and counted. Shutdown delivers the
//! rest.

use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::record::StepKind;
use lambda_ext::emulator::{Emulator, Invocation};
use lambda_ext_tests::fake::{Fake, bounded};
use lambda_ext_tests::raw::Raw;
use lambda_ext_tests::subscriber::{amid, events, kinds, lines, records, subscription};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::HOURS;

/// The sums of what is told to have been dropped.
fn dropped(told: &[Value]) -> (u64, u64) {
    let told = records(told, "platform.logsDropped");
    let sum = |key: &str| {
        told.iter()
            .map(|record| record[key].as_u64().unwrap())
            .sum()
    };
    (sum("droppedRecords"), sum("droppedBytes"))
}

/// The same as the record has it.
fn dropped_in_record(emulator: &Emulator) -> (u64, u64) {
    let record = emulator.record();
    let drops = record.steps.iter().filter_map(|step| match step.kind {
        StepKind::Dropped { records, bytes, .. } => Some((records, bytes)),
        _ => None,
    });
    drops.fold((0, 0), |sum, drop| (sum.0 + drop.0, sum.1 + drop.1))
}

#[tokio::test(start_paused = true)]
async fn unaccepted_batch_without_redelivery_is_dropped_and_counted() {
    bounded(async {
        let mut fake = Fake::start().await;
        let types = |body: &mut Value| body["types"] = json!(["platform", "function"]);
        let builder = Emulator::builder().redeliver(false);
        let (emulator, ..) = amid(builder, &fake, types).await;
        emulator.log("1");
        let mut lost = (0, 0);
        for _ in 0..2 {
            emulator.log("2");
            let request = fake.request().await;
            let told = events(&request.json());
            let told = told
                .iter()
                .filter(|told| told["type"] != "platform.logsDropped");
            for event in told {
                lost = (lost.0 + 1, lost.1 + event.to_string().len() as u64);
            }
            request.reply(500, "", "");
        }
        let request = fake.request().await;
        assert_eq!(dropped(&events(&request.json())), lost);
        assert_eq!(dropped_in_record(&emulator), lost);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn drop_of_a_drop_report_is_not_told_forever() {
    bounded(async {
        let mut fake = Fake::start().await;
        let types = |body: &mut Value| body["types"] = json!(["platform", "function"]);
        let builder = Emulator::builder().redeliver(false);
        let (emulator, ..) = amid(builder, &fake, types).await;
        emulator.log("1");
        let refused = async {
            let mut batches = 0;
            loop {
                fake.request().await.reply(500, "", "");
                batches += 1;
                assert!(batches < 20, "{}", emulator.record());
            }
        };
        tokio::select! {
            () = sleep(HOURS) => {}
            () = refused => {}
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn queue_overflow_is_dropped_and_told_with_counts() {
    bounded(async {
        let mut fake = Fake::start().await;
        let types = |body: &mut Value| body["types"] = json!(["platform", "function"]);
        let builder = Emulator::builder().telemetry_queue(64 * 1024);
        let (emulator, ..) = amid(builder, &fake, types).await;
        fake.request().await.reply(200, "", "");
        for line in 0..10_000 {
            emulator.log(&format!("{line:04}"));
        }
        let mut told = Vec::new();
        while !kinds(&told).contains(&"platform.logsDropped") {
            let request = fake.request().await;
            told.extend(events(&request.json()));
            request.reply(200, "", "");
        }
        let arrived = records(&told, "function").len() as u64;
        assert!(arrived < 10_000);
        let (records, bytes) = dropped(&told);
        assert_eq!(arrived + records, 10_000);
        // Each of these has a record of four digits and a line end.
        let one = r#"{"time":"2026-03-04T09:15:00.501Z","type":"function","record":"1234\n"}"#;
        assert_eq!(bytes, records * one.len() as u64);
        assert_eq!(dropped_in_record(&emulator), (records, bytes));
        // It is told once, and the next events come as before.
        emulator.log("more");
        assert_eq!(lines(&fake.request().await), ["more\n"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn subscriber_of_lines_is_not_told_of_drops() {
    bounded(async {
        let mut fake = Fake::start().await;
        let builder = Emulator::builder().telemetry_queue(1024);
        let (emulator, ..) = amid(builder, &fake, |_| {}).await;
        for _ in 0..1_000 {
            emulator.log("1");
        }
        let request = fake.request().await;
        let told = events(&request.json());
        assert!(kinds(&told).iter().all(|kind| *kind == "function"));
        request.reply(200, "", "");
        // Nor later: what comes next is the next line.
        emulator.log("2");
        assert_eq!(lines(&fake.request().await), ["2\n"]);
        let (records, _) = dropped_in_record(&emulator);
        assert_eq!(told.len() as u64 + records, 1_000);
        assert!(records > 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn telemetry_before_subscription_is_told_or_counted() {
    bounded(async {
        for (queue, complete) in [(8 * 1024 * 1024, true), (64 * 1024, false)] {
            let mut fake = Fake::start().await;
            let builder = Emulator::builder().telemetry_queue(queue);
            let emulator = builder.start().await.unwrap();
            let _ = emulator.extension("ext");
            let raw = Raw::of(&emulator);
            let id = raw.registered("ext", "[]").await;
            for line in 0..25_000 {
                emulator.log(&line.to_string());
            }
            let mut body = subscription(fake.runtime_api());
            body["types"] = json!(["platform", "function"]);
            raw.subscribed(&id, &body).await;
            // The lines, and the news of this subscription.
            let all = 25_000 + 1;
            let (mut arrived, mut lost) = (0, 0);
            while arrived + lost < all {
                let request = fake.request().await;
                let told = events(&request.json());
                let news = records(&told, "platform.logsDropped");
                arrived += (told.len() - news.len()) as u64;
                lost += dropped(&told).0;
                request.reply(200, "", "");
            }
            assert_eq!((arrived + lost, lost == 0), (all, complete));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn frozen_environment_delivers_nothing_again() {
    bounded(async {
        let mut fake = Fake::start().await;
        let (emulator, raw, id) = amid(Emulator::builder(), &fake, |_| {}).await;
        emulator.log("1");
        let first = fake.request().await;
        let scenario = async {
            emulator.finish_invocation().await.unwrap();
            first.reply(500, "", "");
            emulator.freeze(HOURS).await.unwrap();
            assert!(fake.unasked().is_none());
            emulator
                .invoke_until_response(Invocation::default())
                .await
                .unwrap();
            assert_eq!(lines(&fake.request().await), ["1\n"]);
        };
        tokio::join!(raw.next(&id), scenario);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn remaining_telemetry_is_delivered_before_shutdown() {
    bounded(async {
        let mut fake = Fake::start().await;
        let slow = |body: &mut Value| body["buffering"] = json!({"timeoutMs": 30_000});
        let (emulator, raw, id) = amid(Emulator::builder(), &fake, slow).await;
        emulator.log("1");
        let begin = Instant::now();
        let scenario = async {
            emulator.finish_invocation().await.unwrap();
            tokio::select! {
                outcome = emulator.shutdown(ShutdownReason::Spindown) => {
                    panic!("{outcome:?}");
                }
                request = fake.request() => {
                    assert_eq!(lines(&request), ["1\n"]);
                    assert!(begin.elapsed() < Duration::from_secs(30));
                }
            }
        };
        tokio::select! {
            // SHUTDOWN would be its answer.
            response = raw.next(&id) => panic!("{response:?}"),
            () = scenario => {}
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn silent_subscriber_delays_shutdown_by_a_second_at_most() {
    bounded(async {
        let mut fake = Fake::start().await;
        let (emulator, raw, id) = amid(Emulator::builder(), &fake, |_| {}).await;
        emulator.log("1");
        let never = fake.request().await;
        let begin = Instant::now();
        let scenario = async {
            emulator.finish_invocation().await.unwrap();
            emulator.shutdown(ShutdownReason::Spindown).await
        };
        let (shutdown, outcome) = tokio::join!(raw.next(&id), scenario);
        outcome.unwrap();
        assert!(shutdown.text().await.unwrap().contains("SHUTDOWN"));
        assert_eq!(begin.elapsed().as_secs(), 1);
        drop(never);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn dropped_emulator_delivers_nothing() {
    bounded(async {
        let mut fake = Fake::start().await;
        let (emulator, ..) = amid(Emulator::builder(), &fake, |_| {}).await;
        emulator.log("1");
        let request = fake.request().await;
        drop(emulator);
        request.reply(500, "", "");
        sleep(HOURS).await;
        assert!(fake.unasked().is_none());
    })
    .await;
}
