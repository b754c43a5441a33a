//! The example `secret-cache`, with AWS's API as Moto serves it, and under AWS's emulator.
//!
//! Needs `pip`, which downloads Moto.

use std::net::TcpListener;
use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::{Emulator, EmulatorBuilder, Invocation};
use lambda_ext_tests::built;
use lambda_ext_tests::fake::{Fake, bounded};
use lambda_ext_tests::moto::Moto;
use lambda_ext_tests::rie::Rie;
use serde_json::{Value, json};

use super::with_example;

const NAME: &str = "secret-cache";
const FUNCTION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rie/asks.py");
const PORT: &str = "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT";
const SECRET: &str = "/secretsmanager/get?secretId=shop%2Forders";

/// The extension beside a function that sends these requests first.
fn asking(questions: &[&str]) -> EmulatorBuilder {
    Emulator::builder()
        .executable(built::example(NAME))
        .runtime(FUNCTION)
        .env("QUESTIONS", questions.join("\n"))
        // Long enough for the slowest machine.
        .env("SECRETS_MANAGER_TIMEOUT_MILLIS", "60000")
        .init_timeout(Duration::from_secs(60))
        .env(PORT, free_port().to_string())
}

fn without_credentials() -> EmulatorBuilder {
    asking(&[SECRET])
        .env("AWS_ACCESS_KEY_ID", "")
        .env("AWS_SECRET_ACCESS_KEY", "")
        .env("AWS_SESSION_TOKEN", "")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The statuses and the bodies that it got, and that the extension did well.
async fn answers(emulator: &Emulator) -> Vec<(u64, String)> {
    let invocation = Invocation::default().timeout(Duration::from_secs(30));
    let invoked = emulator.invoke(invocation).await.unwrap();
    emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
    let record = emulator.record();
    record.assert_clean();
    assert_eq!(record.exits(NAME), [Some(0)], "{record}");
    of(&invoked.response.unwrap())
}

fn of(response: &str) -> Vec<(u64, String)> {
    let answers: Value = serde_json::from_str(response).unwrap();
    let answers = answers.as_array().unwrap().iter();
    let answer = |it: &Value| (it[0].as_u64().unwrap(), it[1].as_str().unwrap().to_owned());
    answers.map(answer).collect()
}

/// Requests without the right token; all are refused.
#[track_caller]
fn are_refused(answers: &[(u64, String)]) {
    for (status, body) in answers {
        assert_eq!(*status, 401, "{body}");
        assert!(body.contains("X-Aws-Parameters-Secrets-Token"), "{body}");
    }
}

#[tokio::test]
async fn secrets_are_served_to_the_function_only() {
    let Some(moto) = Moto::start().await else {
        return;
    };
    with_example(NAME, async {
        let questions = [
            SECRET,
            "/secretsmanager/get?secretId=shop%2Forders&versionStage=AWSPREVIOUS",
            "/secretsmanager/get?secretId=nothing",
            "/secretsmanager/get",
            "/secretsmanager/get?secretId=shop%2Fkey",
        ];
        let emulator = moto.lead(asking(&questions)).start().await.unwrap();
        let answers = answers(&emulator).await;
        let (own, others) = answers.split_at(questions.len());
        // Moto answers a missing secret with another status than AWS.
        let kinds: Vec<u64> = own.iter().map(|answer| answer.0 / 100).collect();
        assert_eq!(kinds, [2, 4, 4, 4, 2], "{own:?}");
        let json = |number: usize| serde_json::from_str::<Value>(&own[number].1).unwrap();
        assert_eq!(json(0)["SecretString"], r#"{"password":"hush"}"#);
        assert_eq!(json(0)["Name"], "shop/orders");
        assert!(own[2].1.contains("ResourceNotFoundException"), "{own:?}");
        assert!(own[3].1.contains("secretId"), "{own:?}");
        assert_eq!(json(4)["SecretBinary"], "AP8=");
        assert_eq!(others.len(), 2 * questions.len());
        are_refused(others);
        assert_eq!(emulator.record().output(NAME).count(), 0);
    })
    .await;
}

#[tokio::test]
async fn request_to_aws_is_signed() {
    let Some(moto) = Moto::start().await else {
        return;
    };
    with_example(NAME, async {
        let emulator = moto
            .lead(asking(&[SECRET]))
            .env("AWS_SECRET_ACCESS_KEY", "another");
        let answers = answers(&emulator.start().await.unwrap()).await;
        assert_eq!(answers[0].0, 403, "{answers:?}");
        assert!(answers[0].1.contains("signature"), "{answers:?}");
    })
    .await;
}

#[tokio::test]
async fn temporary_failure_is_retried_and_known_secret_is_cached() {
    with_example(NAME, async {
        // The example of AWS's documentation, with the date in milliseconds as it comes.
        // <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>
        let mut answer = json!({
            "ARN": "arn:aws:secretsmanager:us-west-2:123456789012:secret:shop/orders-a1b2c3",
            "CreatedDate": 1_523_477_145.713,
            "Name": "shop/orders",
            "SecretString": r#"{"password":"hush"}"#,
            "VersionId": "EXAMPLE1",
            "VersionStages": ["AWSPREVIOUS"],
        });
        let mut aws = Fake::start().await;
        let question = format!("{SECRET}&versionId=EXAMPLE1&versionStage=AWSPREVIOUS");
        let emulator = asking(&[&question, &question])
            .env("AWS_ENDPOINT_URL", format!("http://{}", aws.runtime_api()))
            .start()
            .await
            .unwrap();
        let scripted = async {
            let first = aws.request().await;
            assert_eq!(
                first.header("x-amz-target"),
                "secretsmanager.GetSecretValue"
            );
            let asked = json!({
                "SecretId": "shop/orders",
                "VersionId": "EXAMPLE1",
                "VersionStage": "AWSPREVIOUS",
            });
            assert_eq!(first.json(), asked);
            first.reply(503, "", "not now");
            let throttled = r#"{"__type":"ThrottlingException"}"#;
            aws.request().await.reply(400, "", throttled);
            aws.request().await.reply(200, "", &answer.to_string());
        };
        let (answers, ()) = tokio::join!(answers(&emulator), scripted);
        // What AWS's own extension, which is written in Go, makes of it.
        answer["CreatedDate"] = json!("2018-04-11T20:05:45.713Z");
        answer["SecretBinary"] = Value::Null;
        answer["ResultMetadata"] = json!({});
        for (status, body) in &answers[..2] {
            assert_eq!(*status, 200, "{body}");
            let given: Value = serde_json::from_str(body).unwrap();
            assert_eq!(given, answer);
        }
        assert!(aws.unasked().is_none());
    })
    .await;
}

#[tokio::test]
async fn lasting_throttling_is_no_refusal() {
    with_example(NAME, async {
        let mut aws = Fake::start().await;
        let emulator = asking(&[SECRET])
            .env("AWS_ENDPOINT_URL", format!("http://{}", aws.runtime_api()))
            .env("AWS_MAX_ATTEMPTS", "1")
            .start()
            .await
            .unwrap();
        let scripted = async {
            let throttled = r#"{"__type":"ThrottlingException"}"#;
            aws.request().await.reply(400, "", throttled);
        };
        let (answers, ()) = tokio::join!(answers(&emulator), scripted);
        assert_eq!(answers[0].0, 502, "{answers:?}");
        assert!(answers[0].1.contains("ThrottlingException"), "{answers:?}");
    })
    .await;
}

#[tokio::test]
async fn snap_start_uses_container_credentials() {
    with_example(NAME, async {
        let mut aws = Fake::start().await;
        let url = format!("http://{}", aws.runtime_api());
        let emulator = without_credentials()
            .env(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                format!("{url}/credentials"),
            )
            .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "authorized")
            .env("AWS_ENDPOINT_URL", url)
            .start()
            .await
            .unwrap();
        let scripted = async {
            let who = aws.expect("/credentials").await;
            assert_eq!(who.header("authorization"), "authorized");
            let credentials = json!({
                "AccessKeyId": "KEY",
                "SecretAccessKey": "secret",
                "Token": "session",
                "Expiration": "2100-01-01T00:00:00Z",
            });
            who.reply(200, "", &credentials.to_string());
            let signed = aws.request().await;
            assert_eq!(signed.header("x-amz-security-token"), "session");
            let signature = signed.header("authorization");
            assert!(signature.contains("Credential=KEY/"), "{signature}");
            signed.reply(200, "", r#"{"SecretString":"hush"}"#);
        };
        let (answers, ()) = tokio::join!(answers(&emulator), scripted);
        assert_eq!(answers[0].0, 200, "{answers:?}");
        are_refused(&answers[1..]);
    })
    .await;
}

#[tokio::test]
async fn missing_answer_is_explained_to_the_function() {
    let _ = built::example(NAME);
    let away = "http://127.0.0.1:1";
    for (emulator, why) in [
        (asking(&[SECRET]).env("AWS_ENDPOINT_URL", away), "connect"),
        (asking(&[SECRET]).env("AWS_REGION", ""), "region"),
        (
            without_credentials().env("AWS_SESSION_TOKEN", "token"),
            "credentials",
        ),
    ] {
        bounded(async {
            let answers = answers(&emulator.start().await.unwrap()).await;
            assert_eq!(answers[0].0, 502, "{answers:?}");
            let said = &answers[0].1;
            assert!(said.starts_with("secretsmanager: "), "{said}");
            assert!(said.contains(why), "{said}");
        })
        .await;
    }
}

#[tokio::test]
async fn port_in_use_is_an_init_error() {
    with_example(NAME, async {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let emulator = asking(&[SECRET]).env(PORT, &port).start().await.unwrap();
        emulator.init().await.unwrap_err();
        let record = emulator.record();
        let said: Vec<&str> = record.output(NAME).collect();
        assert!(said[0].contains(&format!("port {port}: ")), "{said:?}");
        assert_eq!(record.exits(NAME), [Some(1)], "{record}");
    })
    .await;
}

#[test]
fn rie_function_gets_its_secret() {
    let rie = Rie::new()
        .extension(built::example(NAME))
        .function(FUNCTION)
        .env("PLAYS_AWS", "yes")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:8086")
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_SESSION_TOKEN", "token")
        .env("QUESTIONS", SECRET);
    let Some(report) = rie.run() else { return };
    report.equal("statuses", &report.statuses(), &[200]);
    report.equal("exit codes", &report.exits, &[0]);
    report.equal("standard error", report.stderr.as_str(), "");
    let answers = of(&report.invokes[0].body);
    report.equal("status", &answers[0].0, &200);
    let answer: Value = serde_json::from_str(&answers[0].1).unwrap();
    let asked: Value = serde_json::from_str(answer["SecretString"].as_str().unwrap()).unwrap();
    let expected =
        json!({"asked": {"SecretId": "shop/orders"}, "for": "secretsmanager.GetSecretValue"});
    report.equal("answer", &asked, &expected);
    are_refused(&answers[1..]);
}
