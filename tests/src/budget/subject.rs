//! The extensions that are counted: those of `tests/bench`, built as a user builds his own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Figure;
use super::count::{allocations, instructions, syscalls};
use super::life::Life;
use crate::built::{build, target_dir};
use crate::finish::{PATIENCE, finish};
use crate::traced::looks_for_certificates;

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/Cargo.toml");

/// Counts everything.
///
/// # Panics
/// Something cannot be counted: `valgrind` or `strace` is missing, or a subject fails.
pub async fn figures() -> Vec<Figure> {
    [noop().await, noop_telemetry().await, noop_reqwest().await].concat()
}

async fn noop() -> Vec<Figure> {
    let program = subject("noop", "tuned");
    let lives = [100, 300].map(|invocations| Life {
        invocations,
        ..Life::default()
    });
    let calls = syscalls(&program, lives[0]).await;
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
            share(&program, instructions, lives, 200).await,
        ),
        (
            "allocations per event",
            share(&program, allocations, lives, 200).await,
        ),
        (
            "syscalls per event",
            share(&program, syscall_count, lives, 200).await,
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
    let large = [life(5, 1000), life(15, 1000)];
    let small = [life(100, 5), life(300, 5)];
    let figures = [
        ("bytes, tuned", size(&program)),
        ("syscalls to the first next", to_next(&started).len() as u64),
        (
            "instructions per record, 1,000 a batch",
            share(&program, instructions, large, 10_000).await,
        ),
        (
            "allocations per 1,000 records",
            share(&program, allocations, large, 10).await,
        ),
        (
            "instructions per batch of 5",
            share(&program, instructions, small, 200).await,
        ),
        (
            "syscalls per batch of 5",
            share(&program, syscall_count, small, 200).await,
        ),
    ];
    named("noop-telemetry", figures)
}

/// The author has reqwest with TLS, and does not use it.
async fn noop_reqwest() -> Vec<Figure> {
    let program = subject("noop-reqwest", "tuned");
    let invocations = Life {
        invocations: 10,
        ..Life::default()
    };
    let calls = syscalls(&program, invocations).await;
    let certificates = calls.iter().filter(|call| looks_for_certificates(call));
    let figures = [
        ("certificate paths in its life", certificates.count() as u64),
        ("syscalls to the first next", to_next(&calls).len() as u64),
        (
            "allocations of a life without events",
            allocations(&program, Life::default()).await,
        ),
    ];
    named("noop-reqwest", figures)
}

/// What each of so many had of the difference between two lives, rounded.
async fn share(
    program: &Path,
    count: impl AsyncFn(&Path, Life) -> u64,
    [less, more]: [Life; 2],
    number: u64,
) -> u64 {
    let (first, second) = (count(program, less).await, count(program, more).await);
    (second - first + number / 2) / number
}

async fn syscall_count(program: &Path, life: Life) -> u64 {
    syscalls(program, life).await.len() as u64
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
    // The author's client is a feature, because Cargo unifies the features of all subjects.
    let feature = if name == "noop-reqwest" {
        "reqwest"
    } else {
        ""
    };
    let arguments = ["--manifest-path", MANIFEST, "--target-dir", target];
    let more = ["--profile", profile, "--features", feature];
    build(name, &[arguments, more].concat())
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
