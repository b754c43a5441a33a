//! The example `log-shipper`, with a real ClickHouse, with a store that the test scripts, and under
//! AWS's emulator.
//!
//! Needs `apt-get`, which downloads ClickHouse and installs nothing.

use std::time::Duration;

use lambda_ext::emulator::{
    Emulator, EmulatorBuilder, Initialization, Invocation, LogFormat, Outcome,
};
use lambda_ext_tests::built;
use lambda_ext_tests::clickhouse::ClickHouse;
use lambda_ext_tests::fake::Fake;
use lambda_ext_tests::rie::Rie;
use serde_json::{Value, json};

use super::{ends_well, with_example};

const NAME: &str = "log-shipper";

/// The lines that an invocation prints.
fn lines(request_id: &str) -> [String; 3] {
    let json = json!({"level": "INFO", "requestId": request_id, "message": "paid\nin \"full\""});
    [
        format!("order {request_id} \u{1f980}\ttab, \"quotes\" and \\"),
        json.to_string(),
        format!("order {request_id} is done"),
    ]
}

fn invocation(request_id: &str) -> Invocation {
    let invocation = super::invocation().request_id(request_id);
    lines(request_id)
        .into_iter()
        .fold(invocation, Invocation::log)
}

fn shipping_to(endpoint: impl Into<String>) -> EmulatorBuilder {
    Emulator::builder()
        .executable(built::example(NAME))
        .env("LOG_ENDPOINT", endpoint.into())
        .log_format(LogFormat::Json)
}

/// The same with a long timeout, because rows that time out may arrive twice.
fn patient(endpoint: impl Into<String>) -> EmulatorBuilder {
    shipping_to(endpoint).env("LOG_FLUSH_MS", "60000")
}

async fn invoke(emulator: &Emulator, request_ids: &[&str]) {
    for request_id in request_ids {
        let invoked = emulator.invoke(invocation(request_id)).await.unwrap();
        assert_eq!(invoked.outcome, Outcome::Success);
    }
}

/// The request ids and messages of rows of one type.
fn told<'r>(rows: &'r [Value], kind: &str) -> Vec<(&'r str, &'r str)> {
    let column = |row: &'r Value, name| row[name].as_str().unwrap_or_default();
    let meant = rows.iter().filter(|row| row["type"] == kind);
    meant
        .map(|row| (column(row, "request_id"), column(row, "message")))
        .collect()
}

/// Each line is there once, in order, as are the platform's words about each invocation.
#[track_caller]
fn are_complete(rows: &[Value], request_ids: &[&str]) {
    let expected: Vec<(&str, String)> = request_ids
        .iter()
        .flat_map(|id| lines(id).map(|line| (*id, line)))
        .collect();
    let expected: Vec<(&str, &str)> = expected.iter().map(|(id, line)| (*id, &**line)).collect();
    assert_eq!(told(rows, "function"), expected);
    for kind in ["platform.start", "platform.runtimeDone", "platform.report"] {
        let told = told(rows, kind);
        let ids: Vec<&str> = told.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, request_ids, "{kind}");
        for (id, record) in told {
            let record: Value = serde_json::from_str(record).unwrap();
            assert_eq!(record["requestId"], id);
        }
    }
    for row in rows {
        assert!(!row["time"].as_str().unwrap().is_empty(), "{row}");
        assert_ne!(row["type"], "log-shipper.dropped", "{row}");
    }
}

#[tokio::test]
async fn every_line_is_stored_once_and_in_order() {
    let Some(store) = ClickHouse::start("every_line").await else {
        return;
    };
    with_example(NAME, async {
        let emulator = patient(store.endpoint()).start().await.unwrap();
        let request_ids: Vec<String> = (0..20).map(|number| format!("id-{number}")).collect();
        let request_ids: Vec<&str> = request_ids.iter().map(String::as_str).collect();
        invoke(&emulator, &request_ids).await;
        ends_well(&emulator, NAME).await;
        let rows = store.rows().await;
        are_complete(&rows, &request_ids);
        assert_eq!(rows[0]["type"], "platform.initStart");
        assert_eq!(emulator.record().output(NAME).count(), 0);
    })
    .await;
}

#[tokio::test]
async fn printed_lines_are_stored_before_a_freeze() {
    let Some(store) = ClickHouse::start("before_a_freeze").await else {
        return;
    };
    with_example(NAME, async {
        let emulator = patient(store.endpoint()).start().await.unwrap();
        invoke(&emulator, &["1"]).await;
        let rows = store.rows().await;
        assert_eq!(told(&rows, "function").len(), lines("1").len());
        invoke(&emulator, &["2"]).await;
        ends_well(&emulator, NAME).await;
        are_complete(&store.rows().await, &["1", "2"]);
    })
    .await;
}

#[tokio::test]
async fn store_down_at_first_gets_everything() {
    let Some(mut store) = ClickHouse::start("down_at_first").await else {
        return;
    };
    with_example(NAME, async {
        store.stop().await;
        let emulator = patient(store.endpoint()).start().await.unwrap();
        invoke(&emulator, &["1", "2", "3"]).await;
        store.resume().await;
        assert!(store.rows().await.is_empty());
        invoke(&emulator, &["4", "5"]).await;
        ends_well(&emulator, NAME).await;
        are_complete(&store.rows().await, &["1", "2", "3", "4", "5"]);
        let said = emulator.record();
        let said: Vec<&str> = said.output(NAME).collect();
        assert_eq!(said.len(), 1, "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn store_down_meanwhile_gets_everything() {
    let Some(mut store) = ClickHouse::start("down_meanwhile").await else {
        return;
    };
    with_example(NAME, async {
        let emulator = patient(store.endpoint()).start().await.unwrap();
        invoke(&emulator, &["1", "2"]).await;
        store.stop().await;
        invoke(&emulator, &["3", "4"]).await;
        store.resume().await;
        invoke(&emulator, &["5"]).await;
        ends_well(&emulator, NAME).await;
        are_complete(&store.rows().await, &["1", "2", "3", "4", "5"]);
    })
    .await;
}

#[tokio::test]
async fn managed_instance_sends_rows_as_they_come() {
    let Some(store) = ClickHouse::start("managed").await else {
        return;
    };
    with_example(NAME, async {
        let emulator = patient(store.endpoint())
            .initialization(Initialization::ManagedInstances)
            .start()
            .await
            .unwrap();
        invoke(&emulator, &["1", "2"]).await;
        while told(&store.rows().await, "platform.report").len() < 2 {
            tokio::task::yield_now().await;
        }
        ends_well(&emulator, NAME).await;
        let rows = store.rows().await;
        let lines_of = |id| {
            let [first, json, last] = lines(id);
            // Only JSON says whose it is.
            [
                (String::new(), first),
                (String::from(id), json),
                (String::new(), last),
            ]
        };
        let expected = [lines_of("1"), lines_of("2")].concat();
        let found = told(&rows, "function");
        let found: Vec<_> = found
            .into_iter()
            .map(|(id, line)| (id.to_owned(), line.to_owned()))
            .collect();
        assert_eq!(found, expected);
    })
    .await;
}

#[tokio::test]
async fn store_that_stays_down_costs_no_invocation_and_loss_is_logged() {
    with_example(NAME, async {
        // Nothing listens there.
        let emulator = shipping_to("http://127.0.0.1:1/").start().await.unwrap();
        invoke(&emulator, &["1", "2", "3"]).await;
        ends_well(&emulator, NAME).await;
        says_the_loss(&emulator, "Connection refused");
    })
    .await;
}

#[tokio::test]
async fn silent_store_costs_no_invocation_and_loss_is_logged() {
    with_example(NAME, async {
        // It takes connections, and nobody serves them.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}/", silent.local_addr().unwrap());
        let emulator = shipping_to(endpoint).start().await.unwrap();
        invoke(&emulator, &["1", "2", "3"]).await;
        ends_well(&emulator, NAME).await;
        says_the_loss(&emulator, "did not answer in time");
    })
    .await;
}

#[tokio::test]
async fn short_function_does_not_time_out() {
    with_example(NAME, async {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}/", silent.local_addr().unwrap());
        let emulator = patient(endpoint).start().await.unwrap();
        let short = invocation("1").timeout(Duration::from_secs(2));
        let invoked = emulator.invoke(short).await.unwrap();
        assert_eq!(invoked.outcome, Outcome::Success);
        ends_well(&emulator, NAME).await;
    })
    .await;
}

/// Asserts that the extension logs two lines: rows wait, and rows are lost.
#[track_caller]
fn says_the_loss(emulator: &Emulator, why: &str) {
    let record = emulator.record();
    let said: Vec<&str> = record.output(NAME).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].contains(" rows wait: ") && said[0].contains(why),
        "{said:?}"
    );
    // What init tells, and of each invocation its lines and three words of the platform.
    let rows: usize = said[1]
        .strip_prefix("log-shipper: ")
        .and_then(|said| said.split(' ').next()?.parse().ok())
        .unwrap();
    assert!(rows >= 3 * (lines("1").len() + 3), "{said:?}");
    assert!(
        said[1].contains(" rows are lost: ") && said[1].contains(why),
        "{said:?}"
    );
}

/// The rows of a request.
fn rows(body: &str) -> Vec<Value> {
    let row = |line| serde_json::from_str(line).unwrap();
    body.lines().map(row).collect()
}

#[tokio::test]
async fn temporary_failure_is_retried_with_credentials() {
    with_example(NAME, async {
        let mut store = Fake::start().await;
        let emulator = patient(format!("http://{}/in?a=b", store.runtime_api()))
            .env("LOG_TOKEN", "hush")
            .env("LOG_HEADERS", "X-Tenant=orders")
            .start()
            .await
            .unwrap();
        let scripted = async {
            let first = store.expect("/in?a=b").await;
            assert_eq!(first.method, "POST");
            assert_eq!(first.header("authorization"), "Bearer hush");
            assert_eq!(first.header("x-tenant"), "orders");
            let body = first.body.clone();
            first.reply(503, "", "not now");
            for answer in [429, 500] {
                let again = store.request().await;
                assert_eq!(again.body, body);
                again.reply(answer, "", "");
            }
            let again = store.request().await;
            assert_eq!(again.body, body);
            again.raw("");
            let again = store.request().await;
            assert_eq!(again.body, body);
            // As servers close idle connections.
            again.reply_and_close(204, "", "");
            body
        };
        let (body, ()) = tokio::join!(scripted, invoke(&emulator, &["1"]));
        assert_eq!(told_lines(&body), lines("1"));

        let scripted = async {
            let request = store.request().await;
            let body = request.body.clone();
            request.reply(204, "", "");
            body
        };
        let (body, ()) = tokio::join!(scripted, invoke(&emulator, &["2"]));
        assert_eq!(told_lines(&body), lines("2"));

        let last = async { store.request().await.reply(204, "", "") };
        tokio::join!(last, ends_well(&emulator, NAME));
        assert_eq!(emulator.record().output(NAME).count(), 0);
    })
    .await;
}

#[tokio::test]
async fn refused_rows_are_dropped_and_loss_is_sent_with_later_ones() {
    with_example(NAME, async {
        let mut store = Fake::start().await;
        let endpoint = format!("http://{}/", store.runtime_api());
        let emulator = patient(endpoint).start().await.unwrap();
        let scripted = async {
            let request = store.request().await;
            let refused = request.body.lines().count();
            request.reply(400, "", "no such column\nsomewhere");
            refused
        };
        let (refused, ()) = tokio::join!(scripted, invoke(&emulator, &["1"]));

        let scripted = async {
            let request = store.request().await;
            let body = request.body.clone();
            request.reply(200, "", "");
            body
        };
        let (body, ()) = tokio::join!(scripted, invoke(&emulator, &["2"]));
        let rows = rows(&body);
        assert_eq!(rows[0]["type"], "log-shipper.dropped");
        let loss: Value = serde_json::from_str(rows[0]["message"].as_str().unwrap()).unwrap();
        assert_eq!(loss["records"], refused);
        assert_eq!(told_lines(&body), lines("2"));

        let last = async { store.request().await.reply(200, "", "") };
        tokio::join!(last, ends_well(&emulator, NAME));
        let record = emulator.record();
        let said: Vec<&str> = record.output(NAME).collect();
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("refused"), "{said:?}");
        assert!(
            said[0].ends_with("400 Bad Request no such column"),
            "{said:?}"
        );
    })
    .await;
}

/// The function's lines in a request.
fn told_lines(body: &str) -> Vec<String> {
    let rows = rows(body);
    let lines = told(&rows, "function").into_iter();
    lines.map(|(_, line)| line.to_owned()).collect()
}

#[tokio::test]
async fn wrong_configuration_is_logged_and_function_continues() {
    with_example(NAME, async {
        for (endpoint, why) in [
            ("", "LOG_ENDPOINT is not set"),
            (
                "logs.example",
                "LOG_ENDPOINT does not begin with `https://` or `http://`",
            ),
        ] {
            let emulator = shipping_to(endpoint).start().await.unwrap();
            invoke(&emulator, &["1", "2"]).await;
            ends_well(&emulator, NAME).await;
            let record = emulator.record();
            let said: Vec<&str> = record.output(NAME).collect();
            let expected = [
                &*format!("{NAME}: `init` failed: {why} (`fail_open`: continuing)"),
                &*format!("{NAME}: continuing without its handler: idle until SHUTDOWN"),
            ];
            assert_eq!(said[..2], expected);
        }
    })
    .await;
}

#[test]
fn rie_managed_instance_lines_arrive_once_and_in_order() {
    let store = concat!(env!("CARGO_MANIFEST_DIR"), "/rie/store.py");
    let printed = ["order 1", "order 2", "order 3"];
    let rie = Rie::new()
        .managed()
        .payload(json!({ "print": printed.join("\n") }).to_string())
        .extension(built::example(NAME))
        .extension(store)
        .env("LOG_ENDPOINT", "http://127.0.0.1:8086/")
        .env("STORE_UNTIL", "order 3");
    let Some(report) = rie.run() else { return };
    report.equal("statuses", &report.statuses(), &[200]);
    report.equal("exit codes", &report.exits, &[0, 0]);
    let stored: Vec<Value> = report
        .stderr
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let lines: Vec<&str> = told(&stored, "function")
        .iter()
        .map(|told| told.1)
        .collect();
    report.equal("lines", &lines, &printed);
}
