//! A dropped phase of the emulator leaves an environment that can go on, wherever the phase was
//! waiting.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use lambda_ext::emulator::record::Phase;
use lambda_ext::emulator::{Emulator, EmulatorError, Invocation, Outcome};
use lambda_ext::{Config, Error, EventType, Handler, InvokeEvent, ShutdownReason};
use lambda_ext_tests::fake::bounded;
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use tokio::time::{Instant, timeout};

/// A handler that waits before it is done.
struct Busy;

impl Handler for Busy {
    const CONFIG: Config = Config::new(&[EventType::Invoke, EventType::Shutdown]);

    async fn invoke(&mut self, _: InvokeEvent) -> Result<(), Error> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Ok(())
    }
}

/// Extensions of this process need not be `Send`.
async fn local<F: Future>(test: F) -> F::Output {
    bounded(LocalSet::new().run_until(test)).await
}

fn extension(emulator: &Emulator) -> JoinHandle<Result<Busy, EmulatorError>> {
    spawn_local(emulator.extension("ext").run(Busy))
}

/// Polls so many times, then drops.
async fn dropped_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| match left.checked_sub(1) {
        None => Poll::Ready(None),
        Some(rest) => {
            left = rest;
            future.as_mut().poll(context).map(Some)
        }
    })
    .await
}

/// Does something with an environment and drops it at its first wait, then at its second, until it
/// comes to its end; each time the environment has to come to an end, and to begin anew. Which of
/// the waits comes when is not always the same, so this says how many there were.
async fn at_every_wait<F, T>(prepare: bool, doing: F) -> usize
where
    F: AsyncFn(&Emulator) -> T,
{
    for polls in 0.. {
        let emulator = Emulator::start().await.unwrap();
        let first = extension(&emulator);
        if prepare {
            emulator.init().await.unwrap();
        }
        let done = dropped_after(polls, Box::pin(doing(&emulator)))
            .await
            .is_some();
        // It fails, maybe, with what the dropped phase would have failed with, but it is over.
        let _ = emulator.shutdown(ShutdownReason::Spindown).await;
        let _ = first.await.unwrap();
        let second = extension(&emulator);
        let life = async {
            emulator.invoke(Invocation::default()).await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        };
        life.await
            .unwrap_or_else(|error| panic!("{polls}: {error}\n{}", emulator.record()));
        second.await.unwrap().unwrap();
        if done {
            return polls;
        }
    }
    unreachable!("it comes to its end")
}

#[tokio::test]
async fn init_dropped_anywhere_can_be_repeated() {
    local(async {
        let waits = at_every_wait(false, async |emulator| emulator.init().await).await;
        assert!(waits > 2, "{waits}");
    })
    .await;
}

#[tokio::test]
async fn invocation_dropped_anywhere_leaves_a_usable_environment() {
    local(async {
        for prepare in [false, true] {
            let invoke = async |emulator: &Emulator| {
                let invocation = Invocation::default().duration(Duration::from_millis(2));
                emulator.invoke(invocation.log("a line")).await
            };
            let waits = at_every_wait(prepare, invoke).await;
            assert!(waits > 2, "{waits}");
        }
    })
    .await;
}

#[tokio::test]
async fn reset_dropped_anywhere_leaves_a_usable_environment() {
    local(async {
        for outcome in [Outcome::Timeout, Outcome::Crash] {
            let invoke = async |emulator: &Emulator| {
                let invocation = Invocation::default().outcome(outcome);
                let timeout = Duration::from_millis(20);
                emulator.invoke(invocation.timeout(timeout)).await
            };
            let waits = at_every_wait(true, invoke).await;
            assert!(waits > 2, "{outcome:?}: {waits}");
        }
    })
    .await;
}

#[tokio::test]
async fn call_dropped_anywhere_leaves_a_usable_environment() {
    local(async {
        let call = async |emulator: &Emulator| {
            emulator
                .invoke_until_response(Invocation::default())
                .await?;
            emulator.finish_invocation().await
        };
        let waits = at_every_wait(true, call).await;
        assert!(waits > 1, "{waits}");
    })
    .await;
}

#[tokio::test]
async fn dropped_freeze_thaws() {
    local(async {
        let freeze = async |emulator: &Emulator| {
            emulator.freeze(Duration::from_millis(1)).await?;
            emulator.restore().await
        };
        let waits = at_every_wait(true, freeze).await;
        assert!(waits > 1, "{waits}");
    })
    .await;
}

#[tokio::test]
async fn shutdown_dropped_anywhere_can_be_repeated() {
    local(async {
        let shutdown =
            async |emulator: &Emulator| emulator.shutdown(ShutdownReason::Spindown).await;
        let waits = at_every_wait(true, shutdown).await;
        assert!(waits > 1, "{waits}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn dropped_init_continues_within_its_time_limit() {
    local(async {
        const HALF: Duration = Duration::from_secs(5);
        let emulator = Emulator::start().await.unwrap();
        let late = emulator.extension("ext");
        let begin = Instant::now();
        assert!(timeout(HALF, emulator.init()).await.is_err());
        let late = spawn_local(late.run(Busy));
        emulator.init().await.unwrap();
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        late.await.unwrap().unwrap();
        let init = Phase::Init { suppressed: false };
        let phases = emulator.record().phases();
        let inits = phases.iter().filter(|time| time.phase == init);
        assert_eq!(inits.count(), 1, "{}", emulator.record());
        assert!(begin.elapsed() >= HALF);

        // It never registers.
        let _ = emulator.extension("ext");
        let begin = Instant::now();
        assert!(timeout(HALF, emulator.init()).await.is_err());
        emulator.init().await.unwrap_err();
        assert_eq!(begin.elapsed().as_secs(), 10);
    })
    .await;
}

#[tokio::test]
async fn extension_started_after_shutdown_is_killed() {
    local(async {
        let emulator = Emulator::start().await.unwrap();
        let late = emulator.extension("ext");
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        let second = extension(&emulator);
        let outcome = late.run(Busy).await;
        assert!(matches!(outcome, Err(EmulatorError::Killed { .. })));
        emulator.invoke(Invocation::default()).await.unwrap();
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        second.await.unwrap().unwrap();
    })
    .await;
}
