//! The emulator holds its callers to the platform's state machine, in the platform's words.
//!
//! The bodies are what AWS's Runtime Interface Emulator answers to the same requests.

use lambda_ext::emulator::{Emulator, EmulatorError, Invocation, Phase, State, Step, What};
use lambda_ext::{EventType, Register, ShutdownReason};
use lambda_ext_tests::fake::bounded;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

const NOBODY: &str = "00000000-0000-4000-8000-000000000001";

/// A client that keeps to no rules.
struct Raw {
    api: String,
    client: Client,
}

/// An answer.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    error_type: String,
    error_message: String,
}

impl Raw {
    fn of(emulator: &Emulator) -> Self {
        Self {
            api: format!("http://{}", emulator.runtime_api()),
            client: Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response {
        let url = format!("{}{path}", self.api);
        let mut request = self.client.request(method, url).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    async fn register(&self, name: &str, body: &str) -> Response {
        let headers = [("Lambda-Extension-Name", name)];
        self.send(
            Method::POST,
            "/2020-01-01/extension/register",
            &headers,
            body,
        )
        .await
    }

    /// Registers for `events`, and gives the identifier.
    async fn registered(&self, name: &str, events: &str) -> String {
        let response = self
            .register(name, &format!("{{\"events\":{events}}}"))
            .await;
        assert_eq!(response.status(), 200);
        let id = &response.headers()["lambda-extension-identifier"];
        id.to_str().unwrap().to_owned()
    }

    async fn next(&self, id: &str) -> Response {
        let headers = [("Lambda-Extension-Identifier", id)];
        self.send(
            Method::GET,
            "/2020-01-01/extension/event/next",
            &headers,
            "",
        )
        .await
    }

    async fn report(&self, which: &str, id: &str) -> Response {
        let headers = [
            ("Lambda-Extension-Identifier", id),
            ("Lambda-Extension-Function-Error-Type", "Extension.Boom"),
        ];
        let path = format!("/2020-01-01/extension/{which}/error");
        self.send(Method::POST, &path, &headers, "").await
    }
}

async fn answer(response: Response) -> Answer {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/json");
    let text = response.text().await.unwrap();
    assert!(text.ends_with('\n'), "{text}");
    let body: Value = serde_json::from_str(&text).unwrap();
    let field = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    Answer {
        status,
        error_type: field("errorType"),
        error_message: field("errorMessage"),
    }
}

fn forbidden(error_type: &str, error_message: &str) -> Answer {
    Answer {
        status: 403,
        error_type: error_type.to_owned(),
        error_message: error_message.to_owned(),
    }
}

/// The refusal of a transition.
fn refused(from: &str, to: &str, extension: &str) -> Answer {
    let message = format!(
        "State transition from {from} to {to} failed for extension {extension}. \
         Error: State transition is not allowed"
    );
    forbidden("Extension.InvalidExtensionState", &message)
}

/// An environment that expects the external extension `ext`.
async fn environment() -> (Emulator, Raw) {
    let emulator = Emulator::builder().start().await.unwrap();
    // Only its name matters: the test itself plays the extension.
    let _ = emulator.extension("ext");
    let raw = Raw::of(&emulator);
    (emulator, raw)
}

/// Waits until an extension waits in `next`, which only the timeline tells.
async fn parked(emulator: &Emulator, times: usize) {
    let waits = |step: &&Step| matches!(step.what, What::Waits { .. });
    while emulator.timeline().iter().filter(waits).count() < times {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_registration_tells_of_the_function_and_hands_out_an_identifier() {
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
async fn the_account_is_told_if_asked_for_and_known() {
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
            let response = raw.send(Method::POST, path, &headers, "{}").await;
            let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
            assert_eq!(body.get("accountId").is_some(), told, "{features}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_registration_is_checked_by_name_then_body_then_events_then_state() {
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
async fn no_events_and_null_are_legal() {
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
async fn internal_extensions_are_counted_named_once_and_shut_out_when_init_is_over() {
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
async fn identifiers_are_checked() {
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
async fn a_report_needs_an_error_type_and_no_body() {
    bounded(async {
        let (_emulator, raw) = environment().await;
        let id = raw.registered("ext", "[]").await;
        let headers = [("Lambda-Extension-Identifier", id.as_str())];
        let path = "/2020-01-01/extension/init/error";
        let untyped = answer(raw.send(Method::POST, path, &headers, "{}").await).await;
        let expected = "Lambda-Extension-Function-Error-Type not found";
        assert_eq!(untyped, forbidden("Extension.MissingHeader", expected));
        let accepted = raw.report("init", &id).await;
        assert_eq!(accepted.status(), 202);
        assert_eq!(accepted.text().await.unwrap(), "{\"status\":\"OK\"}\n");
    })
    .await;
}

#[tokio::test]
async fn after_a_report_it_may_be_repeated_and_nothing_else() {
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
async fn a_second_next_is_refused_and_the_first_gets_the_event() {
    bounded(async {
        let (emulator, raw) = environment().await;
        let id = raw.registered("ext", r#"["INVOKE"]"#).await;
        let scenario = async {
            emulator.init().await.unwrap();
            assert_eq!(
                answer(raw.next(&id).await).await,
                refused("Ready", "Ready", &id)
            );
            let invocation = Invocation {
                request_id: "1".to_owned(),
                ..Invocation::default()
            };
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
async fn a_trace_header_is_handed_on() {
    bounded(async {
        let (emulator, raw) = environment().await;
        let id = raw.registered("ext", r#"["INVOKE"]"#).await;
        let scenario = async {
            emulator.init().await.unwrap();
            let invocation = Invocation {
                trace_header: Some("Root=1-2".to_owned()),
                ..Invocation::default()
            };
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
async fn a_parked_next_whose_extension_has_failed_is_refused_at_the_next_event() {
    bounded(async {
        let (emulator, raw) = environment().await;
        let id = raw.registered("ext", r#"["INVOKE"]"#).await;
        let scenario = async {
            emulator.init().await.unwrap();
            assert_eq!(raw.report("exit", &id).await.status(), 202);
            emulator.invoke(Invocation::default()).await
        };
        let (parked, outcome) = tokio::join!(async { answer(raw.next(&id).await).await }, scenario);
        let message = format!(
            "State transition from ExitError to Ready failed for extension {id}. \
             Error: Concurrent state modification"
        );
        assert_eq!(
            parked,
            forbidden("Extension.InvalidExtensionState", &message)
        );
        let expected = EmulatorError::Failed {
            extension: "ext".to_owned(),
            error_type: "Extension.ExitError",
            reported: Some("Extension.Boom".to_owned()),
        };
        assert_eq!(outcome, Err(expected));
    })
    .await;
}

#[tokio::test]
async fn shutdown_waits_for_an_extension_that_is_busy_and_is_text_without_an_identifier() {
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
async fn the_routes_are_the_platforms() {
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
            let response = raw.send(method, path, &[], "").await;
            assert_eq!(response.status(), status, "{path}");
            assert_eq!(response.text().await.unwrap(), text, "{path}");
        }
        let telemetry = answer(
            raw.send(Method::PUT, "/2022-07-01/telemetry", &[], "")
                .await,
        )
        .await;
        assert_eq!(
            (telemetry.status, &*telemetry.error_type),
            (202, "Telemetry.NotSupported")
        );
    })
    .await;
}

#[tokio::test]
async fn init_names_who_is_missing_at_its_end() {
    bounded(async {
        let (emulator, raw) = environment().await;
        tokio::time::pause();
        let error = emulator.init().await.unwrap_err();
        assert_eq!(error.to_string(), "`ext` did not register in time");
        tokio::time::resume();
        raw.registered("ext", "[]").await;
        tokio::time::pause();
        let error = emulator.init().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "`ext` did not ask for its first event in time"
        );
    })
    .await;
}

#[tokio::test]
async fn an_invocation_names_who_holds_it_at_its_timeout() {
    bounded(async {
        let (emulator, raw) = environment().await;
        let id = raw.registered("ext", r#"["INVOKE"]"#).await;
        let extension = async {
            assert_eq!(raw.next(&id).await.status(), 200);
            // And nothing more, so the clock may jump to the timeout.
            tokio::time::pause();
        };
        let scenario = async {
            emulator.init().await.unwrap();
            emulator.invoke(Invocation::default()).await
        };
        let error = tokio::join!(extension, scenario).1.unwrap_err();
        assert_eq!(
            error.to_string(),
            "`ext` did not ask for the next event in time"
        );
    })
    .await;
}

/// The fixture that fails as its environment says, launched as a process.
async fn launched(environment: &[(&str, &str)]) -> Emulator {
    let mut builder = Emulator::builder();
    for (key, value) in environment {
        builder = builder.env(key, value);
    }
    let emulator = builder.start().await.unwrap();
    emulator.launch(env!("CARGO_BIN_EXE_failing")).unwrap();
    emulator
}

#[tokio::test]
async fn a_process_is_seen_from_its_start_to_its_end() {
    bounded(async {
        let emulator = launched(&[]).await;
        emulator.init().await.unwrap();
        emulator.invoke(Invocation::default()).await.unwrap();
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        let steps: Vec<What> = emulator
            .timeline()
            .into_iter()
            .map(|step| step.what)
            .collect();
        let extension = || "failing".to_owned();
        let reason = ShutdownReason::Spindown;
        for expected in [
            What::Phase(Phase::Init),
            What::Receives {
                extension: extension(),
                event: EventType::Invoke,
            },
            What::Phase(Phase::Shutdown { reason }),
            What::Receives {
                extension: extension(),
                event: EventType::Shutdown,
            },
            What::Output {
                extension: extension(),
                line: "shutdown: Spindown".to_owned(),
            },
            What::Left {
                extension: extension(),
                code: Some(0),
                state: State::Exited,
            },
        ] {
            assert!(steps.contains(&expected), "{expected:?} in {steps:#?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_process_that_leaves_after_a_report_fails_the_environment_with_it() {
    bounded(async {
        let emulator = launched(&[("FAIL_IN", "init"), ("FAIL_BY", "typed error")]).await;
        let error = emulator.init().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "Extension.InitError: `failing` reported Extension.DiskFull"
        );
        let left = |step: &Step| matches!(&step.what, What::Left { code: Some(1), .. });
        assert!(
            emulator.timeline().iter().any(left),
            "{:#?}",
            emulator.timeline()
        );
    })
    .await;
}

#[tokio::test]
async fn a_process_that_leaves_without_a_report_is_a_crash() {
    bounded(async {
        let emulator = Emulator::builder().start().await.unwrap();
        emulator.launch("/bin/true").unwrap();
        let error = emulator.init().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "Extension.Crash: `true` left without a report"
        );
    })
    .await;
}

/// A process that does not leave by itself, registered for `events` on its behalf.
async fn staying(events: &str) -> Emulator {
    let emulator = Emulator::builder().start().await.unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/stays.sh");
    emulator.launch(script).unwrap();
    Raw::of(&emulator).registered("stays.sh", events).await;
    emulator
}

fn was_killed(emulator: &Emulator) -> bool {
    let extension = "stays.sh".to_owned();
    let killed = What::Killed { extension };
    emulator.timeline().iter().any(|step| step.what == killed)
}

#[tokio::test]
async fn a_process_that_does_not_leave_at_shutdown_is_killed_and_that_is_a_failure() {
    bounded(async {
        let emulator = staying(r#"["SHUTDOWN"]"#).await;
        let error = emulator
            .shutdown(ShutdownReason::Spindown)
            .await
            .unwrap_err();
        let expected = "`stays.sh` did not leave by itself with code 0 at SHUTDOWN";
        assert_eq!(error.to_string(), expected);
        assert!(was_killed(&emulator), "{:#?}", emulator.timeline());
    })
    .await;
}

#[tokio::test]
async fn a_process_that_did_not_register_for_shutdown_is_killed_and_that_is_no_failure() {
    bounded(async {
        let emulator = staying("[]").await;
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        assert!(was_killed(&emulator), "{:#?}", emulator.timeline());
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_executed_is_an_error() {
    let emulator = Emulator::builder().start().await.unwrap();
    assert!(emulator.launch("/etc/hostname").is_err());
    assert!(emulator.launch("/no/such/file").is_err());
}

#[tokio::test]
async fn an_extension_of_this_process_that_takes_no_shutdown_does_not_wait_for_ever() {
    struct Idle;
    impl lambda_ext::Handler for Idle {
        const CONFIG: lambda_ext::Config = lambda_ext::Config::new(&[EventType::Invoke]);
    }
    bounded(async {
        let emulator = Emulator::builder().start().await.unwrap();
        let extension = emulator.extension("idle").build().unwrap();
        let scenario = async {
            emulator.init().await?;
            emulator.invoke(Invocation::default()).await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        };
        let (outcome, ended) = tokio::join!(extension.run(Idle), scenario);
        ended.unwrap();
        assert!(outcome.is_err());
    })
    .await;
}

#[tokio::test]
async fn dropping_it_lets_go_of_those_that_wait() {
    bounded(async {
        let (emulator, raw) = environment().await;
        let id = raw.registered("ext", "[]").await;
        let waiting = tokio::spawn(async move { raw.next(&id).await.status() });
        parked(&emulator, 1).await;
        drop(emulator);
        assert_eq!(waiting.await.unwrap(), 404);
    })
    .await;
}

#[tokio::test]
async fn an_extension_is_launched_once() {
    let emulator = staying("[]").await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/stays.sh");
    let error = emulator.launch(script).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is an extension `stays.sh` already"
    );
}

#[tokio::test]
async fn a_launch_that_is_refused_leaves_no_process_to_wait_for() {
    bounded(async {
        let emulator = Emulator::builder().start().await.unwrap();
        let _ = emulator.extension("stays.sh");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/stays.sh");
        emulator.launch(script).unwrap_err();
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
    })
    .await;
}

#[test]
fn processes_and_their_children_end_with_the_emulator_and_its_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/stays_with_child.sh");
    let children = runtime.block_on(bounded(async {
        let emulator = Emulator::builder().start().await.unwrap();
        emulator.launch(script).unwrap();
        let said = |step: Step| match step.what {
            What::Output { line, .. } => Some(line),
            _ => None,
        };
        loop {
            if let Some(line) = emulator.timeline().into_iter().find_map(said) {
                break line;
            }
            tokio::task::yield_now().await;
        }
    }));
    drop(runtime);
    // Dead, though nobody may have waited for them yet.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    for pid in children.split(' ') {
        let path = format!("/proc/{pid}/stat");
        while let Ok(stat) = std::fs::read_to_string(&path) {
            assert!(std::time::Instant::now() < end, "{stat}");
            if stat.contains(") Z ") || stat.contains(") X ") {
                break;
            }
            std::thread::yield_now();
        }
    }
}
