//! The client's call of `register`: its request, its retries, and the responses that it reads.

use lambda_ext::emulator::Emulator;
use lambda_ext::{Client, ClientError, EventType, Refusal, RegisteredClient};
use lambda_ext_tests::fake::{self, Fake, Request, bounded};

/// Registers for these events; the platform answers as `answer` has it.
async fn register(
    events: &[EventType],
    answer: impl FnOnce(Request),
) -> Result<RegisteredClient, ClientError> {
    bounded(async {
        let mut fake = Fake::start().await;
        let client = Client::with(Some("ext.bin"), Some(fake.runtime_api())).unwrap();
        let platform = async { answer(fake.request().await) };
        let registered = tokio::join!(client.register(events), platform).0;
        assert!(fake.unasked().is_none());
        registered
    })
    .await
}

async fn answered(status: u16, headers: &str, body: &str) -> Result<RegisteredClient, ClientError> {
    register(&[], |request| request.reply(status, headers, body)).await
}

async fn refused(status: u16, body: &str) -> Refusal {
    match answered(status, "", body).await.unwrap_err() {
        ClientError::Refused(refusal) => refusal,
        other => panic!("{other}"),
    }
}

const IDENTIFIED: &str = "Lambda-Extension-Identifier: 1\r\n";

#[tokio::test]
async fn register_posts_to_the_documented_path() {
    register(&[], |request| {
        assert_eq!(request.method, "POST");
        assert_eq!(request.path, "/2020-01-01/extension/register");
        request.registered();
    })
    .await
    .unwrap();
}

#[test]
fn default_name_is_the_executables_file_name() {
    let executable = std::env::current_exe().unwrap();
    let client = Client::with(None, Some("127.0.0.1:1")).unwrap();
    assert_eq!(
        client.name(),
        executable.file_name().unwrap().to_str().unwrap()
    );
}

#[tokio::test]
async fn custom_name_is_sent() {
    register(&[], |request| {
        assert_eq!(request.header("lambda-extension-name"), "ext.bin");
        request.registered();
    })
    .await
    .unwrap();
}

#[test]
fn unsendable_name_is_an_error_that_shows_it() {
    for name in ["", "two\nlines", " ext", "ext "] {
        let error = Client::with(Some(name), Some("127.0.0.1:1")).unwrap_err();
        assert!(matches!(error, ClientError::InvalidName(_)), "{error}");
        assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
    }
}

#[tokio::test]
async fn events_are_sent_in_upper_case_and_none_as_empty_list() {
    for (events, body) in [
        (
            &[EventType::Invoke, EventType::Shutdown][..],
            r#"{"events":["INVOKE","SHUTDOWN"]}"#,
        ),
        (&[EventType::Shutdown], r#"{"events":["SHUTDOWN"]}"#),
        (&[], r#"{"events":[]}"#),
    ] {
        register(events, |request| {
            assert_eq!(request.body, body);
            request.registered();
        })
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn account_id_is_requested_and_may_be_missing() {
    let client = register(&[], |request| {
        assert_eq!(
            request.header("lambda-extension-accept-feature"),
            "accountId"
        );
        request.registered();
    })
    .await
    .unwrap();
    assert_eq!(client.info().account_id, None);
    let client = answered(200, IDENTIFIED, r#"{"accountId":"111122223333"}"#)
        .await
        .unwrap();
    assert_eq!(client.info().account_id.as_deref(), Some("111122223333"));
}

#[tokio::test]
async fn identifier_header_in_any_case_is_echoed_verbatim() {
    bounded(async {
        let mut fake = Fake::start().await;
        let client = Client::with(Some("ext"), Some(fake.runtime_api())).unwrap();
        let platform = async {
            let headers = "LAMBDA-EXTENSION-IDENTIFIER: AbC-1\r\n";
            fake.request().await.reply(200, headers, "{}");
            let next = fake.expect(fake::NEXT).await;
            assert_eq!(next.header("lambda-extension-identifier"), "AbC-1");
            next.invoke("1");
        };
        let extension = async {
            let mut client = client.register(&[]).await.unwrap();
            assert_eq!(client.extension_id(), "AbC-1");
            client.next_event().await.unwrap();
        };
        tokio::join!(extension, platform);
    })
    .await;
}

#[tokio::test]
async fn missing_identifier_is_an_error_that_names_the_header() {
    for headers in ["", "Lambda-Extension-Identifier: \r\n"] {
        let error = answered(200, headers, "{}").await.unwrap_err();
        assert!(matches!(error, ClientError::NoIdentifier), "{error}");
        assert!(
            error.to_string().contains("`Lambda-Extension-Identifier`"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn missing_empty_null_and_unknown_fields_are_accepted() {
    let body = r#"{"functionName":"f","handler":"","functionVersion":null,"new":{"a":[1]}}"#;
    let client = answered(200, IDENTIFIED, body).await.unwrap();
    let info = client.info();
    assert_eq!(
        (
            &*info.function_name,
            &*info.function_version,
            &*info.handler
        ),
        ("f", "", "")
    );
}

#[tokio::test]
async fn response_of_any_content_type_is_read_as_json() {
    for content_type in [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: nonsense\r\n",
    ] {
        let headers = format!("{IDENTIFIED}{content_type}");
        let client = answered(200, &headers, r#"{"functionName":"f"}"#)
            .await
            .unwrap();
        assert_eq!(client.info().function_name, "f");
    }
}

#[tokio::test]
async fn response_that_is_no_json_is_an_error() {
    for body in [
        "",
        "<html>",
        "[]",
        "{\"functionName\":",
        "{\"functionName\":7}",
    ] {
        let error = answered(200, IDENTIFIED, body).await.unwrap_err();
        assert!(
            matches!(
                error,
                ClientError::InvalidReply {
                    call: "register",
                    ..
                }
            ),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .starts_with("register: the reply cannot be read: "),
            "{error}"
        );
    }
}

#[tokio::test]
async fn refusal_has_status_error_type_and_message() {
    let body =
        r#"{"errorMessage":"Empty extension name","errorType":"Extension.InvalidExtensionName"}"#;
    let refusal = refused(403, body).await;
    assert_eq!(refusal.status, 403);
    assert_eq!(refusal.error_type, "Extension.InvalidExtensionName");
    assert_eq!(refusal.error_message, "Empty extension name");
    assert_eq!(
        refusal.to_string(),
        "register: the platform answered 403: Extension.InvalidExtensionName: Empty extension name"
    );
}

#[tokio::test]
async fn refusal_that_is_no_json_has_status_and_text() {
    let refusal = refused(500, "<html>oops</html>").await;
    let expected = "register: the platform answered 500: <html>oops</html>";
    assert_eq!(refusal.to_string(), expected);
    let refusal = refused(500, "").await;
    assert_eq!(refusal.to_string(), "register: the platform answered 500");
    let refusal = refused(400, &"é".repeat(10_000)).await;
    assert!(
        refusal.error_message.len() <= 512,
        "{}",
        refusal.error_message.len()
    );
}

#[tokio::test]
async fn refusals_differ_by_error_type() {
    for error_type in [
        "Extension.RegistrationClosed",
        "Extension.TooManyExtensions",
        "Extension.InvalidEventType",
        "Extension.InvalidExtensionState",
    ] {
        let body = format!(r#"{{"errorType":"{error_type}","errorMessage":"m"}}"#);
        assert_eq!(refused(403, &body).await.error_type, error_type);
    }
}

#[tokio::test]
async fn status_403_and_500_are_not_retried() {
    // `register` asserts that no second request comes.
    assert_eq!(refused(403, "{}").await.status, 403);
    assert_eq!(refused(500, "{}").await.status, 500);
}

#[tokio::test]
async fn temporary_error_is_retried_a_bounded_number_of_times() {
    bounded(async {
        let mut fake = Fake::start().await;
        let client = Client::with(Some("ext"), Some(fake.runtime_api())).unwrap();
        let platform = async {
            for status in [429, 502, 503, 504] {
                fake.expect(fake::REGISTER).await.reply(status, "", "");
            }
        };
        let error = tokio::join!(client.register(&[]), platform).0.unwrap_err();
        assert_eq!(error.to_string(), "register: the platform answered 504");
        assert!(fake.unasked().is_none());
    })
    .await;
}

#[tokio::test]
async fn temporary_error_is_retried_until_success() {
    bounded(async {
        let mut fake = Fake::start().await;
        let client = Client::with(Some("ext"), Some(fake.runtime_api())).unwrap();
        let platform = async {
            fake.expect(fake::REGISTER).await.reply(503, "", "");
            fake.expect(fake::REGISTER).await.registered();
        };
        tokio::join!(client.register(&[]), platform).0.unwrap();
    })
    .await;
}

#[tokio::test]
async fn unanswered_register_times_out() {
    bounded(async {
        let mut fake = Fake::start().await;
        let client = Client::with(Some("ext"), Some(fake.runtime_api())).unwrap();
        let silent = async {
            let request = fake.request().await;
            // Only the time limit is pending now, so the clock may jump to its end.
            tokio::time::pause();
            request.hung_up().await;
        };
        let error = tokio::join!(client.register(&[]), silent).0.unwrap_err();
        assert_eq!(error.to_string(), "register: no reply within 5000 ms");
    })
    .await;
}

#[tokio::test]
async fn unknown_name_is_an_explained_error() {
    let emulator = Emulator::builder().start().await.unwrap();
    let client = Client::with(Some("no-such-file"), Some(emulator.runtime_api())).unwrap();
    let error = bounded(client.register(&[EventType::Shutdown]))
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("ShutdownEventNotSupportedForInternalExtension"),
        "{text}"
    );
    assert!(
        text.contains("no file of this extension's name in /opt/extensions"),
        "{text}"
    );
}
