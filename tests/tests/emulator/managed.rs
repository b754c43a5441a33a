//! Concurrent invocations of a managed instance at the end of their environment.

use std::sync::Mutex;
use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::record::StepKind;
use lambda_ext::emulator::{Emulator, Initialization, Invocation, Outcome};
use lambda_ext_tests::fake::bounded;
use tokio::sync::oneshot;
use tokio::time::sleep;

fn lasting(seconds: u64) -> Invocation {
    let invocation = Invocation::default().timeout(Duration::from_secs(60));
    invocation.duration(Duration::from_secs(seconds))
}

#[tokio::test(start_paused = true)]
async fn crash_ends_running_invocations_but_no_later_one() {
    bounded(async {
        let (crashed, has_crashed) = oneshot::channel();
        let crashed = Mutex::new(Some(crashed));
        let emulator = Emulator::builder()
            .initialization(Initialization::ManagedInstances)
            .on_step(move |step| {
                if let StepKind::RuntimeExited { .. } = step.kind {
                    if let Some(crashed) = crashed.lock().unwrap().take() {
                        let _ = crashed.send(());
                    }
                }
            })
            .start()
            .await
            .unwrap();
        emulator.init().await.unwrap();
        let (next, other, crash) = tokio::join!(
            biased;
            // Asks for the environment before the other has heard of its end.
            async {
                has_crashed.await.unwrap();
                emulator.invoke(lasting(5)).await
            },
            emulator.invoke(lasting(10)),
            emulator.invoke(lasting(1).outcome(Outcome::Crash)),
        );
        assert_eq!(crash.unwrap().outcome, Outcome::Crash);
        assert_eq!(other.unwrap().outcome, Outcome::Crash);
        let next = next.unwrap();
        assert_eq!(next.outcome, Outcome::Success, "{}", emulator.record());
        assert_eq!(
            next.response.as_deref(),
            Some("null"),
            "{}",
            emulator.record()
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn invocation_interrupted_by_shutdown_is_no_success() {
    bounded(async {
        let emulator = Emulator::builder()
            .initialization(Initialization::ManagedInstances)
            .start()
            .await
            .unwrap();
        emulator.init().await.unwrap();
        let (invoked, ended) = tokio::join!(emulator.invoke(lasting(10)), async {
            sleep(Duration::from_secs(1)).await;
            emulator.shutdown(ShutdownReason::Spindown).await
        });
        ended.unwrap();
        let invoked = invoked.unwrap();
        assert_eq!(invoked.response, None);
        assert_eq!(invoked.outcome, Outcome::Crash, "{}", emulator.record());
    })
    .await;
}
