//! Registration: the extensions that may register, until which moment, and under which names.

use lambda_ext::emulator::record::StepKind;
use lambda_ext::emulator::{Call, Emulator, Initialization};
use lambda_ext_tests::emulated::happened;
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::{Raw, answer, forbidden};
use reqwest::Method;

use super::environment_of;

/// An environment that expects the external extension `ext`, which the test itself plays.
#[tokio::test]
async fn name_in_other_case_is_an_internal_extension() {
    bounded(async {
        let (_emulator, raw) = environment_of(Initialization::OnDemand).await;
        for name in ["Ext", "ext.sh", "opt/extensions/ext"] {
            let refused = answer(raw.register(name, r#"{"events":["SHUTDOWN"]}"#).await).await;
            let expected = "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension";
            assert_eq!(
                refused,
                forbidden("Extension.InvalidEventType", expected),
                "{name}"
            );
            raw.registered(name, r#"["INVOKE"]"#).await;
        }
        // None of them was the one that is expected.
        raw.registered("ext", r#"["SHUTDOWN"]"#).await;
    })
    .await;
}

#[tokio::test]
async fn every_extension_has_its_own_identifier() {
    bounded(async {
        let (_emulator, raw) = environment_of(Initialization::OnDemand).await;
        let mut ids = Vec::new();
        for name in ["ext", "a", "b", "c"] {
            ids.push(raw.registered(name, "[]").await);
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 4, "{ids:?}");
    })
    .await;
}

#[tokio::test]
async fn registration_with_any_content_type_is_accepted() {
    bounded(async {
        for content_type in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some(""),
        ] {
            let (_emulator, raw) = environment_of(Initialization::OnDemand).await;
            let named = [("Lambda-Extension-Name", "ext")];
            let typed = content_type.map(|of| ("Content-Type", of));
            let headers: Vec<_> = named.into_iter().chain(typed).collect();
            let body = r#"{"events":["INVOKE"]}"#;
            let path = Call::Register.path();
            let response = raw.send((Method::POST, path), &headers, body).await;
            assert_eq!(response.status(), 200, "{content_type:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn internal_registration_closes_at_first_runtime_next() {
    bounded(async {
        let builder = Emulator::builder().attached_runtime();
        let emulator = builder.start().await.unwrap();
        let raw = Raw::of(&emulator);
        let runtime = raw.send((Method::GET, Call::RuntimeNext.path()), &[], "");
        let scenario = async {
            raw.registered("early", "[]").await;
            let late = async {
                happened(&emulator, |what| matches!(what, StepKind::RuntimeWaits)).await;
                answer(raw.register("late", "{}").await).await
            };
            tokio::select! {
                response = runtime => panic!("{response:?}"),
                late = late => late,
            }
        };
        let late = tokio::select! {
            // `early` does not call `next`, so init is not over.
            outcome = emulator.init() => panic!("{outcome:?}"),
            late = scenario => late,
        };
        let expected = "Extension registration closed already";
        assert_eq!(late, forbidden("Extension.RegistrationClosed", expected));
    })
    .await;
}

#[tokio::test]
async fn managed_instance_has_shutdown_for_external_and_no_event_for_internal() {
    bounded(async {
        let (_emulator, raw) = environment_of(Initialization::ManagedInstances).await;
        let of_internal = "No events allowed for internal extensions";
        for (name, events, message) in [
            ("ext", r#"["INVOKE"]"#, "INVOKE: ErrorInvalidEventType"),
            (
                "ext",
                r#"["SHUTDOWN","INVOKE"]"#,
                "INVOKE: ErrorInvalidEventType",
            ),
            ("inside", r#"["INVOKE"]"#, of_internal),
            ("inside", r#"["SHUTDOWN"]"#, of_internal),
        ] {
            let body = format!("{{\"events\":{events}}}");
            let refused = answer(raw.register(name, &body).await).await;
            assert_eq!(refused, forbidden("Extension.InvalidEventType", message));
        }
        raw.registered("inside", "[]").await;
        raw.registered("ext", r#"["SHUTDOWN"]"#).await;
    })
    .await;
}
