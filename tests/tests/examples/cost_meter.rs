//! The example `cost-meter`, under both emulators.
//!
//! Its lines must match AWS's JSON schema of the embedded metric format.

use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::{Emulator, Initialization, Invocation, Outcome};
use lambda_ext_tests::rie::Rie;
use lambda_ext_tests::{built, emf};
use serde_json::{Value, json};

use super::with_example;

const NAME: &str = "cost-meter";
const PRICE: &str = "COST_METER_PRICE_PER_GB_SECOND";

/// The metrics of the start of an environment.
const OF_A_START: [&str; 2] = ["InitDuration", "ColdStarts"];

/// The metrics of an invocation, those that everybody reports first.
const OF_AN_INVOCATION: [&str; 7] = [
    "Failures",
    "Duration",
    "BilledDuration",
    "MemorySize",
    "MaxMemoryUsed",
    "GBSeconds",
    "EstimatedCost",
];

/// The printed lines, checked against the schema.
struct Told(Vec<Value>);

impl Told {
    #[track_caller]
    fn by<'l>(lines: impl Iterator<Item = &'l str>) -> Self {
        let lines: Vec<_> = lines.map(ToOwned::to_owned).collect();
        if let Some(problems) = emf::problems(&lines) {
            assert!(problems.is_empty(), "{problems:#?}");
        }
        let parse = |line: &String| serde_json::from_str(line).unwrap();
        Self(lines.iter().map(parse).collect())
    }

    /// The values of these names in each line.
    fn of(&self, members: &[&str]) -> Vec<Value> {
        let of_line = |line: &Value| members.iter().map(|&member| line[member].clone()).collect();
        self.0.iter().map(of_line).collect()
    }

    /// The names of each line's metrics.
    fn metrics(&self) -> Vec<Vec<&str>> {
        self.0.iter().map(metrics).collect()
    }
}

fn metrics(line: &Value) -> Vec<&str> {
    let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array();
    let metrics = metrics.unwrap().iter();
    metrics
        .map(|metric| metric["Name"].as_str().unwrap())
        .collect()
}

#[test]
fn schema_check_refuses_wrong_lines() {
    let line = |unit: &str, time: u64, value: Value| {
        let directive = json!({
            "Namespace": "Shop",
            "Dimensions": [["FunctionName"]],
            "Metrics": [{"Name": "Duration", "Unit": unit}],
        });
        let metadata = json!({"Timestamp": time, "CloudWatchMetrics": [directive]});
        json!({"_aws": metadata, "FunctionName": "orders", "Duration": value}).to_string()
    };
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let now = u64::try_from(now.as_millis()).unwrap();
    let lines = [
        line("Milliseconds", now, json!(2.5)),
        line("ms", now, json!(2.5)),
        line("Milliseconds", now / 1000, json!(2.5)),
        line("Milliseconds", now, json!("2.5")),
        line("Milliseconds", now, json!(null)),
        "{}".to_owned(),
        "REPORT RequestId: 8d2f".to_owned(),
    ];
    let Some(problems) = emf::problems(&lines) else {
        return;
    };
    assert_eq!(problems.len(), lines.len() - 1, "{problems:#?}");
    for (problem, line) in problems.iter().zip(&lines[1..]) {
        assert!(problem.ends_with(line), "{problem}");
    }
}

#[tokio::test]
async fn each_start_and_invocation_is_a_line_even_if_it_fails() {
    with_example(NAME, async {
        let emulator = Emulator::builder()
            .executable(built::example(NAME))
            .env(PRICE, "2")
            .start()
            .await
            .unwrap();
        let timeout = Duration::from_secs(1);
        for (request_id, outcome) in [
            ("cold", Outcome::Success),
            ("warm", Outcome::Error),
            ("slow", Outcome::Timeout),
            ("next", Outcome::Success),
        ] {
            let invocation = Invocation::default().request_id(request_id);
            let invocation = invocation.timeout(timeout).outcome(outcome);
            emulator.invoke(invocation).await.unwrap();
        }
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        let record = emulator.record();
        record.assert_clean();
        let told = Told::by(record.output("cost-meter"));
        assert_eq!(
            told.of(&["ColdStarts", "RequestId", "Status", "Failures"]),
            [
                json!([1, null, "success", null]),
                json!([null, "cold", "success", 0]),
                json!([null, "warm", "success", 0]),
                json!([null, "slow", "timeout", 1]),
                json!([1, null, "success", null]),
                json!([null, "next", "success", 0]),
            ],
            "{record}"
        );
        for metrics in told.metrics() {
            let expected = if metrics.len() == 2 {
                &OF_A_START[..]
            } else {
                &OF_AN_INVOCATION
            };
            assert_eq!(metrics, expected);
        }
        // A whole second of 128 MB.
        let slow = &told.0[3];
        let [billed, used, cost] = ["BilledDuration", "GBSeconds", "EstimatedCost"]
            .map(|member| slow[member].as_f64().unwrap());
        assert!(billed >= 1000.0, "{slow}");
        assert!((used - billed / 1000.0 / 8.0).abs() < 1e-9, "{slow}");
        assert!((cost - 2.0 * used).abs() < 1e-9, "{slow}");
    })
    .await;
}

#[tokio::test]
async fn managed_instance_lines_have_the_figures_of_its_reports() {
    with_example(NAME, async {
        let emulator = Emulator::builder()
            .executable(built::example(NAME))
            .initialization(Initialization::ManagedInstances)
            .env(PRICE, "2")
            .start()
            .await
            .unwrap();
        for request_id in ["one", "two"] {
            let invocation = Invocation::default().request_id(request_id);
            emulator.invoke(invocation).await.unwrap();
        }
        emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
        let record = emulator.record();
        record.assert_clean();
        is_a_managed_instances(&Told::by(record.output("cost-meter")), ["one", "two"]);
    })
    .await;
}

#[test]
fn rie_invocations_are_lines_of_the_format() {
    let Some(report) = Rie::new()
        .extension(built::example(NAME))
        .managed()
        .env(PRICE, "2")
        .env("COST_METER_NAMESPACE", "Shop")
        .env("AWS_LAMBDA_FUNCTION_NAME", "orders")
        .payload(r#"{"print": "order 17 is accepted"}"#)
        .invokes(2)
        .run()
    else {
        return;
    };
    report.equal("exit codes", &report.exits, &[0]);
    report.equal("standard error", report.stderr.as_str(), "");
    let request_ids = [0, 1].map(|invoke: usize| report.invokes[invoke].body.trim_matches('"'));
    let told = Told::by(report.stdout.lines().filter(|line| line.starts_with('{')));
    is_a_managed_instances(&told, request_ids);
    for line in &told.0 {
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Shop");
        assert_eq!(line["FunctionName"], "orders");
    }
}

/// Asserts the lines of two invocations of a managed instance.
#[track_caller]
fn is_a_managed_instances(told: &Told, [one, two]: [&str; 2]) {
    assert_eq!(
        told.of(&["InitializationType", "ColdStarts", "RequestId", "Status"]),
        [
            json!(["lambda-managed-instances", 0, null, "success"]),
            json!([null, null, one, "success"]),
            json!([null, null, two, "success"]),
        ],
    );
    let known = &OF_AN_INVOCATION[..2];
    assert_eq!(told.metrics(), [&OF_A_START[..], known, known]);
}
