//! Ends of invocations are found before the queue, and bounded.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;
use tokio::task::yield_now;

use super::super::end_scanner::MOST_ENDS;
use super::*;
use crate::RuntimeDone;
use crate::telemetry::Dropped;

/// For a handler of both.
const BOTH: Interest = Interest {
    batches: true,
    runtime_done: true,
    reports: false,
};

/// For a handler of the ends alone.
const ENDS: Interest = Interest {
    batches: false,
    ..BOTH
};

fn done(request_id: &str) -> String {
    done_at(request_id, 642)
}

fn done_at(request_id: &str, millis: u32) -> String {
    format!(
        r#"{{"time":"2026-03-04T09:15:00.{millis}Z","type":"platform.runtimeDone","record":{{"requestId":"{request_id}","status":"success"}}}}"#
    )
}

fn report(request_id: &str) -> String {
    format!(
        r#"{{"time":"2026-03-04T09:15:00.660Z","type":"platform.report","record":{{"requestId":"{request_id}","status":"success","metrics":{{"durationMs":248.301}}}}}}"#
    )
}

fn log() -> String {
    r#"{"time":"2026-03-04T09:15:00.600Z","type":"function","record":"platform.runtimeDone"}"#
        .to_owned()
}

fn array(events: &[String]) -> TelemetryBatch {
    batch(&format!("[{}]", events.join(",")))
}

fn has_report(inbox: &Inbox) -> bool {
    inbox.state().invocations.has_last_report()
}

fn next_end(inbox: &Inbox) -> Box<RuntimeDone> {
    shut_down(inbox);
    match inbox.try_take() {
        Some(Item::RuntimeDone(done)) => done,
        other => panic!("an end, not {other:?}"),
    }
}

#[tokio::test]
async fn end_is_behind_its_batch() {
    let inbox = Inbox::new(BOTH);
    inbox.put(array(&[done("1"), log()])).await.unwrap();
    inbox.put(array(&[log()])).await.unwrap();
    assert_eq!(taken(&inbox), ["[{\"t", "1", "[{\"t"]);
}

#[tokio::test]
async fn end_does_not_wait_for_capacity() {
    let inbox = full(BOTH).await;
    begin(&inbox, "1");
    let mut put = pin!(inbox.put(array(&[done("1")])));
    assert_eq!((&mut put).now_or_never(), None);
    let items: Vec<_> = (0..3).filter_map(|_| inbox.try_take()).collect();
    let items: Vec<_> = items.iter().map(name).collect();
    assert_eq!(items, ["[\"aa", "[\"bb", "1"]);
    put.await.unwrap();
    assert_eq!(taken(&inbox), ["[{\"t"]);
}

#[tokio::test(start_paused = true)]
async fn end_of_a_dropped_batch_is_delivered() {
    let inbox = full(BOTH).await;
    inbox.put(array(&[done("1")])).await.unwrap();
    assert_eq!(taken(&inbox), ["[\"aa", "[\"bb", "1"]);
}

#[tokio::test]
async fn end_wakes_the_event_loop() {
    let inbox = Inbox::new(ENDS);
    begin(&inbox, "1");
    let waiting = tokio::spawn({
        let inbox = inbox.clone();
        async move { inbox.take().await }
    });
    yield_now().await;
    inbox.put(array(&[done("1")])).await.unwrap();
    assert_eq!(name(&waiting.await.unwrap()), "1");
}

#[tokio::test]
async fn repeated_end_is_ignored() {
    let inbox = Inbox::new(ENDS);
    inbox
        .put(array(&[done("1"), done("2"), done("1")]))
        .await
        .unwrap();
    inbox.put(array(&[done("2"), done("3")])).await.unwrap();
    assert_eq!(taken(&inbox), ["1", "2", "3"]);
}

#[tokio::test]
async fn invocation_that_is_retried_ends_again() {
    let inbox = Inbox::new(ENDS);
    inbox
        .put(array(&[done_at("1", 642), report("1")]))
        .await
        .unwrap();
    inbox.put(array(&[done_at("1", 793)])).await.unwrap();
    assert_eq!(next_end(&inbox).previous_report, None);
    let again = next_end(&inbox);
    assert_eq!(again.request_id(), "1");
    assert!(again.previous_report.is_some());
}

#[tokio::test]
async fn batches_without_a_handler_are_not_delivered() {
    let inbox = Inbox::new(ENDS);
    inbox.put(array(&[log(), done("1")])).await.unwrap();
    inbox.put(array(&[log()])).await.unwrap();
    assert_eq!(inbox.undelivered().records, 0);
    inbox.cancelled(&Receipt::Batch(array(&[log()])));
    assert_eq!(inbox.undelivered().records, 0);
    assert_eq!(taken(&inbox), ["1"]);
}

#[tokio::test]
async fn ends_without_a_handler_are_in_their_batch_only() {
    for reports in [false, true] {
        let inbox = Inbox::new(Interest { reports, ..BATCHES });
        begin(&inbox, "1");
        inbox.put(array(&[done("1"), report("1")])).await.unwrap();
        assert_eq!(taken(&inbox), ["[{\"t"]);
        assert_eq!(has_report(&inbox), reports);
    }
}

#[tokio::test]
async fn report_of_the_running_invocation_is_found_in_any_format() {
    let as_written = report("1");
    let spaced = as_written
        .replace(':', " : ")
        .replace("15 : 00 : ", "15:00:");
    let other_first = format!("{},{as_written}", report("0"));
    for (text, known) in [
        (as_written, true),
        (spaced, true),
        (other_first, true),
        (report("2"), false),
        (log().replace("runtimeDone", "report"), false),
    ] {
        let inbox = Inbox::new(Interest {
            reports: true,
            ..BATCHES
        });
        inbox.put(batch(&format!("[{text}]"))).await.unwrap();
        assert!(!has_report(&inbox), "before it has begun: {text}");
        begin(&inbox, "1");
        let again = inbox.of_connection();
        again.put(batch(&format!("[{text} ]"))).await.unwrap();
        assert_eq!(has_report(&inbox), known, "{text}");
    }
}

#[tokio::test]
async fn end_brings_the_report_of_the_previous_invocation() {
    let inbox = Inbox::new(ENDS);
    inbox.put(array(&[done("1")])).await.unwrap();
    inbox
        .put(array(&[report("1"), done("2"), report("2")]))
        .await
        .unwrap();
    inbox.put(array(&[done("3")])).await.unwrap();
    inbox.put(array(&[report("2"), done("4")])).await.unwrap();
    let reports: Vec<_> = (1..=4)
        .map(|_| Some(next_end(&inbox).previous_report?.request_id.into_owned()))
        .collect();
    let reports: Vec<_> = reports.iter().map(Option::as_deref).collect();
    assert_eq!(reports, [None, Some("1"), Some("2"), None]);
}

#[tokio::test]
async fn report_in_a_batch_without_capacity_is_known() {
    let inbox = full(BOTH).await;
    begin(&inbox, "1");
    assert!(!has_report(&inbox));
    let mut put = pin!(inbox.put(array(&[report("1")])));
    assert_eq!((&mut put).now_or_never(), None);
    assert!(has_report(&inbox));
}

#[tokio::test]
async fn ends_in_lines_are_found() {
    let inbox = Inbox::new(BOTH);
    let lines = format!("{}\n{}\n", log(), done("1"));
    inbox
        .put(TelemetryBatch::new(lines, Framing::Lines))
        .await
        .unwrap();
    assert_eq!(taken(&inbox), ["{\"ti", "1"]);
}

#[tokio::test]
async fn malformed_event_does_not_hide_an_end() {
    let inbox = Inbox::new(ENDS);
    let odd = r#"{"type":"platform.runtimeDone","record":7}"#.to_owned();
    inbox
        .put(array(&["null".to_owned(), odd, done("1")]))
        .await
        .unwrap();
    assert_eq!(taken(&inbox), ["1"]);
}

#[tokio::test]
async fn oldest_queued_ends_are_dropped_and_counted() {
    let inbox = Inbox::new(ENDS);
    for number in 0..100 {
        inbox
            .put(array(&[done(&number.to_string())]))
            .await
            .unwrap();
    }
    let left: Vec<_> = (100 - MOST_ENDS..100)
        .map(|number| number.to_string())
        .collect();
    assert_eq!(taken(&inbox), left);
    assert_eq!(inbox.close().1, 100 - MOST_ENDS as u64);
}

/// Local processes may make up ends.
#[tokio::test]
async fn end_of_the_running_invocation_survives_made_up_ones() {
    let made_up = || (0..1000).map(|number| done(&format!("made up {number}")));
    let together: Vec<_> = std::iter::once(done("1")).chain(made_up()).collect();
    let one_by_one: Vec<_> = together.chunks(1).map(<[_]>::to_vec).collect();
    for deliveries in [vec![together], one_by_one] {
        let inbox = Inbox::new(ENDS);
        begin(&inbox, "1");
        for ends in deliveries {
            inbox.put(array(&ends)).await.unwrap();
        }
        assert_eq!(next_end(&inbox).request_id(), "1");
        assert_eq!(inbox.close().1, 1000);
    }
}

#[tokio::test]
async fn invocation_that_is_retried_has_no_report_yet() {
    let inbox = Inbox::new(Interest {
        reports: true,
        ..BOTH
    });
    begin(&inbox, "1");
    inbox.put(array(&[done("1"), report("1")])).await.unwrap();
    assert!(has_report(&inbox));
    begin(&inbox, "1");
    assert!(!has_report(&inbox));
}

#[tokio::test]
async fn repeated_batch_does_not_bring_its_report_back() {
    let inbox = Inbox::new(ENDS);
    let repeated = array(&[report("1"), done("2")]);
    for batch in [array(&[done("1")]), repeated.clone()] {
        inbox.put(batch).await.unwrap();
    }
    let connection = inbox.of_connection();
    for batch in [array(&[report("2")]), repeated, array(&[done("3")])] {
        connection.put(batch).await.unwrap();
    }
    shut_down(&inbox);
    let last = std::iter::from_fn(|| inbox.try_take()).last();
    let Some(Item::RuntimeDone(done)) = last else {
        panic!("an end, not {last:?}")
    };
    assert_eq!(done.previous_report.unwrap().request_id, "2");
}

#[tokio::test]
async fn closed_inbox_takes_no_ends_and_returns_how_many_are_left() {
    let inbox = Inbox::new(ENDS);
    inbox.put(array(&[done("1"), done("2")])).await.unwrap();
    assert_eq!(inbox.close(), (Dropped::default(), 2));
    assert_eq!(inbox.put(array(&[done("3")])).await, Err(Closed));
    assert_eq!(taken(&inbox), ["1", "2"]);
}

#[tokio::test]
async fn last_ends_of_a_batch_are_kept() {
    let inbox = Inbox::new(ENDS);
    let ends: Vec<_> = (0..1000).map(|number| done(&number.to_string())).collect();
    inbox.put(array(&ends)).await.unwrap();
    let last: Vec<_> = (1000 - MOST_ENDS..1000)
        .map(|number| number.to_string())
        .collect();
    assert_eq!(taken(&inbox), last);
}

/// Local processes may know the request id.
#[tokio::test]
async fn made_up_ends_of_the_running_invocation_are_bounded() {
    let inbox = Inbox::new(ENDS);
    begin(&inbox, "1");
    for millis in 0..900 {
        inbox
            .put(array(&[done_at("1", 100 + millis)]))
            .await
            .unwrap();
    }
    let queued = taken(&inbox).len() as u64;
    assert!(queued <= MOST_ENDS as u64, "{queued}");
    assert_eq!(inbox.close().1, 900 - queued);
}

/// A handler without `runtime_done` loses nothing.
#[tokio::test]
async fn excess_of_reports_is_not_counted() {
    let inbox = Inbox::new(Interest {
        reports: true,
        ..BATCHES
    });
    begin(&inbox, "1");
    let reports: Vec<_> = (0..1000)
        .map(|number| report(&number.to_string()))
        .collect();
    inbox.put(array(&reports)).await.unwrap();
    assert!(has_report(&inbox));
    assert_eq!(inbox.close().1, 0);
}

#[tokio::test]
async fn end_that_is_too_long_is_dropped_and_counted() {
    let inbox = Inbox::new(ENDS);
    let long_id = done(&"8d2f".repeat(100));
    let long = done(&"1".repeat(100_000));
    inbox.put(array(&[long_id, long, done("1")])).await.unwrap();
    assert_eq!(taken(&inbox), ["1"]);
    assert_eq!(inbox.close().1, 2);
}

#[tokio::test]
async fn search_of_a_large_batch_lets_other_tasks_run() {
    let inbox = Inbox::new(ENDS);
    let turns = Arc::new(AtomicUsize::new(0));
    let other = tokio::spawn({
        let turns = Arc::clone(&turns);
        async move {
            loop {
                turns.fetch_add(1, Ordering::Relaxed);
                yield_now().await;
            }
        }
    });
    let numbers = "1,".repeat(budget::DELIVERY / 2);
    inbox
        .put(batch(&format!("[\"platform.runtimeDone\",{numbers}1]")))
        .await
        .unwrap();
    let turns = turns.load(Ordering::Relaxed);
    assert!(turns >= 60, "{turns} turns");
    other.abort();
}
