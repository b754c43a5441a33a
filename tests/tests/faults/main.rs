//! The outcome of each fault at each step of an extension's life. `cargo faults` shows the table.
//!
//! The extensions are processes with time limits, and eight run at once.
//! So this test has a binary of its own: no other test takes its processor time.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use lambda_ext_tests::faults::{FAULTS, Outcome, Row, STEPS, cells, judge, live, table};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};

/// The number of lives at once. Most of them wait; more would be late for lack of processor time.
const AT_ONCE: usize = 8;

/// `FAULTS=overwrite` writes down what comes of them; what changed is in the diff.
#[tokio::test]
async fn every_fault_at_every_step_has_expected_outcome() {
    let rows = LocalSet::new().run_until(rows()).await;
    println!("{}", table(&rows));
    let bad: Vec<_> = rows
        .iter()
        .flatten()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Bad(..)))
        .collect();
    let found = cells(&rows);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("faults/expected.txt");
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let difference = difference(&expected, &found);
    // Written down or not, none of that is right.
    assert!(bad.is_empty(), "{} are bad:\n{difference}", bad.len());
    if std::env::var_os("FAULTS").is_some_and(|value| value == "overwrite") {
        fs::write(&path, &found).unwrap();
        return;
    }
    assert!(
        found == expected,
        "something else comes of it; `FAULTS=overwrite` writes it down:\n{difference}"
    );
}

async fn rows() -> Vec<Row> {
    let room = Rc::new(Semaphore::new(AT_ONCE));
    let mut lives = JoinSet::new();
    for (row, fault) in FAULTS.into_iter().enumerate() {
        for (column, step) in STEPS.into_iter().enumerate() {
            let room = Rc::clone(&room);
            lives.spawn_local(async move {
                let _place = room.acquire().await.unwrap();
                let seen = live(env!("CARGO_BIN_EXE_faulted"), fault, step).await;
                (row, column, (seen.made(), judge(&seen)))
            });
        }
    }
    let mut rows = vec![[const { (0, Outcome::Killed) }; STEPS.len()]; FAULTS.len()];
    while let Some(life) = lives.join_next().await {
        let (row, column, cell) = life.unwrap();
        rows[row][column] = cell;
    }
    rows
}

/// The lines that differ, each with its fault.
fn difference(expected: &str, found: &str) -> String {
    let mut text = String::new();
    let mut fault = "";
    let expected = expected.lines().chain(std::iter::repeat(""));
    for (expected, found) in expected.zip(found.lines()) {
        if !found.starts_with(' ') {
            fault = found;
        }
        if expected != found {
            let (expected, found) = (expected.trim(), found.trim());
            let _ = writeln!(text, "{fault}\n  - {expected}\n  + {found}");
        }
    }
    text
}
