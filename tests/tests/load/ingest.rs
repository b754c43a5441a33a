//! A lot of telemetry arrives once and in order, in bounded memory.
//!
//! `INGEST_BATCHES` is the number of batches for each of the eight connections: 1,250 make
//! 10,000,000 records.

use std::env;
use std::fmt::Write as _;
use std::pin::pin;
use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::{Emulator, Invocation};
use lambda_ext_tests::delivery::{Connection, Delivery, line};
use lambda_ext_tests::fake::{self, Fake, bounded};
use lambda_ext_tests::program::{Ended, Program};
use tokio::task::JoinSet;

const CONNECTIONS: usize = 8;
const RECORDS: usize = 1_000;

/// The most memory that an extension may take, in KiB: the queue, what is being read, the batch in
/// the handler's hands, and the program itself.
const MEMORY: u64 = 40 << 10;

/// The figures that the extension prints.
#[derive(Debug)]
struct Counted {
    records: u64,
    out_of_order: u64,
    dropped: u64,
    peak: u64,
}

impl Counted {
    /// Reads the line that the extension prints.
    fn read(stdout: &str) -> Self {
        let mut numbers = stdout
            .split([' ', ','])
            .filter_map(|word| word.parse().ok());
        let mut next = || numbers.next().unwrap_or_else(|| panic!("{stdout}"));
        Self {
            records: next(),
            out_of_order: next(),
            dropped: next(),
            peak: next(),
        }
    }
}

/// One batch of a connection's.
fn batch(connection: usize, number: usize) -> String {
    let filler = "x".repeat(240);
    let mut body = String::from("[");
    for record in number * RECORDS..(number + 1) * RECORDS {
        let _ = write!(
            body,
            r#"{{"time":"2026-03-04T09:15:00.501Z","type":"function","record":"{connection} {record} {filler}"}},"#
        );
    }
    body.pop();
    body.push(']');
    body
}

/// Delivers so many batches over one connection, one after the other.
async fn deliver(port: u16, connection: usize, batches: usize) {
    let mut kept = Connection::to(port).await;
    for number in 0..batches {
        kept.post(&batch(connection, number)).await;
    }
}

/// Runs the extension beside a platform that plays its part, and has it count.
async fn ingest(more: &[(&str, &str)], platform: impl AsyncFnOnce(&mut Fake, Delivery)) -> Counted {
    let ended = run(more, platform).await;
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
    assert_eq!(ended.stdout.lines().count(), 1, "{}", ended.stdout);
    Counted::read(&ended.stdout)
}

/// Runs the extension beside a platform that plays its part.
async fn run(more: &[(&str, &str)], platform: impl AsyncFnOnce(&mut Fake, Delivery)) -> Ended {
    let mut fake = Fake::start().await;
    let environment = [("AWS_LAMBDA_RUNTIME_API", fake.runtime_api())];
    let environment = environment.iter().chain(more).copied();
    let program = Program::start(env!("CARGO_BIN_EXE_ingest"), environment);
    fake.expect(fake::REGISTER).await.registered();
    let request = fake.expect(fake::TELEMETRY).await;
    let delivery = Delivery::of(&request);
    request.subscribed();
    platform(&mut fake, delivery).await;
    program.ended().await
}

async fn deliver_all(port: u16, batches: usize) {
    let mut connections = JoinSet::new();
    for connection in 0..CONNECTIONS {
        connections.spawn(deliver(port, connection, batches));
    }
    connections.join_all().await;
}

#[tokio::test]
async fn records_arrive_once_beside_invocations_and_slow_handler() {
    let batches = env::var("INGEST_BATCHES").map_or(15, |batches| batches.parse().unwrap());
    let mut invocations = 0;
    let counted = ingest(&[("PAUSE_EACH", "10")], async |fake, delivery| {
        let mut next = fake.expect(fake::NEXT).await;
        let mut delivered = pin!(deliver_all(delivery.port(), batches));
        loop {
            next.invoke_for(&invocations.to_string(), Duration::from_secs(3));
            invocations += 1;
            next = tokio::select! {
                next = fake.expect(fake::NEXT) => next,
                () = &mut delivered => break,
            };
        }
        fake.expect(fake::NEXT).await.shutdown();
    })
    .await;
    println!("{invocations} invocations, {counted:?}");
    let sent = (CONNECTIONS * batches * RECORDS) as u64;
    assert_eq!(counted.records, sent, "{counted:?}");
    assert_eq!(counted.out_of_order, 0, "{counted:?}");
    assert_eq!(counted.dropped, 0, "{counted:?}");
    assert!(counted.peak < MEMORY, "{counted:?}");
    assert!(invocations > 1);
}

#[tokio::test]
async fn batches_on_separate_connections_all_arrive() {
    const BATCHES: usize = 296;
    let counted = ingest(&[], async |fake, delivery| {
        let next = fake.expect(fake::NEXT).await;
        for first in (0..BATCHES).step_by(CONNECTIONS) {
            let mut connections = JoinSet::new();
            for connection in first..first + CONNECTIONS {
                connections.spawn(deliver(delivery.port(), connection, 1));
            }
            connections.join_all().await;
        }
        next.shutdown();
    })
    .await;
    assert_eq!(counted.records, (BATCHES * RECORDS) as u64, "{counted:?}");
    assert_eq!(counted.dropped, 0, "{counted:?}");
}

#[tokio::test]
async fn stuck_handler_costs_bounded_memory_and_losses_are_counted() {
    let counted = bounded(ingest(&[("STUCK", "1")], async |fake, delivery| {
        let next = fake.expect(fake::NEXT).await;
        // More than the queue takes; each is answered nevertheless.
        deliver_all(delivery.port(), 6).await;
        // The event ends the wait, and what is queued comes after it.
        next.invoke_for("1", Duration::from_millis(400));
        let next = fake.expect(fake::NEXT).await;
        deliver(delivery.port(), CONNECTIONS, 1).await;
        next.shutdown();
    }))
    .await;
    // The first batch was with the handler when it got stuck: it was told, and is counted as dropped.
    let sent = ((CONNECTIONS * 6 + 1) * RECORDS) as u64;
    let told_and_dropped = RECORDS as u64;
    assert_eq!(
        counted.records + counted.dropped,
        sent + told_and_dropped,
        "{counted:?}"
    );
    assert!(counted.dropped > told_and_dropped, "{counted:?}");
    assert_eq!(counted.out_of_order, 0, "{counted:?}");
    assert!(counted.peak < MEMORY, "{counted:?}");
}

#[tokio::test]
async fn undelivered_records_are_logged_at_the_end() {
    let ended = bounded(run(&[("STUCK", "1")], async |fake, delivery| {
        let next = fake.expect(fake::NEXT).await;
        // The handler is stuck with them, and there is no batch that could tell it.
        delivery.send(&[line("0 0"), line("0 1")]).await;
        next.shutdown_in(Duration::from_millis(400));
    }))
    .await;
    let expected = "ingest: 2 telemetry events (139 bytes) were not delivered to the handler\n";
    assert_eq!((ended.code, &*ended.stderr), (Some(0), expected));
}

#[tokio::test]
async fn undelivered_records_are_logged_once_if_shutdown_fails() {
    let ended = bounded(run(
        &[("STUCK", "1"), ("FAILS", "1")],
        async |fake, delivery| {
            let next = fake.expect(fake::NEXT).await;
            delivery.send(&[line("0 0"), line("0 1")]).await;
            next.shutdown_in(Duration::from_millis(400));
            fake.expect(fake::EXIT_ERROR).await.accepted();
        },
    ))
    .await;
    let expected = "ingest: 2 telemetry events (139 bytes) were not delivered to the handler\n\
                    ingest: `shutdown` failed: it was to fail\n";
    assert_eq!((ended.code, &*ended.stderr), (Some(1), expected));
}

#[tokio::test]
async fn records_lost_by_a_failure_are_logged() {
    let ended = bounded(run(&[("STUCK", "1")], async |fake, delivery| {
        let next = fake.expect(fake::NEXT).await;
        delivery.send(&[line("0 0"), line("0 1")]).await;
        delivery.send(&[line("0 2")]).await;
        next.reply(403, "", "{}");
        fake.expect(fake::EXIT_ERROR).await.accepted();
    }))
    .await;
    assert_eq!(ended.code, Some(1));
    let told = ended.stderr.lines().last();
    let expected = "ingest: 3 telemetry events (209 bytes) were not delivered to the handler";
    assert_eq!(told, Some(expected), "{}", ended.stderr);
}

#[tokio::test]
async fn handled_and_dropped_batches_print_nothing() {
    let counted = bounded(ingest(&[("STUCK", "1")], async |fake, delivery| {
        let next = fake.expect(fake::NEXT).await;
        for body in [
            "[",
            "[null]",
            "\u{7}",
            "[1,2",
            r#"[{"type":"extension","record":1}]"#,
        ] {
            assert_eq!(delivery.send_text(body).await, 200);
            // The same again.
            assert_eq!(delivery.send_text(body).await, 200);
        }
        // The handler is stuck, so its batch is cut.
        next.invoke_for("1", Duration::from_millis(200));
        fake.expect(fake::NEXT).await.shutdown();
    }));
    // The line at its end is its only line.
    assert_eq!(counted.await.dropped, 1);
}

#[tokio::test]
async fn burst_before_shutdown_is_delivered_in_time() {
    const LINES: usize = 50_000;
    bounded(async {
        let emulator = Emulator::builder()
            .executable(env!("CARGO_BIN_EXE_ingest"))
            .telemetry_queue(64 << 20)
            .start()
            .await
            .unwrap();
        let mut invocation = Invocation::default();
        for number in 0..LINES {
            invocation = invocation.log(format!("0 {number} and what else a line has"));
        }
        emulator.invoke(invocation).await.unwrap();
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        let record = emulator.record();
        let said: Vec<_> = record.output("ingest").collect();
        let counted = Counted::read(said[0]);
        assert_eq!(said.len(), 1, "{said:?}");
        assert_eq!(counted.records, LINES as u64, "{counted:?}");
        assert_eq!(counted.out_of_order + counted.dropped, 0, "{counted:?}");
        // Before its deadline, or it would have been killed.
        assert_eq!(record.exits("ingest"), [Some(0)]);
    })
    .await;
}
