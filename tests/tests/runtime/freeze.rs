//! Environments that are frozen for hours and for seconds: which methods are called after the thaw,
//! and how often.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use lambda_ext::emulator::record::StepKind;
use lambda_ext::emulator::{Emulator, Invocation};
use lambda_ext::{
    Config, Error, EventType, Handler, InvokeEvent, RuntimeDone, ShutdownEvent, ShutdownReason,
};
use lambda_ext_tests::delivery::runtime_done;
use lambda_ext_tests::emulated::with_executable;
use lambda_ext_tests::fake::{self, bounded};
use lambda_ext_tests::told::{LONG, play, subscribed};

const HOUR: Duration = Duration::from_secs(3600);

/// Notes what is called, with a tick at this interval.
#[derive(Default)]
struct Noted<const TICK_MS: u64> {
    calls: Rc<RefCell<Vec<String>>>,
}

impl<const TICK_MS: u64> Noted<TICK_MS> {
    fn note(&self, call: impl Into<String>) {
        self.calls.borrow_mut().push(call.into());
    }
}

impl<const TICK_MS: u64> Handler for Noted<TICK_MS> {
    const CONFIG: Config = Config::new(&[EventType::Invoke, EventType::Shutdown])
        .tick(Duration::from_millis(TICK_MS))
        .thawed();

    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        self.note(format!("invoke {}", event.request_id));
        Ok(())
    }

    async fn tick(&mut self) -> Result<(), Error> {
        self.note("tick");
        Ok(())
    }

    async fn thawed(&mut self, frozen_for: Duration) -> Result<(), Error> {
        let hours = (frozen_for + Duration::from_secs(60)).as_secs() / HOUR.as_secs();
        self.note(format!("thawed after {hours} hours"));
        Ok(())
    }

    async fn shutdown(&mut self, _: ShutdownEvent) -> Result<(), Error> {
        self.note("shutdown");
        Ok(())
    }
}

fn invocation(request_id: &str) -> Invocation {
    Invocation::default().request_id(request_id)
}

#[tokio::test(start_paused = true)]
async fn hours_of_freeze_cause_one_tick_one_thaw_and_no_lost_event() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let noted = Noted::<10_000>::default();
        let calls = Rc::clone(&noted.calls);
        let extension = emulator.extension("noted").run(noted);
        let scenario = async {
            for (request_id, hours) in [("1", 5), ("2", 9), ("3", 7)] {
                emulator.invoke(invocation(request_id)).await?;
                emulator.freeze(hours * HOUR).await?;
            }
            emulator.shutdown(ShutdownReason::Spindown).await
        };
        let (outcome, ended) = tokio::join!(extension, scenario);
        ended.unwrap();
        outcome.unwrap();
        let mut calls = calls.take();
        // Whether the tick is before the event or after it is a matter of who is quicker; after SHUTDOWN
        // there is none.
        let ticks = calls.iter().filter(|call| *call == "tick").count();
        assert!((2..=3).contains(&ticks), "{ticks}");
        calls.retain(|call| call != "tick");
        assert_eq!(
            calls,
            [
                "invoke 1",
                "thawed after 5 hours",
                "invoke 2",
                "thawed after 9 hours",
                "invoke 3",
                "thawed after 7 hours",
                "shutdown",
            ]
        );
        emulator.record().assert_clean();
    })
    .await;
}

#[tokio::test]
async fn ticks_come_between_events() {
    bounded(async {
        let emulator = Emulator::start().await.unwrap();
        let noted = Noted::<20>::default();
        let calls = Rc::clone(&noted.calls);
        let extension = emulator.extension("noted").run(noted);
        let scenario = async {
            let ticks = || calls.borrow().iter().filter(|call| *call == "tick").count();
            while ticks() < 3 {
                emulator.invoke(Invocation::default()).await?;
            }
            Ok::<_, Error>(())
        };
        emulator.drive(extension, scenario).await.unwrap();
        emulator.record().assert_clean();
    })
    .await;
}

/// The lines of the extension that begin so.
fn said(emulator: &Emulator, beginning: &str) -> usize {
    let record = emulator.record();
    let lines = record.steps.iter().filter(|step| match &step.kind {
        StepKind::Output { line, .. } => line.starts_with(beginning),
        _ => false,
    });
    lines.count()
}

#[tokio::test]
async fn process_stopped_for_seconds_has_one_tick_one_thaw_and_no_lost_event() {
    const FREEZES: usize = 3;
    let frozen_for = Duration::from_millis(2_500);
    let began = Instant::now();
    bounded(async {
        let emulator = with_executable(env!("CARGO_BIN_EXE_frozen")).await;
        for number in 0..FREEZES {
            let invocation = invocation(&number.to_string());
            emulator.invoke(invocation).await.unwrap();
            emulator.freeze(frozen_for).await.unwrap();
            // The tick of the thaw comes before the next freeze.
            while said(&emulator, "tick") <= number {
                tokio::task::yield_now().await;
            }
        }
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        for number in 0..FREEZES {
            assert_eq!(said(&emulator, &format!("invoke {number}")), 1);
        }
        assert_eq!(said(&emulator, "shutdown"), 1);
        // One each, and more only for the seconds in which the process was not stopped.
        let awake = began.elapsed().saturating_sub(frozen_for * 3);
        let most = FREEZES + usize::try_from(awake.as_secs()).unwrap();
        for call in ["tick", "thawed"] {
            let calls = said(&emulator, call);
            let once = (FREEZES..=most).contains(&calls);
            assert!(once, "{calls} times {call}, {most} at most");
        }
        emulator.record().assert_clean();
    })
    .await;
}

/// Ticks that take longer than their interval.
struct Ticking {
    ticks: Rc<Cell<u32>>,
    ends: u32,
}

impl Handler for Ticking {
    const CONFIG: Config = Config::new(&[EventType::Invoke, EventType::Shutdown])
        .runtime_done()
        .tick(Duration::from_millis(1));

    async fn tick(&mut self) -> Result<(), Error> {
        self.ticks.set(self.ticks.get() + 1);
        if self.ticks.get() > 1_000 {
            return Err("nothing else has its turn".into());
        }
        let began = SystemTime::now();
        while began.elapsed()? < Duration::from_millis(2) {
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn runtime_done(&mut self, _: RuntimeDone) -> Result<(), Error> {
        self.ends += 1;
        Ok(())
    }
}

#[tokio::test]
async fn ticks_longer_than_their_interval_leave_time_for_the_rest() {
    let ticks = Rc::new(Cell::new(0));
    let ticking = Ticking {
        ticks: Rc::clone(&ticks),
        ends: 0,
    };
    let outcome = play(ticking, async |fake| {
        let delivery = subscribed(fake).await;
        fake.expect(fake::NEXT).await.invoke_for("1", LONG);
        while ticks.get() < 2 {
            tokio::task::yield_now().await;
        }
        delivery.send(&[runtime_done("1")]).await;
        let request = fake.request().await;
        assert_eq!(request.path, fake::NEXT, "{request:?}");
        request.shutdown();
    });
    assert_eq!(outcome.await.unwrap().ends, 1);
}
