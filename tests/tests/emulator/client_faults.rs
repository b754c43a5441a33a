//! Extensions on our client, while the emulator injects faults into their calls and their
//! telemetry.

use std::time::Duration;

use lambda_ext::emulator::{Call, Emulator, EmulatorError, Fault, Invocation, TelemetryFault};
use lambda_ext::{
    Client, Config, Error, EventType, Handler, InvokeEvent, ShutdownEvent, ShutdownReason,
};
use lambda_ext_tests::fake::{Fake, bounded};
use lambda_ext_tests::subscriber::{amid, lines};
use tokio::time::{Instant, sleep};

/// A handler that remembers what it got.
#[derive(Debug, Default)]
struct Diary(Vec<String>);

impl Handler for Diary {
    const CONFIG: Config = Config::new(&[EventType::Invoke, EventType::Shutdown]);

    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        self.0.push(event.request_id);
        Ok(())
    }

    async fn shutdown(&mut self, event: ShutdownEvent) -> Result<(), Error> {
        self.0.push(event.shutdown_reason.to_string());
        Ok(())
    }
}

/// Two invocations and SHUTDOWN, with these faults from the start.
async fn life(faults: &[(Call, Fault)]) -> (Result<Diary, EmulatorError>, Emulator) {
    let emulator = Emulator::start().await.unwrap();
    for (call, fault) in faults {
        emulator.inject(*call, fault.clone());
    }
    let extension = emulator.extension("ext").run(Diary::default());
    let scenario = async {
        for id in ["1", "2"] {
            let invocation = Invocation::default().request_id(id);
            emulator.invoke(invocation).await?;
        }
        emulator.shutdown(ShutdownReason::Spindown).await
    };
    let (diary, outcome) = tokio::join!(extension, scenario);
    let diary = diary.and_then(|diary| outcome.map(|()| diary));
    (diary, emulator)
}

fn reply(status: u16) -> Fault {
    let body = String::new();
    Fault::Reply { status, body }
}

#[tokio::test(start_paused = true)]
async fn delays_change_nothing() {
    bounded(async {
        for fault in [
            Fault::Delay(Duration::from_secs(1)),
            Fault::Slow(Duration::from_millis(1)),
        ] {
            let faults = [Call::Register, Call::Next, Call::Next, Call::Next];
            let faults = faults.map(|call| (call, fault.clone()));
            let (diary, emulator) = life(&faults).await;
            let diary = diary.unwrap_or_else(|error| panic!("{error}\n{}", emulator.record()));
            assert_eq!(diary.0, ["1", "2", "spindown"], "{fault}");
        }
    })
    .await;
}

#[tokio::test]
async fn next_lost_on_a_kept_connection_is_sent_again() {
    bounded(async {
        let next = (Call::Next, Fault::Close);
        let (diary, emulator) = life(&[next]).await;
        assert_eq!(diary.unwrap().0, ["1", "2", "spindown"]);
        // The call that was closed was never made.
        let next = |call: &&Call| **call == Call::Next;
        let calls = emulator.record().calls("ext");
        assert_eq!(calls.iter().filter(next).count(), 3);
    })
    .await;
}

#[tokio::test]
async fn lost_event_is_missed_and_the_next_one_arrives() {
    bounded(async {
        for fault in [Fault::LoseReply, Fault::TruncateReply(30)] {
            let (diary, emulator) = life(&[(Call::Next, fault)]).await;
            let diary = diary.unwrap_or_else(|error| panic!("{error}\n{}", emulator.record()));
            assert_eq!(diary.0, ["2", "spindown"]);
        }
    })
    .await;
}

#[tokio::test]
async fn malformed_event_ends_extension_and_environment() {
    bounded(async {
        for fault in [
            reply(403),
            reply(200),
            Fault::Raw(b"nonsense\r\n\r\n".to_vec()),
        ] {
            let (diary, emulator) = life(&[(Call::Next, fault.clone())]).await;
            let record = emulator.record();
            assert!(diary.is_err(), "{fault}\n{record}");
            assert_eq!(record.exits("ext"), [Some(1)], "{fault}\n{record}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn registration_is_retried_if_useful_and_refusal_is_returned() {
    bounded(async {
        for (fault, registers) in [
            (reply(503), true),
            (reply(429), true),
            (reply(403), false),
            (reply(500), false),
            (Fault::Close, false),
            (Fault::Raw(b"nonsense".to_vec()), false),
            (Fault::TruncateReply(30), false),
        ] {
            let emulator = Emulator::start().await.unwrap();
            let _ = emulator.extension("ext");
            emulator.inject(Call::Register, fault.clone());
            let client = Client::with(Some("ext"), Some(emulator.runtime_api())).unwrap();
            let outcome = client.register(&[EventType::Invoke]).await;
            assert_eq!(outcome.is_ok(), registers, "{fault}: {outcome:?}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn injected_batch_is_delivered_alone_and_first() {
    bounded(async {
        let mut fake = Fake::start().await;
        let (emulator, ..) = amid(Emulator::builder(), &fake, |_| {}).await;
        emulator.log("1");
        let long = "x".repeat(10_000_000);
        for body in ["", "nonsense", "[]", &long] {
            let fault = TelemetryFault::Batch(body.as_bytes().to_vec());
            assert!(emulator.inject_telemetry("ext", fault));
        }
        for body in ["", "nonsense", "[]", &long] {
            let request = fake.request().await;
            assert!(request.body == body, "{} bytes", request.body.len());
            assert_eq!(request.header("content-type"), "application/json");
            // A poison batch comes again, as any other.
            request.reply(500, "", "");
            let request = fake.request().await;
            assert!(request.body == body, "{} bytes", request.body.len());
            request.reply(200, "", "");
        }
        assert_eq!(lines(&fake.request().await), ["1\n"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn duplicate_fault_repeats_one_batch_only() {
    bounded(async {
        let mut fake = Fake::start().await;
        let (emulator, ..) = amid(Emulator::builder(), &fake, |_| {}).await;
        assert!(emulator.inject_telemetry("ext", TelemetryFault::Duplicate));
        emulator.log("1");
        let first = fake.request().await;
        let body = first.body.clone();
        first.reply(200, "", "");
        emulator.log("2");
        let again = fake.request().await;
        assert_eq!(again.body, body);
        again.reply(200, "", "");
        let next = fake.request().await;
        assert_eq!(lines(&next), ["2\n"]);
        next.reply(200, "", "");
        sleep(Duration::from_secs(3600)).await;
        assert!(fake.unasked().is_none());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn slow_fault_delays_the_next_batch() {
    bounded(async {
        const NEEDS: Duration = Duration::from_secs(60);
        let mut fake = Fake::start().await;
        let (emulator, ..) = amid(Emulator::builder(), &fake, |_| {}).await;
        assert!(emulator.inject_telemetry("ext", TelemetryFault::Slow(NEEDS)));
        emulator.log("1");
        fake.request().await.reply(200, "", "");
        let begin = Instant::now();
        emulator.log("2");
        emulator.log("3");
        let request = fake.request().await;
        assert!(begin.elapsed() >= NEEDS, "{:?}", begin.elapsed());
        assert_eq!(lines(&request), ["2\n", "3\n"]);
    })
    .await;
}

#[tokio::test]
async fn fault_without_subscription_is_refused() {
    bounded(async {
        let fake = Fake::start().await;
        let (emulator, ..) = amid(Emulator::builder(), &fake, |_| {}).await;
        assert!(!emulator.inject_telemetry("other", TelemetryFault::Duplicate));
    })
    .await;
}
