//! The extensions that are counted: those of `tests/bench`, built as a user builds his own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Figure;
use super::count::{allocations, instructions, syscalls};
use super::life::Life;
use crate::built::{build, target_dir};
use crate::finish::{PATIENCE, finish};

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/Cargo.toml");

/// Counts everything.
///
/// # Panics
/// Something cannot be counted: `valgrind` or `strace` is missing, or a subject fails.
pub async fn figures() -> Vec<Figure> {
    [noop().await, noop_telemetry().await].concat()
}

async fn noop() -> Vec<Figure> {
    let program = subject("noop", "tuned");
    let first = Life {
        invocations: 100,
        ..Life::default()
    };
    let second = Life {
        invocations: 300,
        ..Life::default()
    };
    let each = |first, second| share(first, second, 200);
    let calls = syscalls(&program, first).await;
    let more_calls = syscalls(&program, second).await;
    let to_next = to_next(&calls);
    let count = |what: &str| calls.iter().filter(|call| call.contains(what)).count() as u64;
    let clones = |calls: &[String]| calls.iter().filter(|call| call.contains(" clone")).count();
    let figures = [
        ("crates in the tree", crates()),
        ("bytes, tuned", size(&program)),
        ("bytes, smallest", size(&subject("noop", "small"))),
        (
            "instructions of a life without events",
            instructions(&program, Life::default()).await,
        ),
        (
            "allocations of a life without events",
            allocations(&program, Life::default()).await,
        ),
        ("syscalls to the first next", to_next.len() as u64),
        ("threads at the first next", 1 + clones(to_next) as u64),
        ("connections in its life", count(" connect(")),
        (
            "instructions per event",
            each(
                instructions(&program, first).await,
                instructions(&program, second).await,
            ),
        ),
        (
            "allocations per event",
            each(
                allocations(&program, first).await,
                allocations(&program, second).await,
            ),
        ),
        (
            "syscalls per event",
            each(calls.len() as u64, more_calls.len() as u64),
        ),
    ];
    named("noop", figures)
}

async fn noop_telemetry() -> Vec<Figure> {
    let program = subject("noop-telemetry", "tuned");
    let life = |batches, records| Life {
        batches,
        records,
        invocations: 0,
    };
    let started = syscalls(&program, life(0, 0)).await;
    let (large, more_large) = (life(5, 1000), life(15, 1000));
    let (small, more_small) = (life(100, 5), life(300, 5));
    let calls = syscalls(&program, small).await.len();
    let more_calls = syscalls(&program, more_small).await.len();
    let by_record = |first, second| share(first, second, 10_000);
    let by_batch = |first, second| share(first, second, 200);
    let figures = [
        ("bytes, tuned", size(&program)),
        ("syscalls to the first next", to_next(&started).len() as u64),
        (
            "instructions per record, 1,000 a batch",
            by_record(
                instructions(&program, large).await,
                instructions(&program, more_large).await,
            ),
        ),
        (
            "allocations per 1,000 records",
            share(
                allocations(&program, large).await,
                allocations(&program, more_large).await,
                10,
            ),
        ),
        (
            "instructions per batch of 5",
            by_batch(
                instructions(&program, small).await,
                instructions(&program, more_small).await,
            ),
        ),
        (
            "syscalls per batch of 5",
            by_batch(calls as u64, more_calls as u64),
        ),
    ];
    named("noop-telemetry", figures)
}

/// What each of so many had of the difference between two lives, rounded.
fn share(first: u64, second: u64, number: u64) -> u64 {
    (second - first + number / 2) / number
}

fn named<const N: usize>(subject: &'static str, figures: [(&'static str, u64); N]) -> Vec<Figure> {
    let figure = |(name, counted)| Figure {
        subject,
        name,
        counted,
    };
    figures.map(figure).to_vec()
}

/// The calls up to the one that asks for the first event.
fn to_next(calls: &[String]) -> &[String] {
    let asks = |call: &String| call.contains("/event/next");
    let at = calls.iter().position(asks).expect("it asks for an event");
    &calls[..=at]
}

/// One of them, built with this profile.
///
/// # Panics
/// It does not build.
#[must_use]
pub fn subject(name: &str, profile: &str) -> PathBuf {
    let target = target_dir().join("bench");
    let target = target.to_str().expect("a path in UTF-8");
    let arguments = ["--manifest-path", MANIFEST, "--target-dir", target];
    build(name, &[&arguments[..], &["--profile", profile]].concat())
}

fn size(program: &Path) -> u64 {
    program.metadata().expect("it is built").len()
}

/// All that is built for it, its procedural macros included, and without itself.
fn crates() -> u64 {
    let mut cargo = Command::new(env!("CARGO"));
    let tree = [
        "tree",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--no-dedupe",
    ];
    cargo.args(tree).args(["--manifest-path", MANIFEST]);
    let output = finish(cargo, "", PATIENCE);
    let tree = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let name = |line: &str| Some(line.split(" (").next()?.trim().to_owned());
    tree.lines().filter_map(name).collect::<BTreeSet<_>>().len() as u64 - 1
}
