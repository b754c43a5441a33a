//! The end of an environment ends everything in it: child processes, attached runtimes, and late
//! calls.

use lambda_ext::emulator::record::StepKind;
use lambda_ext::emulator::{Call, Emulator};
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::Raw;
use reqwest::Method;

#[tokio::test]
#[cfg(target_os = "linux")]
async fn children_of_exited_extension_are_killed() {
    bounded(async {
        let builder =
            Emulator::builder().executable(lambda_ext_tests::emulated::fixture("leaves_child.sh"));
        let emulator = builder.start().await.unwrap();
        emulator.init().await.unwrap_err();
        let record = emulator.record();
        let child = record.output("leaves_child.sh").next().unwrap();
        let stat = format!("/proc/{child}/stat");
        let lives = |stat: &str| !stat.contains(") Z ") && !stat.contains(") X ");
        // A signal is sent at once, and heard a moment later.
        while std::fs::read_to_string(&stat).is_ok_and(|stat| lives(&stat)) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn attached_runtime_is_released_at_shutdown() {
    bounded(async {
        let builder = Emulator::builder().attached_runtime();
        let emulator = builder.start().await.unwrap();
        let raw = Raw::of(&emulator);
        let waiting = tokio::spawn(async move {
            let path = Call::RuntimeNext.path();
            raw.send((Method::GET, path), &[], "").await.status()
        });
        emulator.init().await.unwrap();
        drop(emulator);
        assert_eq!(waiting.await.unwrap(), 404);
    })
    .await;
}

#[tokio::test]
async fn late_call_does_not_count_for_the_next_environment() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let raw = Raw::of(&emulator);
        let extension = || {
            emulator.extension("ext").run_future(async {
                let id = raw.registered("ext", r#"["INVOKE","SHUTDOWN"]"#).await;
                raw.until_shutdown(&id).await;
                Ok::<_, lambda_ext::Error>(())
            })
        };
        // Killed at its deadline, but nobody polls it until it is over.
        let mut blocked = Box::pin(emulator.extension("ext").run_future(async {
            let id = raw.registered("ext", r#"["INVOKE","SHUTDOWN"]"#).await;
            raw.next(&id).await;
            std::future::pending::<Result<(), lambda_ext::Error>>().await
        }));
        tokio::select! {
            outcome = &mut blocked => panic!("{outcome:?}"),
            outcome = emulator.init() => outcome.unwrap(),
        }
        tokio::time::pause();
        emulator
            .shutdown(lambda_ext::ShutdownReason::Spindown)
            .await
            .unwrap_err();
        tokio::time::resume();
        let next = extension();
        let scenario = async {
            emulator.init().await?;
            drop(blocked);
            emulator
                .invoke(lambda_ext::emulator::Invocation::default())
                .await?;
            emulator
                .shutdown(lambda_ext::ShutdownReason::Spindown)
                .await
        };
        tokio::try_join!(next, scenario).unwrap();
        let left = |what: &StepKind| matches!(what, StepKind::Exited { code: Some(0), .. });
        let record = emulator.record();
        let left = record.steps.iter().filter(|step| left(&step.kind));
        assert_eq!(left.count(), 1, "{record}");
    })
    .await;
}
