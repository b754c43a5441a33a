//! The platform's state machine: the emulator refuses what Lambda refuses, with the same bodies as
//! AWS's Runtime Interface Emulator.

use lambda_ext::emulator::record::{Step, StepKind};
use lambda_ext::emulator::{Emulator, Invocation};
use lambda_ext::{Register, ShutdownReason};
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::{NOBODY, Raw, answer, forbidden, refused};
use reqwest::Method;
use serde_json::{Value, json};

use super::environment;

/// Waits until an extension waits in `next`, which only the timeline tells.
async fn parked(emulator: &Emulator, times: usize) {
    let waits = |step: &&Step| matches!(step.kind, StepKind::Waits { .. });
    while emulator.record().steps.iter().filter(waits).count() < times {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn registration_returns_function_and_identifier() {
    bounded(async {
        let (_emulator, raw) = environment().await;
        let response = raw
            .register("ext", r#"{"events":["INVOKE","SHUTDOWN"]}"#)
            .await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        let id = response.headers()["lambda-extension-identifier"]
            .to_str()
            .unwrap()
            .to_owned();
        assert_eq!(
            (id.len(), id.as_bytes()[14]),
            (36, b'4'),
            "a UUID of version 4: {id}"
        );
        let text = response.text().await.unwrap();
        let expected = json!({
            "functionName": "my-function",
            "functionVersion": "$LATEST",
            "handler": "index.handler",
        });
        assert_eq!(text, format!("{expected}\n"));
    })
    .await;
}

#[tokio::test]
async fn account_is_returned_if_requested_and_known() {
    bounded(async {
        for (features, account_id, told) in [
            ("accountId", Some("111122223333"), true),
            (" other , accountId ", Some("111122223333"), true),
            ("accountid", Some("111122223333"), false),
            ("accountId", None, false),
        ] {
            let mut function = Register::default();
            function.account_id = account_id.map(str::to_owned);
            let emulator = Emulator::builder()
                .function(function)
                .start()
                .await
                .unwrap();
            let raw = Raw::of(&emulator);
            let headers = [
                ("Lambda-Extension-Name", "internal"),
                ("Lambda-Extension-Accept-Feature", features),
            ];
            let path = "/2020-01-01/extension/register";
            let response = raw.send((Method::POST, path), &headers, "{}").await;
            let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
            assert_eq!(body.get("accountId").is_some(), told, "{features}");
        }
    })
    .await;
}

#[tokio::test]
async fn registration_is_checked_by_name_body_events_state() {
    bounded(async {
        let (_emulator, raw) = environment().await;
        let bad_event = r#"{"events":["invoke"]}"#;
        let answers = [
            (
                "",
                "",
                forbidden("Extension.InvalidExtensionName", "Empty extension name"),
            ),
            (
                "ext",
                "",
                forbidden("InvalidRequestFormat", "unexpected end of JSON input"),
            ),
            (
                "ext",
                r#"{"configurationKeys":["a"],"events":["FOO"]}"#,
                forbidden(
                    "InvalidRequestFormat",
                    "configurationKeys are deprecated; use environment variables instead",
                ),
            ),
            (
                "ext",
                bad_event,
                forbidden(
                    "Extension.InvalidEventType",
                    "invoke: ErrorInvalidEventType",
                ),
            ),
            (
                "other",
                r#"{"events":["INVOKE","SHUTDOWN"]}"#,
                forbidden(
                    "Extension.InvalidEventType",
                    "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension",
                ),
            ),
        ];
        for (name, body, expected) in answers {
            assert_eq!(
                answer(raw.register(name, body).await).await,
                expected,
                "{name} {body}"
            );
        }
        for body in [
            "[]",
            "7",
            "{\"events\":7}",
            "{\"events\":[7]}",
            "{\"events\":",
        ] {
            let answer = answer(raw.register("ext", body).await).await;
            assert_eq!(
                (answer.status, &*answer.error_type),
                (403, "InvalidRequestFormat"),
                "{body}"
            );
        }
        raw.registered("ext", "[]").await;
        let twice = answer(raw.register("ext", "{}").await).await;
        assert_eq!(twice, refused("Registered", "Registered", "ext"));
        let twice_and_wrong = answer(raw.register("ext", bad_event).await).await;
        assert_eq!(twice_and_wrong.error_type, "Extension.InvalidEventType");
    })
    .await;
}

#[tokio::test]
async fn missing_and_null_events_are_accepted() {
    bounded(async {
        for body in [
            "{}",
            r#"{"events":null}"#,
            r#"{"events":[]}"#,
            r#"{"more":1}"#,
        ] {
            let (_emulator, raw) = environment().await;
            assert_eq!(raw.register("ext", body).await.status(), 200, "{body}");
        }
    })
    .await;
}

#[tokio::test]
async fn internal_extensions_are_limited_unique_and_refused_after_init() {
    bounded(async {
        let (emulator, raw) = environment().await;
        let id = raw.registered("ext", "[]").await;
        raw.registered("internal-1", r#"["INVOKE"]"#).await;
        let again = answer(raw.register("internal-1", "{}").await).await;
        let expected = "Extension with this name already registered";
        assert_eq!(
            again,
            forbidden("Extension.InvalidExtensionState", expected)
        );
        for number in 2..10 {
            raw.registered(&format!("internal-{number}"), "[]").await;
        }
        let eleventh = answer(raw.register("internal-10", "{}").await).await;
        let expected = forbidden(
            "Extension.TooManyExtensions",
            "Extension limit (10) reached",
        );
        assert_eq!(eleventh, expected);
        drop((emulator, id));

        let (emulator, raw) = environment().await;
        let id = raw.registered("ext", "[]").await;
        let scenario = async {
            emulator.init().await.unwrap();
            answer(raw.register("late", "{}").await).await
        };
        let late = tokio::select! {
            response = raw.next(&id) => panic!("{response:?}"),
            late = scenario => late,
        };
        let expected = "Extension registration closed already";
        assert_eq!(late, forbidden("Extension.RegistrationClosed", expected));
    })
    .await;
}

#[tokio::test]
async fn wrong_identifier_is_refused() {
    bounded(async {
        let (_emulator, raw) = environment().await;
        let missing = "Missing Lambda-Extension-Identifier header";
        let invalid = "Invalid Lambda-Extension-Identifier";
        for (id, error_type, message) in [
            ("", "Extension.MissingExtensionIdentifier", missing),
            ("xx", "Extension.InvalidExtensionIdentifier", invalid),
        ] {
            assert_eq!(
                answer(raw.next(id).await).await,
                forbidden(error_type, message)
            );
            for which in ["init", "exit"] {
                let answer = answer(raw.report(which, id).await).await;
                assert_eq!(answer, forbidden(error_type, message));
            }
        }
        let unknown = "Extension.UnknownExtensionIdentifier";
        let next = format!("Unknown extension {NOBODY}");
        assert_eq!(
            answer(raw.next(NOBODY).await).await,
            forbidden(unknown, &next)
        );
        let report = answer(raw.report("exit", NOBODY).await).await;
        assert_eq!(
            report,
            forbidden(unknown, "Unknown Lambda-Extension-Identifier")
        );
    })
    .await;
}

#[tokio::test]
async fn report_needs_error_type_and_no_body() {
    bounded(async {
        let (_emulator, raw) = environment().await;
        let id = raw.registered("ext", "[]").await;
        let headers = [("Lambda-Extension-Identifier", id.as_str())];
        let path = "/2020-01-01/extension/init/error";
        let untyped = answer(raw.send((Method::POST, path), &headers, "{}").await).await;
        let expected = "Lambda-Extension-Function-Error-Type not found";
        assert_eq!(untyped, forbidden("Extension.MissingHeader", expected));
        let accepted = raw.report("init", &id).await;
        assert_eq!(accepted.status(), 202);
        assert_eq!(accepted.text().await.unwrap(), "{\"status\":\"OK\"}\n");
    })
    .await;
}

#[tokio::test]
async fn after_report_only_the_report_is_accepted() {
    bounded(async {
        for (which, other, state, target) in [
            ("init", "exit", "InitError", "Exited"),
            ("exit", "init", "ExitError", "InitError"),
        ] {
            let (_emulator, raw) = environment().await;
            let id = raw.registered("ext", "[]").await;
            assert_eq!(raw.report(which, &id).await.status(), 202);
            assert_eq!(raw.report(which, &id).await.status(), 202);
            assert_eq!(
                answer(raw.next(&id).await).await,
                refused(state, "Ready", &id)
            );
            let report = answer(raw.report(other, &id).await).await;
            assert_eq!(report, refused(state, target, &id));
        }
    })
    .await;
}

#[tokio::test]
async fn second_next_is_refused_and_first_gets_the_event() {
    bounded(async {
        let (emulator, raw) = environment().await;
        let id = raw.registered("ext", r#"["INVOKE"]"#).await;
        let scenario = async {
            emulator.init().await.unwrap();
            assert_eq!(
                answer(raw.next(&id).await).await,
                refused("Ready", "Ready", &id)
            );
            let invocation = Invocation::default().request_id("1");
            emulator.invoke(invocation).await
        };
        let extension = async {
            let response = raw.next(&id).await;
            assert!(
                response
                    .headers()
                    .contains_key("lambda-extension-event-identifier")
            );
            let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
            assert_eq!(
                (&body["eventType"], &body["requestId"]),
                (&json!("INVOKE"), &json!("1"))
            );
            let arn = "arn:aws:lambda:us-east-1:123456789012:function:my-function";
            assert_eq!(body["invokedFunctionArn"], arn);
            assert!(body["deadlineMs"].is_u64());
            assert_eq!(body.get("tracing"), None);
            let report = answer(raw.report("init", &id).await).await;
            assert_eq!(report, refused("Running", "InitError", &id));
            raw.next(&id).await
        };
        tokio::select! {
            response = extension => panic!("{response:?}"),
            outcome = scenario => outcome.unwrap(),
        }
    })
    .await;
}

#[tokio::test]
async fn trace_header_is_in_the_event() {
    bounded(async {
        let (emulator, raw) = environment().await;
        let id = raw.registered("ext", r#"["INVOKE"]"#).await;
        let scenario = async {
            emulator.init().await.unwrap();
            let invocation = Invocation::default().trace_header("Root=1-2");
            emulator.invoke(invocation).await.unwrap();
        };
        let extension = async {
            let body: Value =
                serde_json::from_str(&raw.next(&id).await.text().await.unwrap()).unwrap();
            assert_eq!(
                body["tracing"],
                json!({"type": "X-Amzn-Trace-Id", "value": "Root=1-2"})
            );
            raw.next(&id).await
        };
        tokio::select! {
            response = extension => panic!("{response:?}"),
            () = scenario => {}
        }
    })
    .await;
}

#[tokio::test]
async fn waiting_next_of_failed_extension_is_refused_at_next_event() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let raw = Raw::of(&emulator);
        let extension = emulator.extension("ext").run_future(async {
            let id = raw.registered("ext", r#"["INVOKE"]"#).await;
            let failing = async {
                parked(&emulator, 1).await;
                assert_eq!(raw.report("exit", &id).await.status(), 202);
            };
            let (refused, ()) = tokio::join!(async { answer(raw.next(&id).await).await }, failing);
            Ok::<_, lambda_ext::Error>((id, refused))
        });
        let scenario = async {
            emulator.init().await?;
            while emulator.record().error_reports("ext").next().is_none() {
                tokio::task::yield_now().await;
            }
            emulator.invoke(Invocation::default()).await
        };
        let (extension, outcome) = tokio::join!(extension, scenario);
        let (id, parked) = extension.unwrap();
        let message = format!(
            "State transition from ExitError to Ready failed for extension {id}. \
             Error: Concurrent state modification"
        );
        assert_eq!(
            parked,
            forbidden("Extension.InvalidExtensionState", &message)
        );
        assert_eq!(
            outcome.unwrap_err().to_string(),
            "Extension.ExitError: `ext` reported Extension.Boom"
        );
    })
    .await;
}

#[tokio::test]
async fn shutdown_waits_for_busy_extension_and_is_text_without_identifier() {
    bounded(async {
        let (emulator, raw) = environment().await;
        let id = raw.registered("ext", r#"["SHUTDOWN"]"#).await;
        emulator.shutdown(ShutdownReason::Failure).await.unwrap();
        let response = raw.next(&id).await;
        assert_eq!(
            response.headers()["content-type"],
            "text/plain; charset=utf-8"
        );
        assert!(
            !response
                .headers()
                .contains_key("lambda-extension-event-identifier")
        );
        let text = response.text().await.unwrap();
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(body["shutdownReason"], "failure");
        assert!(!text.ends_with('\n'));
        // One more is legal, and never answered.
        tokio::select! {
            response = raw.next(&id) => panic!("{response:?}"),
            () = parked(&emulator, 1) => {}
        }
    })
    .await;
}

#[tokio::test]
async fn unknown_route_or_method_is_refused() {
    bounded(async {
        let (_emulator, raw) = environment().await;
        for (method, path, status, text) in [
            (Method::GET, "/2020-01-01/extension/register", 405, ""),
            (Method::POST, "/2020-01-01/extension/event/next", 405, ""),
            (
                Method::POST,
                "/2020-01-01/extension/register/",
                404,
                "404 page not found\n",
            ),
            (Method::HEAD, "/2020-01-01/extension/event/next", 405, ""),
            (
                Method::GET,
                "/2020-01-01/extension/nope",
                404,
                "404 page not found\n",
            ),
            (
                Method::POST,
                "/2019-01-01/extension/register",
                404,
                "404 page not found\n",
            ),
        ] {
            let response = raw.send((method, path), &[], "").await;
            assert_eq!(response.status(), status, "{path}");
            assert_eq!(response.text().await.unwrap(), text, "{path}");
        }
    })
    .await;
}
