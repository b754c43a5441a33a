//! `lambda-ext measure`: the structure of its document and its table. No measured time is asserted.

use std::process::{Output, Stdio};

use lambda_ext_tests::built;
use lambda_ext_tests::fake::bounded;
use serde_json::Value;
use tokio::process::Command;

/// The rows that are counted in `/proc`.
const OF_PROC: [&str; 8] = [
    "start_cpu",
    "start_page_faults",
    "cpu_per_invocation",
    "rss",
    "peak_rss",
    "threads",
    "connections",
    "page_faults",
];
const OF_ALL: [&str; 6] = [
    "exec_to_register",
    "exec_to_first_next",
    "first_invocation",
    "invocation",
    "shutdown",
    "binary_size",
];

/// The rows that there are here, of an extension that takes every event.
fn rows() -> Vec<&'static str> {
    let of_proc = cfg!(target_os = "linux").then_some(OF_PROC);
    let mut rows: Vec<_> = of_proc.into_iter().flatten().chain(OF_ALL).collect();
    rows.sort_unstable();
    rows
}

fn utf8(path: &std::path::Path) -> &str {
    path.to_str().expect("the target directory's path is UTF-8")
}

async fn measure(arguments: &[&str]) -> Output {
    let command = built::command();
    bounded(async {
        Command::new(command)
            .arg("measure")
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .expect("the command runs")
    })
    .await
}

async fn document(arguments: &[&str]) -> Value {
    let output = measure(&[arguments, &["--json"]].concat()).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).expect("one JSON document, and nothing else")
}

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = object.as_object().unwrap().keys().collect();
    keys.sort_unstable();
    keys.into_iter().map(String::as_str).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

#[tokio::test]
async fn two_subjects_have_every_sample_of_every_row_and_ratios() {
    let hello = built::example("hello");
    let hello = utf8(&hello);
    let floor = env!("CARGO_BIN_EXE_floor");
    let few = ["--starts", "4", "--invokes", "5"];
    let document = document(&[&[hello, "--vs", floor], &few[..]].concat()).await;
    assert_eq!(
        (&document["starts"], &document["invokes"]),
        (&4.into(), &5.into())
    );
    assert_eq!(document["order"].to_string(), "[0,1,1,0,0,1,1,0]");
    let subjects = document["subjects"].as_array().unwrap();
    assert_eq!(subjects.len(), 2);
    for (subject, target) in subjects.iter().zip([hello, floor]) {
        assert_eq!(subject["target"], target);
        assert_eq!(
            keys(&subject["metrics"]),
            rows(),
            "{}",
            subject["unavailable"]
        );
        for (key, row) in subject["metrics"].as_object().unwrap() {
            let samples = row["samples"].as_array().unwrap();
            let expected = if key == "invocation" { 4 * 5 } else { 4 };
            assert_eq!(samples.len(), expected, "{key}");
            let names = ["min", "median", "p90", "p99", "max"];
            let ordered = names.map(|name| number(&row[name]));
            assert!(ordered.is_sorted(), "{key}: {ordered:?}");
            assert!(ordered[0] > 0.0, "{key}: {ordered:?}");
            assert!(number(&row["spread"]) >= 0.0, "{key}");
            assert!(number(&row["a_a"]) > 0.0, "{key}");
        }
        let median = |key: &str| number(&subject["metrics"][key]["median"]);
        assert!(median("exec_to_register") < median("exec_to_first_next"));
        if cfg!(target_os = "linux") {
            let samples = |key: &str| subject["metrics"][key]["samples"].to_string();
            assert_eq!(samples("threads"), "[1.0,1.0,1.0,1.0]", "{target}");
            assert_eq!(samples("connections"), "[1.0,1.0,1.0,1.0]", "{target}");
            assert!(median("rss") <= median("peak_rss"));
            assert!(median("start_page_faults") <= median("page_faults"));
        }
    }
    let ratios = &document["ratios"];
    assert_eq!(keys(ratios), rows());
    for (key, ratio) in ratios.as_object().unwrap() {
        let median = |which: usize| number(&subjects[which]["metrics"][key]["median"]);
        let (found, expected) = (number(&ratio["ratio"]), median(0) / median(1));
        // Both medians and the ratio are rounded.
        assert!((found - expected).abs() < 0.001, "{key}");
        let text = ratio["ratio"].to_string();
        let decimals = text
            .split_once('.')
            .map_or(0, |(_, decimals)| decimals.len());
        assert!(decimals <= 3, "{key}: {text}");
        // They may vary or not.
        if ["rss", "peak_rss", "page_faults", "start_page_faults"].contains(&key.as_str()) {
            continue;
        }
        // Of threads and connections both have one, and of times four starts cannot tell.
        let expected = key != "binary_size";
        assert_eq!(ratio["within_noise"], expected, "{key}");
    }
}

#[tokio::test]
async fn impossible_row_is_omitted_with_the_reason() {
    let threads = env!("CARGO_BIN_EXE_threads");
    let document = document(&[threads, "--starts", "2", "--invokes", "1"]).await;
    let subject = &document["subjects"][0];
    assert_eq!(
        subject["unavailable"]["shutdown"],
        "not registered for SHUTDOWN"
    );
    assert_eq!(subject["metrics"]["shutdown"], Value::Null);
    assert_eq!(document["ratios"], Value::Null);
    if cfg!(target_os = "linux") {
        assert_eq!(keys(&subject["unavailable"]), ["shutdown"]);
        assert!(number(&subject["metrics"]["threads"]["median"]) > 1.0);
    }
}

#[tokio::test]
async fn table_names_both_subjects_and_marks_noise_and_own_cost() {
    let hello = built::example("hello");
    let hello = utf8(&hello);
    let few = ["--starts", "2", "--invokes", "1"];
    let output = measure(&[&[hello, "--vs", hello], &few[..]].concat()).await;
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(
        table.starts_with("hello compared with hello again: medians"),
        "{table}"
    );
    assert!(table.contains("hello: 2 starts"), "{table}");
    let has_row = |end: &str| table.lines().any(|line| line.ends_with(end));
    assert!(has_row("  noise") && has_row("  none"), "{table}");
    assert!(table.contains("is a debug build"), "{table}");
}

#[tokio::test]
async fn failing_extension_gets_an_error_and_no_numbers() {
    let failing = env!("CARGO_BIN_EXE_failing");
    let how = ["--env", "FAIL_IN=invoke", "--env", "FAIL_BY=error"];
    let output = measure(&[&[failing], &how[..]].concat()).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.starts_with("error: `"), "{stderr}");
    assert!(stderr.contains("failing`, warm-up start: "), "{stderr}");
    assert!(stderr.contains("Extension.ExitError"), "{stderr}");
    // Its own line.
    assert!(
        stderr.contains("| ") && stderr.contains("the disk is full"),
        "{stderr}"
    );
}

#[tokio::test]
async fn unusable_arguments_have_their_own_exit_code() {
    for (arguments, told) in [
        (
            &["/nowhere/at-all"][..],
            "there is no file `/nowhere/at-all`",
        ),
        (
            &["hello", "--env", "AWS_LAMBDA_RUNTIME_API=localhost"],
            "Lambda sets `AWS_LAMBDA_RUNTIME_API` itself",
        ),
    ] {
        let output = measure(arguments).await;
        assert_eq!(output.status.code(), Some(2));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(told), "{stderr}");
    }
    let help = measure(&["--help"]).await;
    let help = String::from_utf8_lossy(&help.stdout);
    assert!(help.contains("  1    an extension failed"), "{help}");
}
