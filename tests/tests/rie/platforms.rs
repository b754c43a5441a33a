//! Our emulator answers the requests of `tests/conformance` as AWS's emulator does, except for the
//! rows of `tests/DIFFERENCES.md`.
//!
//! `RECORDING=overwrite cargo test -p lambda-ext-tests --test rie platforms` records the answers of
//! AWS's emulator again.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use lambda_ext_tests::conformance::{Differences, Mode, Scenario};

#[test]
fn rie_answers_as_recorded() {
    record(Mode::Standard);
}

#[test]
fn rie_managed_instance_answers_as_recorded() {
    record(Mode::Managed);
}

#[tokio::test]
async fn emulator_answers_as_rie_does() {
    let differences = Differences::read();
    let mut compared = 0;
    let mut unlisted = String::new();
    for mode in [Mode::Standard, Mode::Managed] {
        for scenario in Scenario::all(mode) {
            let (aws, ours) = (scenario.recorded(), scenario.ask_ours().await);
            compared += aws.0.len();
            for found in differences.unlisted(&scenario, &aws, &ours) {
                writeln!(unlisted, "{found}").unwrap();
            }
        }
    }
    println!("{compared} requests compared");
    let unneeded: String = differences.unneeded().collect();
    assert!(
        unlisted.is_empty() && unneeded.is_empty(),
        "not in the list of differences:\n{unlisted}no differences any more:\n{unneeded}"
    );
    assert!(compared >= 1170, "{compared}");
}

#[test]
fn every_request_has_its_own_name_and_an_answer() {
    for scenario in [Mode::Standard, Mode::Managed]
        .map(Scenario::all)
        .into_iter()
        .flatten()
    {
        let requests: Vec<_> = scenario.requests().collect();
        let names: BTreeSet<_> = requests.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), requests.len(), "{}", scenario.name);
        let recorded = scenario.recorded();
        let recorded: Vec<_> = recorded
            .0
            .iter()
            .filter(|(name, _)| !name.contains(" > "))
            .map(|(name, answer)| (name.as_str(), answer.is_some()))
            .collect();
        assert_eq!(recorded, requests, "{}", scenario.name);
    }
}

/// Holds the recordings to what AWS's emulator answers now; `RECORDING=overwrite` makes them anew.
#[track_caller]
fn record(mode: Mode) {
    let overwrite = std::env::var("RECORDING").is_ok_and(|what| what == "overwrite");
    for scenario in Scenario::all(mode) {
        let Some(answers) = scenario.ask_aws() else {
            return;
        };
        if overwrite {
            scenario.record(&answers);
        }
        let (found, recorded) = (answers.to_string(), scenario.recorded().to_string());
        let differing: Vec<_> = found
            .split("\n\n## ")
            .zip(recorded.split("\n\n## "))
            .filter(|(found, recorded)| found != recorded)
            .collect();
        assert!(found == recorded, "{}: {differing:#?}", scenario.name);
    }
}
