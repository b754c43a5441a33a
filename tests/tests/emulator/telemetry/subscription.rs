//! Subscriptions to the emulator's telemetry: accepted ones, and the error for each invalid one.

use lambda_ext::emulator::{Emulator, Initialization, TelemetrySupport};
use lambda_ext_tests::fake::TELEMETRY;
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::{NOBODY, Raw, answer, forbidden};
use lambda_ext_tests::subscriber::{Subscriber, subscription};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::environment_of;

/// An address without a listener: a subscription does not connect to HTTP destinations.
const ADDRESS: &str = "127.0.0.1:9";

/// An environment in init, where `ext` has registered.
async fn registered() -> (Emulator, Raw, String) {
    of(Initialization::OnDemand).await
}

async fn of(initialization: Initialization) -> (Emulator, Raw, String) {
    let (emulator, raw) = environment_of(initialization).await;
    let id = raw.registered("ext", r#"["SHUTDOWN"]"#).await;
    (emulator, raw, id)
}

/// Init, without another extension than this one.
async fn init(emulator: &Emulator, raw: &Raw, id: &str) {
    tokio::select! {
        response = raw.next(id) => panic!("{response:?}"),
        outcome = emulator.init() => outcome.unwrap(),
    }
}

/// A subscription with another value at a JSON pointer, or without it.
fn with(pointer: &str, value: impl Into<Option<Value>>) -> Value {
    let mut body = subscription(ADDRESS);
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value.into() {
        Some(value) => parent.insert(key.to_owned(), value),
        None => parent.remove(key),
    };
    body
}

/// The message of a refused subscription, whose body must be JSON.
async fn validation_error(response: Response) -> String {
    assert_eq!(response.status(), 400);
    let text = response.text().await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"));
    assert_eq!(body["errorType"], "ValidationError");
    body["errorMessage"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn subscription_is_answered_with_ok_in_quotes() {
    bounded(async {
        let (_emulator, raw, id) = registered().await;
        let response = raw.subscribe(&id, &subscription(ADDRESS)).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.text().await.unwrap(), "\"OK\"");
    })
    .await;
}

#[tokio::test]
async fn every_schema_version_has_the_same_path() {
    bounded(async {
        for version in ["2022-07-01", "2022-12-13", "2025-01-29"] {
            let (_emulator, raw, id) = registered().await;
            let body = with("/schemaVersion", json!(version));
            for path in [
                "/2022-12-13/telemetry",
                "/2025-01-29/telemetry",
                "/2022-07-01/telemetry/",
            ] {
                let headers = [("Lambda-Extension-Identifier", &*id)];
                let body = body.to_string();
                let response = raw.send((Method::PUT, path), &headers, &body).await;
                assert_eq!(response.status(), 404, "{path}");
            }
            raw.subscribed(&id, &body).await;
        }
    })
    .await;
}

#[tokio::test]
async fn method_other_than_put_is_refused() {
    bounded(async {
        let (_emulator, raw, _) = registered().await;
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let response = raw.send((method.clone(), TELEMETRY), &[], "").await;
            assert_eq!(response.status(), 405, "{method}");
        }
    })
    .await;
}

#[tokio::test]
async fn invalid_field_is_a_validation_error_that_names_it() {
    bounded(async {
        let (_emulator, raw, id) = registered().await;
        let nothing = None::<Value>;
        for (pointer, value, named) in [
            ("/schemaVersion", nothing.clone(), "'schemaVersion'"),
            ("/schemaVersion", Some(json!("2022-07-02")), "schemaVersion"),
            ("/schemaVersion", Some(json!(2022)), "schemaVersion"),
            ("/schemaVersion", Some(json!("\"")), "schemaVersion"),
            ("/types", nothing.clone(), "'types'"),
            ("/types", Some(json!([])), "/types"),
            ("/types", Some(json!("platform")), "/types"),
            ("/types", Some(json!(["platform", "logs"])), "/types/1"),
            ("/types", Some(json!(["Platform"])), "/types/0"),
            ("/types", Some(json!([1])), "/types/0"),
            ("/destination", nothing.clone(), "'destination'"),
            ("/destination", Some(json!("here")), "/destination"),
            ("/destination/protocol", nothing.clone(), "'protocol'"),
            ("/destination/protocol", Some(json!("http")), "protocol"),
            ("/destination/protocol", Some(json!("UDP")), "protocol"),
            ("/destination/URI", nothing.clone(), "'URI'"),
            ("/destination/URI", Some(json!("")), "URI"),
            ("/destination/URI", Some(json!(7)), "URI"),
            ("/destination/URI", Some(json!("\"")), "URI"),
            ("/destination/URI", Some(json!("sandbox:1")), "URI"),
            ("/buffering", Some(json!([])), "/buffering"),
            ("/buffering/maxItems", Some(json!(999)), "maxItems"),
            ("/buffering/maxItems", Some(json!(10_001)), "maxItems"),
            ("/buffering/maxItems", Some(json!("1000")), "maxItems"),
            ("/buffering/maxItems", Some(json!(1000.5)), "maxItems"),
            ("/buffering/maxBytes", Some(json!(262_143)), "maxBytes"),
            ("/buffering/maxBytes", Some(json!(1_048_577)), "maxBytes"),
            ("/buffering/timeoutMs", Some(json!(24)), "timeoutMs"),
            ("/buffering/timeoutMs", Some(json!(30_001)), "timeoutMs"),
            ("/buffering/timeoutMs", Some(json!(-1)), "timeoutMs"),
        ] {
            let body = with(pointer, value);
            let message = validation_error(raw.subscribe(&id, &body).await).await;
            assert!(message.contains(named), "{body}: {message}");
        }
        // None of them was taken.
        raw.subscribed(&id, &subscription(ADDRESS)).await;
    })
    .await;
}

#[tokio::test]
async fn body_that_is_no_object_is_a_validation_error() {
    bounded(async {
        let (_emulator, raw, id) = registered().await;
        let headers = [("Lambda-Extension-Identifier", &*id)];
        for body in ["", "{", "null", "7", "\"\\\"\"", "[]", "{}"] {
            let response = raw.send((Method::PUT, TELEMETRY), &headers, body).await;
            validation_error(response).await;
        }
    })
    .await;
}

#[tokio::test]
async fn limits_of_ranges_and_unknown_fields_are_accepted() {
    bounded(async {
        for (key, value) in [
            ("maxItems", 1_000),
            ("maxItems", 10_000),
            ("maxBytes", 262_144),
            ("maxBytes", 1_048_576),
            ("timeoutMs", 25),
            ("timeoutMs", 30_000),
            ("more", 0),
        ] {
            let (_emulator, raw, id) = registered().await;
            let body = with("/buffering", json!({ key: value }));
            raw.subscribed(&id, &body).await;
        }
        let (_emulator, raw, id) = registered().await;
        raw.subscribed(&id, &with("/more", json!({"a": 1}))).await;
    })
    .await;
}

#[tokio::test]
async fn subscription_without_registration_is_refused() {
    bounded(async {
        let (_emulator, raw, _) = registered().await;
        let body = subscription(ADDRESS);
        for (id, expected) in [
            (
                "",
                forbidden(
                    "Extension.MissingExtensionIdentifier",
                    "Missing Lambda-Extension-Identifier header",
                ),
            ),
            (
                "x",
                forbidden(
                    "Extension.InvalidExtensionIdentifier",
                    "Invalid Lambda-Extension-Identifier",
                ),
            ),
            (
                NOBODY,
                forbidden(
                    "Extension.UnknownExtensionIdentifier",
                    &format!("Unknown extension {NOBODY}"),
                ),
            ),
        ] {
            assert_eq!(answer(raw.subscribe(id, &body).await).await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn subscription_after_init_is_refused() {
    bounded(async {
        for (initialization, message) in [
            (
                Initialization::OnDemand,
                "Telemetry API subscription is closed already",
            ),
            (
                Initialization::ManagedInstances,
                "Telemetry API subscription is closed",
            ),
        ] {
            let (emulator, raw, id) = of(initialization).await;
            init(&emulator, &raw, &id).await;
            let body = with("/schemaVersion", json!("2025-01-29"));
            assert_eq!(
                answer(raw.subscribe(&id, &body).await).await,
                forbidden("Telemetry.SubscriptionClosed", message)
            );
        }
    })
    .await;
}

#[tokio::test]
async fn second_subscription_is_an_internal_error_and_first_stands() {
    bounded(async {
        let (emulator, raw, id) = registered().await;
        let (mut first, mut second) = (Subscriber::start().await, Subscriber::start().await);
        raw.subscribed(&id, &first.subscription()).await;
        let again = raw.subscribe(&id, &second.subscription()).await;
        let again = answer(again).await;
        assert_eq!(
            (again.status, &*again.error_type),
            (500, "InternalServerError")
        );
        emulator.log("a line");
        first.until("function").await;
        assert_eq!(second.taken(), [] as [Value; 0]);
    })
    .await;
}

#[tokio::test]
async fn platform_without_telemetry_answers_202_and_delivers_nothing() {
    bounded(async {
        let builder = Emulator::builder().telemetry(TelemetrySupport::NotSupported);
        let emulator = builder.start().await.unwrap();
        let _ = emulator.extension("ext");
        let raw = Raw::of(&emulator);
        let id = raw.registered("ext", r#"["INVOKE"]"#).await;
        let mut subscriber = Subscriber::start().await;
        let good = subscriber.subscription().to_string();
        for (id, body) in [(&*id, &*good), (&*id, "{"), ("", &*good), ("x", "")] {
            let headers = [("Lambda-Extension-Identifier", id)];
            let answer = answer(raw.send((Method::PUT, TELEMETRY), &headers, body).await).await;
            assert_eq!(answer.status, 202);
            assert_eq!(answer.error_type, "Telemetry.NotSupported");
            assert_eq!(answer.error_message, "Telemetry API is not supported");
        }
        emulator.log("a line");
        init(&emulator, &raw, &id).await;
        assert_eq!(subscriber.taken(), [] as [Value; 0]);
    })
    .await;
}

#[tokio::test]
async fn logs_api_is_unsupported_and_missing_on_managed_instances() {
    bounded(async {
        let path = "/2020-08-15/logs";
        for support in [TelemetrySupport::Supported, TelemetrySupport::NotSupported] {
            let builder = Emulator::builder().telemetry(support);
            let emulator = builder.start().await.unwrap();
            let raw = Raw::of(&emulator);
            let answer = answer(raw.send((Method::PUT, path), &[], "").await).await;
            assert_eq!(answer.status, 202);
            assert_eq!(answer.error_type, "Logs.NotSupported");
            assert_eq!(answer.error_message, "Logs API is not supported");
        }
        let (_emulator, raw, _) = of(Initialization::ManagedInstances).await;
        let response = raw.send((Method::PUT, path), &[], "").await;
        assert_eq!(response.status(), 404);
    })
    .await;
}

#[tokio::test]
async fn managed_instance_accepts_newest_schema_only() {
    bounded(async {
        let (_emulator, raw, id) = of(Initialization::ManagedInstances).await;
        for version in ["2022-07-01", "2022-12-13"] {
            let body = with("/schemaVersion", json!(version));
            let message = validation_error(raw.subscribe(&id, &body).await).await;
            assert!(message.contains("2025-01-29"), "{message}");
        }
        let body = with("/schemaVersion", json!("2025-01-29"));
        raw.subscribed(&id, &body).await;
    })
    .await;
}

#[tokio::test]
async fn destination_outside_of_the_environment_is_refused() {
    bounded(async {
        for host in ["sandbox.localdomain", "sandbox", "127.0.0.1", "localhost"] {
            let (_emulator, raw, id) = registered().await;
            let uri = format!("http://{host}:9/a");
            raw.subscribed(&id, &with("/destination/URI", json!(uri)))
                .await;
        }
        let (_emulator, raw, id) = registered().await;
        for host in [
            "example.com",
            "sandbox.local",
            "SANDBOX",
            "sandbox.localdomain.example.com",
            "sandbox@example.com",
            "0.0.0.0",
        ] {
            let body = with("/destination/URI", json!(format!("http://{host}:9/a")));
            let message = validation_error(raw.subscribe(&id, &body).await).await;
            let expected = "Invalid destination: destination.URI host must be sandbox.localdomain";
            assert_eq!(message, expected, "{host}");
        }
    })
    .await;
}

#[tokio::test]
async fn tcp_destination_without_listener_is_refused() {
    bounded(async {
        let (_emulator, raw, id) = registered().await;
        let tcp = |port: Value| with("/destination", json!({"protocol": "TCP", "port": port}));
        for port in [json!(null), json!(0), json!(65_536), json!("9"), json!(1.5)] {
            validation_error(raw.subscribe(&id, &tcp(port)).await).await;
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let message = validation_error(raw.subscribe(&id, &tcp(json!(port))).await).await;
        assert_eq!(
            message,
            format!(
                "Invalid destination: could not TCP dial provided address 127.0.0.1:{port}: dial \
                 tcp 127.0.0.1:{port}: connect: connection refused"
            )
        );
    })
    .await;
}
