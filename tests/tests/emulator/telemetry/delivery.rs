//! The emulator's deliveries: the limits of a batch, and retries.

use std::time::Duration;

use lambda_ext::emulator::record::StepKind;
use lambda_ext::emulator::{Emulator, LogFormat};
use lambda_ext_tests::fake::{Fake, Request, bounded};
use lambda_ext_tests::subscriber::{amid, lines};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

use super::HOURS;

#[tokio::test]
async fn batch_is_posted_to_the_full_uri_as_json_list() {
    bounded(async {
        for host in ["sandbox.localdomain", "sandbox", "localhost"] {
            let mut fake = Fake::start().await;
            let port = fake.runtime_api().rsplit(':').next().unwrap().to_owned();
            let uri = format!("http://{host}:{port}/a/b?c=d");
            let change = |body: &mut Value| body["destination"]["URI"] = json!(uri);
            let (emulator, ..) = amid(Emulator::builder(), &fake, change).await;
            emulator.log("a line");
            let request = fake.expect("/a/b?c=d").await;
            assert_eq!(request.method, "POST");
            assert_eq!(request.header("content-type"), "application/json");
            assert_eq!(request.header("host"), format!("{host}:{port}"));
            assert_eq!(lines(&request), ["a line\n"]);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn batch_closes_by_time_since_its_first_event() {
    bounded(async {
        for (buffering, time) in [(json!({}), 1000), (json!({"timeoutMs": 30_000}), 30_000)] {
            let mut fake = Fake::start().await;
            let change = |body: &mut Value| body["buffering"] = buffering;
            let (emulator, ..) = amid(Emulator::builder(), &fake, change).await;
            let time = Duration::from_millis(time);
            let first = Instant::now();
            emulator.log("1");
            sleep(time * 3 / 4).await;
            emulator.log("2");
            let request = fake.request().await;
            assert_eq!(lines(&request), ["1\n", "2\n"]);
            // The clock is the test's, so this is exact.
            assert!(first.elapsed() >= time, "{:?}", first.elapsed());
            assert!(first.elapsed() < time * 5 / 4, "{:?}", first.elapsed());
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn batch_closes_by_items() {
    bounded(async {
        let mut fake = Fake::start().await;
        let change = |body: &mut Value| {
            body["buffering"] = json!({"maxItems": 1000, "timeoutMs": 30_000});
        };
        let (emulator, ..) = amid(Emulator::builder(), &fake, change).await;
        let begin = Instant::now();
        for line in 0..2_500 {
            emulator.log(&line.to_string());
        }
        let mut expected = 0..;
        for (count, at_once) in [(1000, true), (1000, true), (500, false)] {
            let request = fake.request().await;
            let lines = lines(&request);
            let numbers: Vec<_> = lines.iter().map(|line| line.trim_end().parse()).collect();
            let next: Vec<_> = expected.by_ref().take(count).map(Ok).collect();
            assert_eq!(numbers, next);
            assert_eq!(begin.elapsed() < Duration::from_secs(30), at_once);
            request.reply(200, "", "");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn batch_without_limits_has_ten_thousand_items() {
    bounded(async {
        let mut fake = Fake::start().await;
        // So many lines are less than that.
        let change = |body: &mut Value| body["buffering"] = json!({"maxBytes": 1_048_576});
        let (emulator, ..) = amid(Emulator::builder(), &fake, change).await;
        for _ in 0..10_001 {
            emulator.log("1");
        }
        for count in [10_000, 1] {
            let request = fake.request().await;
            assert_eq!(lines(&request).len(), count);
            request.reply(200, "", "");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn batch_closes_by_bytes() {
    bounded(async {
        for (buffering, most) in [
            (json!({}), 262_144),
            (json!({"maxBytes": 524_288}), 524_288),
        ] {
            let mut fake = Fake::start().await;
            let change = |body: &mut Value| body["buffering"] = buffering;
            let (emulator, ..) = amid(Emulator::builder(), &fake, change).await;
            let begin = Instant::now();
            let line = "x".repeat(1000);
            for _ in 0..600 {
                emulator.log(&line);
            }
            let request = fake.request().await;
            assert!(begin.elapsed() < Duration::from_secs(1));
            let length = request.body.len();
            assert!((most..most + 2 * line.len()).contains(&length), "{length}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn batches_are_delivered_one_at_a_time() {
    bounded(async {
        let mut fake = Fake::start().await;
        let (emulator, ..) = amid(Emulator::builder(), &fake, |_| {}).await;
        emulator.log("1");
        let first = fake.request().await;
        emulator.log("2");
        sleep(HOURS).await;
        assert!(fake.unasked().is_none());
        first.reply(200, "", "");
        assert_eq!(lines(&fake.request().await), ["2\n"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn unaccepted_batch_is_retried_unchanged_with_backoff() {
    bounded(async {
        let mut fake = Fake::start().await;
        let (emulator, ..) = amid(Emulator::builder(), &fake, |_| {}).await;
        emulator.log("1");
        let first = fake.request().await;
        let body = first.body.clone();
        emulator.log("2");
        let mut pauses = Vec::new();
        let mut last = Instant::now();
        first.reply(500, "", "");
        let refusals: [fn(Request); 5] = [
            |request| request.reply(400, "", ""),
            |request| request.reply(503, "", ""),
            // Without an answer.
            drop,
            |request| request.raw("nonsense\r\n\r\n"),
            |request| request.reply(204, "", ""),
        ];
        for answer in refusals {
            let request = fake.request().await;
            pauses.push(last.elapsed());
            last = Instant::now();
            assert_eq!(request.body, body);
            answer(request);
        }
        assert!(pauses.is_sorted() && pauses[0] < pauses[4], "{pauses:?}");
        assert_eq!(lines(&fake.request().await), ["2\n"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn answer_without_its_body_accepts_the_batch() {
    bounded(async {
        let mut fake = Fake::start().await;
        let (emulator, ..) = amid(Emulator::builder(), &fake, |_| {}).await;
        emulator.log("1");
        // The client has to do without the rest of the body, and without this connection.
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
        fake.request().await.raw(answer);
        emulator.log("2");
        let next = fake.request().await;
        assert_eq!(lines(&next), ["2\n"]);
        assert_eq!(next.connection, 2);
    })
    .await;
}

#[tokio::test]
async fn destination_may_have_any_path_of_a_url() {
    bounded(async {
        let mut fake = Fake::start().await;
        let port = fake.runtime_api().rsplit(':').next().unwrap().to_owned();
        let uri = format!("http://sandbox:{port}/a b/é?c=\"<d>");
        let change = |body: &mut Value| body["destination"]["URI"] = json!(uri);
        let (emulator, ..) = amid(Emulator::builder(), &fake, change).await;
        emulator.log("a line");
        fake.expect("/a%20b/%C3%A9?c=%22%3Cd%3E").await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn batch_waits_for_a_listener() {
    bounded(async {
        // Free once it is dropped, and nobody else's: connections of this process are few.
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = port.local_addr().unwrap();
        let uri = format!("http://{address}/");
        let change = |body: &mut Value| body["destination"]["URI"] = json!(uri);
        let fake = Fake::start().await;
        let (emulator, ..) = amid(Emulator::builder(), &fake, change).await;
        drop(port);
        emulator.log("1");
        let failed = |what: &StepKind| matches!(what, StepKind::Delivered { error: Some(_), .. });
        while !emulator
            .record()
            .steps
            .iter()
            .any(|step| failed(&step.kind))
        {
            sleep(Duration::from_millis(1)).await;
        }
        let mut fake = Fake::at(address).await;
        assert_eq!(lines(&fake.request().await), ["1\n"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn redirect_counts_as_an_answer() {
    bounded(async {
        let (mut fake, mut other) = (Fake::start().await, Fake::start().await);
        let (emulator, ..) = amid(Emulator::builder(), &fake, |_| {}).await;
        emulator.log("1");
        let location = format!("Location: http://{}/\r\n", other.runtime_api());
        fake.request().await.reply(307, &location, "");
        emulator.log("2");
        assert_eq!(lines(&fake.request().await), ["2\n"]);
        assert!(other.unasked().is_none());
    })
    .await;
}

/// The lines that come over a connection.
async fn line(reading: &mut BufReader<TcpStream>) -> Value {
    let mut line = String::new();
    reading.read_line(&mut line).await.unwrap();
    serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"))
}

/// Over TCP, to this listener.
fn over_tcp(listener: &TcpListener) -> impl FnOnce(&mut Value) {
    let port = listener.local_addr().unwrap().port();
    move |body| body["destination"] = json!({"protocol": "TCP", "port": port})
}

#[tokio::test(start_paused = true)]
async fn tcp_event_is_a_line_on_one_connection() {
    bounded(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let builder = Emulator::builder().log_format(LogFormat::Json);
        let fake = Fake::start().await;
        let (emulator, ..) = amid(builder, &fake, over_tcp(&listener)).await;
        let mut reading = BufReader::new(listener.accept().await.unwrap().0);
        // One batch, and another one.
        emulator.log("1");
        emulator.log("{\n\"a\":\r\n\"b\\n\"}");
        assert_eq!(line(&mut reading).await["record"], "1\n");
        assert_eq!(line(&mut reading).await["record"], json!({"a": "b\n"}));
        emulator.log("3");
        assert_eq!(line(&mut reading).await["record"], "3\n");
        tokio::select! {
            biased;
            again = listener.accept() => panic!("{again:?}"),
            () = sleep(HOURS) => {}
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn lost_tcp_connection_is_reopened() {
    bounded(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Fake::start().await;
        let (emulator, ..) = amid(Emulator::builder(), &fake, over_tcp(&listener)).await;
        drop(listener.accept().await.unwrap());
        // Data on a lost connection is lost until the system reports an error.
        let mut again = loop {
            emulator.log("a line");
            tokio::select! {
                accepted = listener.accept() => break BufReader::new(accepted.unwrap().0),
                () = sleep(Duration::from_secs(2)) => {}
            }
        };
        assert_eq!(line(&mut again).await["record"], "a line\n");
    })
    .await;
}
