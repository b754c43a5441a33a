//! The client's subscription to telemetry: its request, its schemas, and the responses that it
//! reads.

use std::time::Duration;

use lambda_ext::telemetry::{Destination, Subscribed, Subscription};
use lambda_ext::{
    Buffering, ClientError, Extension, Handler, TelemetryBatch, TelemetryType, lambda_extension,
};
use lambda_ext_tests::fake::{Fake, IDENTIFIER, Request, TELEMETRY, bounded};
use serde_json::json;
use tokio::time::sleep;

fn subscription() -> Subscription {
    let types = [TelemetryType::Platform, TelemetryType::Function];
    Subscription::new(&types, Destination::http("sandbox.localdomain", 4243))
}

/// Subscribes; `platform` plays the other side.
async fn subscribe(
    subscription: Subscription,
    platform: impl AsyncFnOnce(&mut Fake),
) -> Result<Subscribed, ClientError> {
    bounded(async {
        let mut fake = Fake::start().await;
        let client = fake.registered_client().await;
        let subscribing = client.subscribe(&subscription);
        let subscribed = tokio::join!(subscribing, platform(&mut fake)).0;
        let unasked = fake.unasked();
        assert!(unasked.is_none(), "{unasked:#?}");
        subscribed
    })
    .await
}

/// The outcome of a subscription with this response.
async fn answered(answer: impl FnOnce(Request)) -> Result<Subscribed, ClientError> {
    subscribe(subscription(), async |fake| answer(fake.request().await)).await
}

/// The schema that a request asks for.
fn schema(request: &Request) -> String {
    request.json()["schemaVersion"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn subscribe_puts_to_the_documented_path() {
    let subscribed = answered(|request| {
        assert_eq!(request.method, "PUT");
        assert_eq!(request.path, "/2022-07-01/telemetry");
        assert_eq!(request.header("lambda-extension-identifier"), IDENTIFIER);
        assert_eq!(request.header("content-type"), "application/json");
        let body = json!({
            "schemaVersion": "2022-12-13",
            "types": ["platform", "function"],
            "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:4243/"},
        });
        assert_eq!(request.json(), body);
        request.reply(200, "", "\"OK\"");
    });
    assert_eq!(subscribed.await.unwrap(), Subscribed::Confirmed);
}

#[tokio::test]
async fn each_buffering_limit_may_be_given_alone() {
    let buffering = Buffering::new();
    let cases = [
        (buffering.max_items(1_000), json!({"maxItems": 1_000})),
        (buffering.max_bytes(262_144), json!({"maxBytes": 262_144})),
        (buffering.timeout_ms(25), json!({"timeoutMs": 25})),
        (
            buffering
                .max_items(10_000)
                .max_bytes(1_048_576)
                .timeout_ms(30_000),
            json!({"maxItems": 10_000, "maxBytes": 1_048_576, "timeoutMs": 30_000}),
        ),
    ];
    for (buffering, expected) in cases {
        let subscription = subscription().buffering(buffering);
        let subscribed = subscribe(subscription, async |fake| {
            let request = fake.expect(TELEMETRY).await;
            assert_eq!(request.json()["buffering"], expected);
            request.reply(200, "", "\"OK\"");
        });
        assert_eq!(subscribed.await.unwrap(), Subscribed::Confirmed);
    }
}

/// At their edges, so that neither is stricter.
#[tokio::test]
async fn limits_of_the_attribute_are_valid_subscriptions() {
    #[derive(Default)]
    struct Least;
    #[derive(Default)]
    struct Most;

    #[lambda_extension(
        telemetry = [Platform],
        buffering(max_items = 1_000, max_bytes = 262_144, timeout_ms = 25),
        main = false
    )]
    impl Least {
        async fn telemetry(&mut self, _: TelemetryBatch) {}
    }

    #[lambda_extension(
        telemetry = [Platform],
        buffering(max_items = 10_000, max_bytes = 1_048_576, timeout_ms = 30_000),
        main = false
    )]
    impl Most {
        async fn telemetry(&mut self, _: TelemetryBatch) {}
    }

    for config in [Least::CONFIG, Most::CONFIG] {
        let builder = Extension::builder().runtime_api("127.0.0.1:1");
        builder.buffering(config.buffering).build().unwrap();
    }
}

#[tokio::test]
async fn tcp_destination_is_a_port() {
    let types = [TelemetryType::Extension];
    let subscription = Subscription::new(&types, Destination::Tcp { port: 4243 });
    let subscribed = subscribe(subscription, async |fake| {
        let request = fake.expect(TELEMETRY).await;
        let destination = json!({"protocol": "TCP", "port": 4243});
        assert_eq!(request.json()["destination"], destination);
        request.reply(200, "", "\"OK\"");
    });
    assert_eq!(subscribed.await.unwrap(), Subscribed::Confirmed);
}

#[tokio::test]
async fn invalid_subscription_is_an_error_before_anything_is_sent() {
    let buffering = Buffering::new();
    let cases = [
        (
            buffering.max_items(5),
            "`max_items` must be between 1000 and 10000, found 5",
        ),
        (
            buffering.max_bytes(1_048_577),
            "`max_bytes` must be between 262144 and 1048576, found 1048577",
        ),
        (
            buffering.timeout_ms(24),
            "`timeout_ms` must be between 25 and 30000, found 24",
        ),
    ];
    for (buffering, expected) in cases {
        let expected = format!("the telemetry subscription is invalid: {expected}");
        let subscription = subscription().buffering(buffering);
        let error = subscribe(subscription, async |_| {}).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        let builder = Extension::builder().runtime_api("127.0.0.1:1");
        let error = builder.buffering(buffering).build().unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let expected = "the telemetry subscription is invalid: there must be at least one type";
    let subscription = Subscription::new(&[], Destination::Tcp { port: 4243 });
    let error = subscribe(subscription, async |_| {}).await.unwrap_err();
    assert_eq!(error.to_string(), expected);
    let builder = Extension::builder().runtime_api("127.0.0.1:1");
    let error = builder.telemetry([]).build().unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn port_of_the_platform_is_refused() {
    let builder = Extension::builder().runtime_api("127.0.0.1:1");
    let error = builder.telemetry_address(([0, 0, 0, 0], 9001)).build();
    assert_eq!(
        error.unwrap_err().to_string(),
        "the telemetry subscription is invalid: port 9001 is used by the platform"
    );
}

#[tokio::test]
async fn status_200_is_success_and_empty_body_is_unconfirmed() {
    for (body, expected) in [
        ("\"OK\"", Subscribed::Confirmed),
        ("OK", Subscribed::Confirmed),
        ("", Subscribed::Unconfirmed),
    ] {
        let subscribed = answered(|request| request.reply(200, "", body)).await;
        assert_eq!(subscribed.unwrap(), expected, "{body:?}");
    }
}

#[tokio::test]
async fn status_202_means_no_telemetry() {
    let body =
        r#"{"errorMessage":"Telemetry API is not supported","errorType":"Telemetry.NotSupported"}"#;
    let subscribed = answered(|request| request.reply(202, "", body)).await;
    assert_eq!(subscribed.unwrap(), Subscribed::NotSupported);
}

#[tokio::test]
async fn refusal_has_status_error_type_and_message() {
    let body = r#"{"errorMessage":"Telemetry API subscription is closed already","errorType":"Telemetry.SubscriptionClosed"}"#;
    let cases = [
        (403, body, "Telemetry.SubscriptionClosed"),
        (404, "404 page not found\n", ""),
        (
            500,
            r#"{"errorType":"InternalServerError"}"#,
            "InternalServerError",
        ),
    ];
    for (status, body, error_type) in cases {
        let error = answered(|request| request.reply(status, "", body)).await;
        match error.unwrap_err() {
            ClientError::Refused(refusal) => {
                assert_eq!(refusal.call, "telemetry");
                assert_eq!(refusal.status, status);
                assert_eq!(refusal.error_type, error_type);
            }
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn refused_schema_is_followed_by_the_others() {
    let refusal = r#"{"errorType":"ValidationError","errorMessage":"schemaVersion"}"#;
    let subscribed = subscribe(subscription(), async |fake| {
        for expected in ["2022-12-13", "2022-07-01"] {
            let request = fake.expect(TELEMETRY).await;
            assert_eq!(schema(&request), expected);
            request.reply(400, "", refusal);
        }
        let request = fake.expect(TELEMETRY).await;
        assert_eq!(schema(&request), "2025-01-29");
        request.reply(200, "", "\"OK\"");
    });
    assert_eq!(subscribed.await.unwrap(), Subscribed::Confirmed);
}

#[tokio::test]
async fn refusal_of_every_schema_returns_the_first() {
    let error = subscribe(subscription(), async |fake| {
        for number in 1..=3 {
            let message = format!(r#"{{"errorMessage":"number {number}"}}"#);
            fake.expect(TELEMETRY).await.reply(400, "", &message);
        }
    });
    let error = error.await.unwrap_err().to_string();
    assert_eq!(error, "telemetry: the platform answered 400: number 1");
}

#[tokio::test]
async fn first_refusal_is_returned_whatever_follows() {
    let error = subscribe(subscription(), async |fake| {
        fake.expect(TELEMETRY).await.reply(400, "", "");
        fake.expect(TELEMETRY).await.reply(403, "", "");
    });
    let error = error.await.unwrap_err().to_string();
    assert_eq!(error, "telemetry: the platform answered 400");
}

#[tokio::test(start_paused = true)]
async fn first_refusal_is_returned_if_the_platform_falls_silent() {
    let error = subscribe(subscription(), async |fake| {
        fake.expect(TELEMETRY).await.reply(400, "", "");
        let _unanswered = fake.expect(TELEMETRY).await;
        sleep(Duration::from_secs(6)).await;
    });
    let error = error.await.unwrap_err().to_string();
    assert_eq!(error, "telemetry: the platform answered 400");
}

#[tokio::test(start_paused = true)]
async fn temporary_error_is_retried() {
    let subscribed = subscribe(subscription(), async |fake| {
        fake.expect(TELEMETRY).await.reply(503, "", "");
        fake.expect(TELEMETRY).await.reply(200, "", "\"OK\"");
    });
    assert_eq!(subscribed.await.unwrap(), Subscribed::Confirmed);
}
