//! The telemetry events of failing environments, of processes, and of Managed Instances. Needs
//! `python3`.

use std::time::Duration;

use lambda_ext::emulator::{Emulator, EmulatorError, Initialization, Invocation};
use lambda_ext::{Error, ShutdownReason};
use lambda_ext_tests::fake::{Fake, bounded};
use lambda_ext_tests::raw::Raw;
use lambda_ext_tests::subscriber::{Subscriber, amid, events, kinds, records, told};
use serde_json::{Value, json};

use crate::FUNCTION;

/// The telemetry of `ext` about an init that fails because of this executable, and the error.
async fn told_of_failure(executable: &str, env: &[(&str, &str)]) -> (Vec<Value>, EmulatorError) {
    let builder = Emulator::builder().executable(executable);
    let builder = env
        .iter()
        .fold(builder, |builder, (key, value)| builder.env(key, value));
    let emulator = builder.start().await.unwrap();
    let raw = Raw::of(&emulator);
    let mut subscriber = Subscriber::start().await;
    // Before init, so that nothing of it is too fast.
    let ext = emulator.extension("ext");
    let id = raw.registered("ext", r#"["SHUTDOWN"]"#).await;
    raw.subscribed(&id, &subscriber.subscription()).await;
    let ext = ext.run_future(async {
        raw.until_shutdown(&id).await;
        Ok::<_, Error>(())
    });
    let (left, failed) = tokio::join!(ext, emulator.init());
    left.unwrap();
    (subscriber.taken().to_vec(), failed.unwrap_err())
}

/// The record about one extension.
#[track_caller]
fn of_extension<'e>(told: &'e [Value], name: &str) -> &'e Value {
    let records = records(told, "platform.extension");
    let mut found = records.into_iter().filter(|record| record["name"] == name);
    found.next().unwrap_or_else(|| panic!("{told:#?}"))
}

#[tokio::test]
async fn failed_launch_is_told_as_launch_error_without_runtime() {
    bounded(async {
        let (told, _) = told_of_failure("/etc/hostname", &[]).await;
        assert_eq!(
            kinds(&told),
            [
                "platform.telemetrySubscription",
                "platform.initStart",
                "platform.extension",
                "platform.extension",
                "platform.initReport",
            ]
        );
        assert_eq!(
            *of_extension(&told, "hostname"),
            json!({
                "name": "hostname",
                "state": "LaunchError",
                "events": [],
                "errorType": "PermissionDenied",
            })
        );
        assert_eq!(
            *of_extension(&told, "ext"),
            json!({"name": "ext", "state": "Registered", "events": ["SHUTDOWN"]})
        );
        let report = records(&told, "platform.initReport")[0];
        assert_eq!(report["status"], "error");
        assert_eq!(report["errorType"], "Extension.LaunchError");
    })
    .await;
}

#[tokio::test]
async fn init_error_is_told_as_reported() {
    bounded(async {
        let env = [("FAIL_IN", "init"), ("FAIL_BY", "typed error")];
        let (told, _) = told_of_failure(env!("CARGO_BIN_EXE_failing"), &env).await;
        let expected = json!({
            "name": "failing",
            "state": "InitError",
            "events": ["INVOKE", "SHUTDOWN"],
            "errorType": "Extension.DiskFull",
        });
        assert_eq!(*of_extension(&told, "failing"), expected);
        let report = records(&told, "platform.initReport")[0];
        assert_eq!(report["status"], "error");
        assert_eq!(report["errorType"], "Extension.InitError");
    })
    .await;
}

#[tokio::test]
async fn exit_before_registration_is_told_as_started() {
    bounded(async {
        let (told, _) = told_of_failure("/bin/true", &[]).await;
        let expected = json!({"name": "true", "state": "Started", "events": []});
        assert_eq!(*of_extension(&told, "true"), expected);
        let report = records(&told, "platform.initReport")[0];
        assert_eq!(report["errorType"], "Extension.Crash");
        assert!(records(&told, "platform.initRuntimeDone").is_empty());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn slow_init_is_told_as_timeout() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let _ = emulator.extension("ext");
        let raw = Raw::of(&emulator);
        let id = raw.registered("ext", r#"["INVOKE"]"#).await;
        let mut subscriber = Subscriber::start().await;
        raw.subscribed(&id, &subscriber.subscription()).await;
        emulator.init().await.unwrap_err();
        subscriber.until("platform.initReport").await;
        let told = subscriber.taken();
        for kind in ["platform.initRuntimeDone", "platform.initReport"] {
            let record = records(told, kind)[0];
            assert_eq!(record["status"], "timeout");
            assert_eq!(record.get("errorType"), None);
        }
    })
    .await;
}

#[tokio::test]
async fn process_output_is_told_by_kind_of_process() {
    bounded(async {
        let emulator = Emulator::builder()
            .executable(env!("CARGO_BIN_EXE_failing"))
            .runtime(FUNCTION)
            .env("NEEDS_FILE", "/no/such/file")
            .start()
            .await
            .unwrap();
        let told = told(&emulator, None, async {
            let failed = emulator.init().await.unwrap_err().to_string();
            assert_eq!(failed, "Runtime.ExitError: the runtime exited");
            Ok(())
        });
        let told = told.await;
        let function = records(&told, "function");
        assert_eq!(function, [&json!("/no/such/file is not there\n")]);
        let extension = records(&told, "extension");
        let line = json!("init: my-function\n");
        assert!(extension.contains(&&line), "{told:#?}");
        assert!(!extension.contains(&function[0]), "{told:#?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn report_arrives_during_next_invocation_or_at_shutdown() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let raw = Raw::of(&emulator);
        let mut subscriber = Subscriber::start().await;
        let subscription = subscriber.subscription();
        let ext = emulator.extension("ext").run_future(async {
            let id = raw.registered("ext", r#"["INVOKE","SHUTDOWN"]"#).await;
            raw.subscribed(&id, &subscription).await;
            raw.until_shutdown(&id).await;
            Ok::<_, Error>(())
        });
        let reports = |subscriber: &mut Subscriber| {
            let told = records(subscriber.taken(), "platform.report");
            let ids = told.iter().map(|record| record["requestId"].clone());
            ids.collect::<Vec<_>>()
        };
        let scenario = async {
            emulator
                .invoke(Invocation::default().request_id("1"))
                .await?;
            // Hours are more than any buffering.
            emulator.freeze(Duration::from_secs(3 * 3600)).await?;
            assert_eq!(reports(&mut subscriber), [] as [Value; 0]);
            let second = Invocation::default().request_id("2");
            let second = second.duration(Duration::from_secs(1));
            emulator.invoke(second).await?;
            assert_eq!(reports(&mut subscriber), [json!("1")]);
            emulator.shutdown(ShutdownReason::Spindown).await?;
            assert_eq!(reports(&mut subscriber), [json!("1"), json!("2")]);
            Ok(())
        };
        tokio::try_join!(ext, scenario).unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn invocation_is_not_reported_while_an_extension_is_busy() {
    bounded(async {
        let mut fake = Fake::start().await;
        let platform = |body: &mut Value| body["types"] = json!(["platform"]);
        let (_emulator, ..) = amid(Emulator::builder(), &fake, platform).await;
        let mut told = Vec::new();
        let taking = async {
            loop {
                let request = fake.request().await;
                told.extend(events(&request.json()));
                request.reply(200, "", "");
            }
        };
        tokio::select! {
            // Hours are more than any buffering.
            () = tokio::time::sleep(Duration::from_secs(3 * 3600)) => {}
            () = taking => {}
        }
        let kinds = kinds(&told);
        assert_eq!(kinds.last(), Some(&"platform.runtimeDone"), "{kinds:?}");
        assert!(!kinds.contains(&"platform.report"), "{kinds:?}");
    })
    .await;
}

#[tokio::test]
async fn managed_instance_tells_less_and_in_another_order() {
    bounded(async {
        let emulator = Emulator::builder()
            .initialization(Initialization::ManagedInstances)
            .start()
            .await
            .unwrap();
        let raw = Raw::of(&emulator);
        let subscriber = Subscriber::start().await;
        let mut subscription = subscriber.subscription();
        subscription["schemaVersion"] = json!("2025-01-29");
        let ext = emulator.extension("ext").run_future(async {
            let refused = raw.register("ext", r#"{"events":["INVOKE"]}"#).await;
            assert_eq!(refused.status(), 403);
            let id = raw.registered("ext", r#"["SHUTDOWN"]"#).await;
            raw.subscribed(&id, &subscription).await;
            raw.until_shutdown(&id).await;
            Ok::<_, Error>(subscriber)
        });
        let (mut subscriber, ()) = tokio::try_join!(ext, async {
            let arn = "arn:aws:lambda:us-east-1:1:function:f:live";
            let invocation = Invocation::default().request_id("1").function_arn(arn);
            emulator.invoke(invocation.log("a line")).await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        })
        .unwrap();
        let told = subscriber.taken();
        // Extensions are not waited for by the second, so a subscription comes before or after it.
        let kinds = kinds(told);
        let kinds = kinds.into_iter();
        let kinds: Vec<_> = kinds
            .filter(|kind| *kind != "platform.telemetrySubscription")
            .collect();
        assert_eq!(
            kinds,
            [
                "platform.initStart",
                "platform.initRuntimeDone",
                "platform.extension",
                "platform.initReport",
                "platform.start",
                "function",
                "platform.report",
            ]
        );
        let start = records(told, "platform.initStart")[0];
        assert_eq!(start["initializationType"], "lambda-managed-instances");
        assert_eq!(start["instanceMaxMemory"], 128 * 1024 * 1024);
        let start = records(told, "platform.start")[0];
        let arn = "arn:aws:lambda:us-east-1:1:function:f:live";
        assert_eq!(start["functionArn"], arn);
        let report = records(told, "platform.report")[0];
        let metrics: Vec<_> = report["metrics"].as_object().unwrap().keys().collect();
        assert_eq!(metrics, ["durationMs"]);
        let spans = report["spans"].as_array().unwrap();
        let spans: Vec<_> = spans.iter().map(|span| &span["name"]).collect();
        assert_eq!(spans, ["responseLatency", "responseDuration"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn managed_instance_is_not_frozen_between_invocations() {
    bounded(async {
        let emulator = Emulator::builder()
            .initialization(Initialization::ManagedInstances)
            .start()
            .await
            .unwrap();
        let raw = Raw::of(&emulator);
        let mut subscriber = Subscriber::start().await;
        let mut subscription = subscriber.subscription();
        subscription["schemaVersion"] = json!("2025-01-29");
        let ext = emulator.extension("ext").run_future(async {
            let id = raw.registered("ext", r#"["SHUTDOWN"]"#).await;
            raw.subscribed(&id, &subscription).await;
            raw.until_shutdown(&id).await;
            Ok::<_, Error>(())
        });
        let scenario = async {
            emulator.invoke(Invocation::default()).await?;
            subscriber.until("platform.report").await;
            emulator.shutdown(ShutdownReason::Spindown).await
        };
        tokio::try_join!(ext, scenario).unwrap();
    })
    .await;
}
