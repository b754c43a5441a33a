use lambda_ext::{Register, TelemetryEvent};
use serde_json::{Value, json};

use super::{CostMeter, price_of};

fn meter(price: Option<f64>) -> CostMeter {
    let mut function = Register::default();
    "orders".clone_into(&mut function.function_name);
    "7".clone_into(&mut function.function_version);
    CostMeter {
        function,
        namespace: "Shop".to_owned(),
        price,
    }
}

/// The line that a record makes.
fn line(meter: &CostMeter, kind: &str, record: &Value) -> Option<Value> {
    let event = json!({"time": "2026-03-04T09:15:00.660Z", "type": kind, "record": record});
    let event = event.to_string();
    let line = meter.line(&TelemetryEvent::from(&*event))?;
    assert!(!line.contains('\n'), "{line}");
    Some(serde_json::from_str(&line).unwrap())
}

/// A line as it is to be: these metrics with their units, and these members.
fn expected(metrics: &[(&str, &str)], members: Value) -> Value {
    let metric = |(name, unit): &(&str, &str)| json!({"Name": name, "Unit": unit});
    let mut line = members;
    line["FunctionName"] = json!("orders");
    line["FunctionVersion"] = json!("7");
    line["_aws"] = json!({
        // date -u -d 2026-03-04T09:15:00.660Z +%s%3N
        "Timestamp": 1_772_615_700_660_u64,
        "CloudWatchMetrics": [{
            "Namespace": "Shop",
            "Dimensions": [["FunctionName", "FunctionVersion"]],
            "Metrics": metrics.iter().map(metric).collect::<Vec<_>>(),
        }],
    });
    line
}

const OF_A_REPORT: [(&str, &str); 7] = [
    ("Failures", "Count"),
    ("Duration", "Milliseconds"),
    ("BilledDuration", "Milliseconds"),
    ("MemorySize", "Megabytes"),
    ("MaxMemoryUsed", "Megabytes"),
    ("GBSeconds", "None"),
    ("EstimatedCost", "None"),
];

fn start(duration: &str) -> [(&str, &str); 2] {
    [(duration, "Milliseconds"), ("ColdStarts", "Count")]
}

#[test]
fn a_report_makes_every_metric() {
    let record = json!({
        "requestId": "8d2f", "status": "success", "metrics": {
            "durationMs": 248.301, "billedDurationMs": 551, "memorySizeMB": 512,
            "maxMemoryUsedMB": 83, "initDurationMs": 301.88,
        },
    });
    let members = json!({
        "RequestId": "8d2f", "Status": "success", "Failures": 0, "Duration": 248.301,
        "BilledDuration": 551.0, "MemorySize": 512, "MaxMemoryUsed": 83, "GBSeconds": 0.2755,
        "EstimatedCost": 0.551,
    });
    assert_eq!(
        line(&meter(Some(2.0)), "platform.report", &record),
        Some(expected(&OF_A_REPORT, members))
    );
}

#[test]
fn a_restore_is_not_charged_twice_and_without_a_price_there_is_no_cost() {
    // As Lambda has it: 128 ms of the invocation and 26 ms of the restore are 154 ms.
    let record = json!({
        "requestId": "24ad", "status": "timeout", "metrics": {
            "durationMs": 127.1, "billedDurationMs": 154, "memorySizeMB": 2048,
            "maxMemoryUsedMB": 212, "restoreDurationMs": 325.93, "billedRestoreDurationMs": 26,
        },
    });
    let members = json!({
        "RequestId": "24ad", "Status": "timeout", "Failures": 1, "Duration": 127.1,
        "BilledDuration": 154.0, "MemorySize": 2048, "MaxMemoryUsed": 212, "GBSeconds": 0.308,
    });
    assert_eq!(
        line(&meter(None), "platform.report", &record),
        Some(expected(&OF_A_REPORT[..6], members))
    );
}

#[test]
fn a_managed_instances_report_makes_what_it_tells() {
    let record = json!({
        "requestId": "8d2f", "status": "error", "errorType": "Function.Error",
        "metrics": {"durationMs": 12.0},
    });
    let members = json!({
        "RequestId": "8d2f", "Status": "error", "ErrorType": "Function.Error", "Failures": 1,
        "Duration": 12.0,
    });
    assert_eq!(
        line(&meter(Some(2.0)), "platform.report", &record),
        Some(expected(&OF_A_REPORT[..2], members))
    );
}

#[test]
fn a_start_is_cold_where_an_invocation_waits_for_it() {
    for (kind, cold) in [
        ("on-demand", 1),
        ("provisioned-concurrency", 0),
        ("snap-start", 0),
        ("lambda-managed-instances", 0),
    ] {
        let record = json!({
            "initializationType": kind, "phase": "init", "metrics": {"durationMs": 301.884},
        });
        let members = json!({
            "InitializationType": kind, "InitDuration": 301.884, "ColdStarts": cold,
        });
        assert_eq!(
            line(&meter(None), "platform.initReport", &record),
            Some(expected(&start("InitDuration"), members))
        );
    }
}

#[test]
fn a_restore_is_a_cold_start() {
    let record = json!({"status": "success", "metrics": {"durationMs": 412.77}});
    let members = json!({
        "InitializationType": "snap-start", "Status": "success", "RestoreDuration": 412.77,
        "ColdStarts": 1,
    });
    assert_eq!(
        line(&meter(None), "platform.restoreReport", &record),
        Some(expected(&start("RestoreDuration"), members))
    );
}

#[test]
fn other_records_make_none() {
    let record = json!({"requestId": "8d2f", "status": "success"});
    for kind in ["platform.start", "platform.runtimeDone", "platform.soon"] {
        assert_eq!(line(&meter(None), kind, &record), None);
    }
}

#[test]
fn a_price_is_a_number_that_is_not_negative() {
    assert_eq!(price_of("0.0000166667"), Some(0.000_016_666_7));
    for text in ["", "free", "NaN", "inf", "-1"] {
        assert_eq!(price_of(text), None, "{text}");
    }
}
