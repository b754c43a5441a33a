//! The emulator over a thousand invocations. A process of its own runs it, because the test
//! measures the memory of the process.

use std::env;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::record::StepKind;
use lambda_ext::emulator::{Emulator, Invocation};
use lambda_ext_tests::fake::bounded;
use lambda_ext_tests::raw::Raw;
use lambda_ext_tests::run::{INVOCATIONS, told_in_order};
use tokio::runtime::Builder;

/// What the line of each invocation has beside its number. Long, so that the lines of half of the
/// invocations are much beside what an allocator keeps for later.
const FILLER: usize = 10_000;

/// The resident memory of this process, in KiB.
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

/// Set for the process that has the emulator to itself.
const ALONE: &str = "LOAD_SOAK_ALONE";

#[test]
fn thousand_invocations_are_told_once_in_order_and_leave_nothing() {
    if env::var_os(ALONE).is_some() {
        let runtime = Builder::new_current_thread().enable_all().build();
        return runtime.unwrap().block_on(soak());
    }
    let this = "soak::thousand_invocations_are_told_once_in_order_and_leave_nothing";
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", this])
        .env(ALONE, "")
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && stdout.contains("test result: ok. 1 passed"),
        "{stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

async fn soak() {
    bounded(async {
        let dropped = Arc::new(AtomicBool::new(false));
        let seen = dropped.clone();
        let emulator = Emulator::builder()
            .executable(env!("CARGO_BIN_EXE_told"))
            .max_recorded_steps(1_000)
            // The record is short.
            .on_step(move |step| {
                if let StepKind::Dropped { .. } = step.kind {
                    seen.store(true, Ordering::Relaxed);
                }
            })
            .start()
            .await
            .unwrap();
        let raw = Raw::of(&emulator);
        let one = emulator
            .extension("one")
            .run_future(told_in_order(&raw, "one"));
        let two = emulator
            .extension("two")
            .run_future(told_in_order(&raw, "two"));
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
        assert!(!dropped.load(Ordering::Relaxed));
        for name in ["told", "one", "two"] {
            assert_eq!(emulator.record().exits(name), [Some(0)]);
        }
    })
    .await;
}
