//! The emulator over a long time. Alone in its process, whose memory it measures.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::record::{Step, What};
use lambda_ext::emulator::{Emulator, Invocation};
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::Raw;
use lambda_ext_tests::run::{Expected, INVOCATIONS, told_in_order};

/// What the line of each invocation has beside its number. Long, so that the lines of half of the
/// invocations are much beside what an allocator keeps for later.
const FILLER: usize = 10_000;

/// What of this process is in memory, in KiB.
#[cfg(target_os = "linux")]
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let resident = resident.unwrap().trim().trim_end_matches(" kB");
    resident.parse().unwrap()
}

#[cfg(not(target_os = "linux"))]
fn resident() -> i64 {
    0
}

fn invocation(number: usize) -> Invocation {
    let filler = "x".repeat(FILLER);
    Invocation::default()
        .request_id(number.to_string())
        .log(format!("{number} {filler}"))
        .timeout(Duration::from_secs(30))
}

#[tokio::test]
async fn a_thousand_invocations_are_told_to_three_extensions_once_in_order_and_leave_nothing() {
    bounded(async {
        let told = Arc::new(Mutex::new((Expected::default(), None)));
        let emulator = Emulator::builder()
            .executable(env!("CARGO_BIN_EXE_told"))
            .env("REPORTS", INVOCATIONS.to_string())
            .keep(1_000)
            .observe(in_order(told.clone()))
            .start()
            .await
            .unwrap();
        let raw = Raw::of(&emulator);
        let one = emulator.extension("one").play(told_in_order(&raw, "one"));
        let two = emulator.extension("two").play(told_in_order(&raw, "two"));
        let scenario = async {
            let mut half = 0;
            for number in 0..INVOCATIONS {
                if number == INVOCATIONS / 2 {
                    half = resident();
                }
                emulator.invoke(invocation(number)).await?;
            }
            let more = resident() - half;
            emulator.shutdown(ShutdownReason::Spindown).await?;
            Ok(more)
        };
        let ((), (), more) = tokio::try_join!(one, two, scenario).unwrap();
        // If the lines of half of the invocations were kept for one extension, or by the record, it
        // would be twice as much at least.
        let bound = i64::try_from(INVOCATIONS / 2 * FILLER / 1024 / 2).unwrap();
        assert!(
            more < bound,
            "{more} KiB more, which is not less than {bound}"
        );
        let (expected, dropped) = &*told.lock().unwrap();
        assert!(expected.is_complete(), "{expected:?}");
        assert_eq!(*dropped, None);
    })
    .await;
}

/// Holds what the process says that it was told to what is expected, and notes what was dropped, as
/// it happens: the record is short.
fn in_order(told: Arc<Mutex<(Expected, Option<What>)>>) -> impl Fn(&Step) + Send + 'static {
    move |step| {
        let (expected, dropped) = &mut *told.lock().unwrap();
        match &step.what {
            What::Output { line, .. } => expected.next(&serde_json::from_str(line).unwrap()),
            What::Dropped { .. } => *dropped = Some(step.what.clone()),
            _ => {}
        }
    }
}
