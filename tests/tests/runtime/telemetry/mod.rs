//! Telemetry in the event loop: the subscription, and the moments at which batches are handled.
//!
//! The modules below it test how a batch is decoded, and telemetry under the emulator.

mod batch;
mod decoder;
mod emulated;
mod types;
mod values;

use std::net::TcpListener;
use std::time::Duration;

use lambda_ext::{Extension, Method, RunError, TelemetryType};
use lambda_ext_tests::delivery::{Delivery, line, report};
use lambda_ext_tests::fake::{self, Fake, bounded};
use lambda_ext_tests::told::{
    Batches, Both, Ends, LONG, Told, nothing_is_asked, nothing_is_called, play, settle, subscribed,
};
use serde_json::json;
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn listener_is_open_before_register_and_subscribe() {
    let (handler, _) = Batches::new();
    let outcome = play(handler, async |fake| {
        fake.expect(fake::REGISTER).await.registered();
        let request = fake.expect(fake::TELEMETRY).await;
        assert_eq!(Delivery::of(&request).send(&[line("early")]).await, 200);
        request.subscribed();
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn destination_is_sandbox_and_a_free_port() {
    let (handler, _) = Batches::new();
    let outcome = play(handler, async |fake| {
        fake.expect(fake::REGISTER).await.registered();
        let request = fake.expect(fake::TELEMETRY).await;
        let port = Delivery::of(&request).port();
        assert!(port != 0 && port != 9001);
        let uri = format!("http://sandbox.localdomain:{port}/");
        assert_eq!(request.json()["destination"]["URI"], uri);
        // Not the one address: another of this machine's is taken too.
        assert!(TcpListener::bind(("127.0.0.2", port)).is_err());
        request.subscribed();
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn address_and_host_can_be_set() {
    bounded(async {
        let mut fake = Fake::start().await;
        let builder = Extension::builder().name("ext").telemetry_host("127.0.0.1");
        let builder = builder.telemetry_address(([127, 0, 0, 1], 0));
        let extension = builder.runtime_api(fake.runtime_api()).build().unwrap();
        let platform = async {
            fake.expect(fake::REGISTER).await.registered();
            let request = fake.expect(fake::TELEMETRY).await;
            let delivery = Delivery::of(&request);
            let uri = format!("http://127.0.0.1:{}/", delivery.port());
            assert_eq!(request.json()["destination"]["URI"], uri);
            // Only at that address: the port is free at others.
            if cfg!(target_os = "linux") {
                TcpListener::bind(("127.0.0.2", delivery.port())).unwrap();
            }
            request.subscribed();
            fake.expect(fake::NEXT).await.shutdown();
        };
        let running = extension.run(Batches::new().0);
        tokio::join!(running, platform).0.unwrap();
    })
    .await;
}

#[tokio::test]
async fn subscribe_runs_beside_init_and_before_next() {
    let (handler, mut calls) = Batches::new();
    let init = handler.waits.next("init");
    let outcome = play(handler, async |fake| {
        fake.expect(fake::REGISTER).await.registered();
        let request = fake.expect(fake::TELEMETRY).await;
        calls.expect(&["init"]).await;
        drop(init);
        nothing_is_asked(fake).await;
        request.subscribed();
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn refused_subscription_is_an_init_error() {
    let (handler, _) = Batches::new();
    let outcome = play(handler, async |fake| {
        fake.expect(fake::REGISTER).await.registered();
        let body = r#"{"errorMessage":"closed","errorType":"Telemetry.SubscriptionClosed"}"#;
        fake.expect(fake::TELEMETRY).await.reply(403, "", body);
        let request = fake.expect(fake::INIT_ERROR).await;
        let text = "telemetry: the platform answered 403: Telemetry.SubscriptionClosed: closed";
        assert_eq!(request.json()["errorMessage"], text);
        request.accepted();
    });
    assert!(matches!(outcome.await, Err(RunError::Client(_))));
}

#[tokio::test]
async fn platform_without_telemetry_is_no_failure() {
    for (status, body) in [(202, "{}"), (200, "")] {
        let (handler, mut calls) = Both::new();
        let outcome = play(handler, async |fake| {
            fake.expect(fake::REGISTER).await.registered();
            fake.expect(fake::TELEMETRY).await.reply(status, "", body);
            fake.expect(fake::NEXT).await.invoke_for("1", LONG);
            // Not held back: no end is going to come.
            fake.expect(fake::NEXT).await.shutdown();
        });
        outcome.await.unwrap();
        calls
            .expect(&["init", "invoke 1", "shutdown spindown"])
            .await;
    }
}

#[tokio::test]
async fn port_in_use_is_an_error_before_register() {
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let address = taken.local_addr().unwrap();
    bounded(async {
        let mut fake = Fake::start().await;
        let builder = Extension::builder().name("ext").telemetry_address(address);
        let extension = builder.runtime_api(fake.runtime_api()).build().unwrap();
        let error = extension.run(Batches::new().0).await.unwrap_err();
        let text = error.to_string();
        let start = format!("cannot bind telemetry listener to {address}: ");
        assert!(text.starts_with(&start), "{text}");
        assert!(text.ends_with("port 0 selects a free one)"), "{text}");
        assert!(fake.unasked().is_none());
    })
    .await;
}

#[tokio::test]
async fn types_without_a_telemetry_handler_are_an_error() {
    bounded(async {
        let fake = Fake::start().await;
        let builder = Extension::builder().runtime_api(fake.runtime_api());
        let builder = builder.telemetry([TelemetryType::Function]);
        let extension = builder.build().unwrap();
        let nothing = extension.clone().run(Told::<false, false>::new().0).await;
        let ends = extension.run(Ends::new().0).await;
        for error in [nothing.unwrap_err(), ends.unwrap_err()] {
            assert_eq!(
                error.to_string(),
                "the telemetry subscription is invalid: the handler takes no telemetry: \
                 its `CONFIG` must name some, by `Config::telemetry`"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn runtime_done_without_platform_telemetry_is_an_error() {
    bounded(async {
        let fake = Fake::start().await;
        let builder = Extension::builder().runtime_api(fake.runtime_api());
        let builder = builder.telemetry([lambda_ext::TelemetryType::Function]);
        let error = builder.build().unwrap().run(Both::new().0);
        let text = error.await.unwrap_err().to_string();
        assert!(
            text.ends_with("`runtime_done` needs `Platform` telemetry"),
            "{text}"
        );
    })
    .await;
}

#[tokio::test]
async fn batch_is_handled_while_next_waits() {
    let (handler, mut calls) = Batches::new();
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        let next = fake.expect(fake::NEXT).await;
        delivery.send(&[line("a"), line("b")]).await;
        calls.expect(&["init", "telemetry a b"]).await;
        next.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn batch_is_never_handled_beside_another_method() {
    let (handler, mut calls) = Batches::new();
    let invoke = handler.waits.next("invoke");
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        calls.expect(&["init", "invoke 1"]).await;
        assert_eq!(delivery.send(&[line("a")]).await, 200);
        nothing_is_called(&mut calls).await;
        drop(invoke);
        calls.expect(&["telemetry a"]).await;
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn delivery_is_answered_while_a_batch_is_handled() {
    let (handler, mut calls) = Batches::new();
    let telemetry = handler.waits.next("telemetry");
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        let next = fake.expect(fake::NEXT).await;
        delivery.send(&[line("a")]).await;
        calls.expect(&["init", "telemetry a"]).await;
        assert_eq!(delivery.send(&[line("b")]).await, 200);
        drop(telemetry);
        calls.expect(&["telemetry b"]).await;
        next.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn event_waits_for_a_handled_batch() {
    let (handler, mut calls) = Batches::new();
    let telemetry = handler.waits.next("telemetry");
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        let next = fake.expect(fake::NEXT).await;
        delivery.send(&[line("a")]).await;
        calls.expect(&["init", "telemetry a"]).await;
        next.invoke_for("1", LONG);
        nothing_is_called(&mut calls).await;
        drop(telemetry);
        calls.expect(&["invoke 1"]).await;
        fake.expect(fake::NEXT).await.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn event_waits_within_its_budget_and_loss_is_counted() {
    let (handler, mut calls) = Batches::new();
    let _never = handler.waits.next("telemetry");
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        let next = fake.expect(fake::NEXT).await;
        delivery.send(&[line("a"), line("b")]).await;
        calls.expect(&["init", "telemetry a b"]).await;
        next.invoke_for("1", Duration::from_millis(200));
        calls.expect(&["invoke 1"]).await;
        let next = fake.expect(fake::NEXT).await;
        delivery.send(&[line("c")]).await;
        calls.expect(&["telemetry c dropped 2"]).await;
        delivery.send(&[line("d")]).await;
        calls.expect(&["telemetry d"]).await;
        next.shutdown();
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn batches_before_shutdown_are_handled_before_it() {
    let (handler, mut calls) = Batches::new();
    let telemetry = handler.waits.next("telemetry");
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        let next = fake.expect(fake::NEXT).await;
        delivery.send(&[line("a")]).await;
        calls.expect(&["init", "telemetry a"]).await;
        delivery.send(&[line("b")]).await;
        delivery.send(&[line("c")]).await;
        next.shutdown_in(LONG);
        drop(telemetry);
    });
    outcome.await.unwrap();
    calls
        .expect(&["telemetry b", "telemetry c", "shutdown timeout"])
        .await;
}

#[tokio::test]
async fn shutdown_waits_for_the_last_report() {
    let (handler, mut calls) = Batches::new();
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        fake.expect(fake::NEXT).await.shutdown_in(LONG);
        calls.expect(&["init", "invoke 1"]).await;
        delivery.send(&[line("a")]).await;
        calls.expect(&["telemetry a"]).await;
        delivery.send(&[line("b"), report("1")]).await;
    });
    outcome.await.unwrap();
    calls
        .expect(&["telemetry b report-of-1", "shutdown timeout"])
        .await;
}

#[tokio::test]
async fn shutdown_after_the_last_report_does_not_wait() {
    let (handler, mut calls) = Batches::new();
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        delivery.send(&[report("1")]).await;
        // Longer than the test: only quiet would end the wait, and there is none.
        let next = fake.expect(fake::NEXT).await;
        next.shutdown_in(LONG * 60);
        let mut number = 0;
        while delivery
            .try_send(&[line(&number.to_string())])
            .await
            .is_some()
        {
            number += 1;
        }
    });
    outcome.await.unwrap();
    while calls.next().await != "shutdown timeout" {}
}

#[tokio::test]
async fn report_of_earlier_attempt_is_not_the_last() {
    let (handler, mut calls) = Batches::new();
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        delivery.send(&[report("1")]).await;
        calls
            .expect(&["init", "invoke 1", "telemetry report-of-1"])
            .await;
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        fake.expect(fake::NEXT).await.shutdown_in(LONG);
        calls.expect(&["invoke 1"]).await;
        nothing_is_called(&mut calls).await;
        delivery.send(&[line("late"), report("1")]).await;
    });
    outcome.await.unwrap();
    calls
        .expect(&["telemetry late report-of-1", "shutdown timeout"])
        .await;
}

#[tokio::test]
async fn deliveries_during_shutdown_are_refused() {
    let (handler, mut calls) = Batches::new();
    let shutdown = handler.waits.next("shutdown");
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        delivery.send(&[report("1")]).await;
        fake.expect(fake::NEXT).await.shutdown_in(LONG);
        calls
            .expect(&["init", "invoke 1", "telemetry report-of-1"])
            .await;
        calls.expect(&["shutdown timeout"]).await;
        assert_eq!(delivery.try_send(&[line("late")]).await, None);
        drop(shutdown);
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn delivery_in_progress_at_shutdown_is_waited_for() {
    let (handler, mut calls) = Batches::new();
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        let body = json!([line("slow")]).to_string();
        let mut connection = delivery.connect().await;
        let head = format!(
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        fake.expect(fake::NEXT).await.shutdown_in(LONG);
        // Longer than anything is waited for otherwise.
        tokio::time::sleep(Duration::from_millis(400)).await;
        connection.write_all(body.as_bytes()).await.unwrap();
        calls
            .expect(&["init", "telemetry slow", "shutdown timeout"])
            .await;
    });
    outcome.await.unwrap();
}

#[tokio::test]
async fn hanging_batch_does_not_delay_shutdown_beyond_its_budget() {
    let (handler, mut calls) = Batches::new();
    let _never = handler.waits.next("telemetry");
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        let next = fake.expect(fake::NEXT).await;
        next.shutdown_in(Duration::from_millis(600));
        settle().await;
        delivery.send(&[line("a")]).await;
    });
    outcome.await.unwrap();
    calls
        .expect(&["init", "telemetry a", "shutdown timeout"])
        .await;
}

#[tokio::test]
async fn failed_telemetry_is_an_exit_error() {
    let (mut handler, _) = Batches::new();
    handler.fails = "telemetry";
    let outcome = play(handler, async |fake| {
        let delivery = subscribed(fake).await;
        let next = fake.expect(fake::NEXT).await;
        delivery.send(&[line("a")]).await;
        let request = fake.expect(fake::EXIT_ERROR).await;
        let error_type = request.header("lambda-extension-function-error-type");
        assert_eq!(error_type, "Extension.TelemetryFailed");
        request.accepted();
        drop(next);
    });
    let method = match outcome.await.unwrap_err() {
        RunError::Failed { method, .. } => method,
        other => panic!("{other}"),
    };
    assert_eq!(method, Method::Telemetry);
}
