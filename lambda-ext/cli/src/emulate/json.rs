//! The result as a JSON document.

use std::time::Duration;

use lambda_ext::emulator::Finding;
use lambda_ext::emulator::record::{Cost, Phase, PhaseTime, Record, Step, StepKind};
use serde::Serialize;

use super::run_result::{RunResult, Skipped};
use super::summary::Spread;

#[derive(Serialize)]
struct Document<'a> {
    verdict: &'static str,
    extensions: Vec<Extension>,
    phases: Vec<TimedPhase>,
    invocations: Vec<Invocation>,
    findings: &'a [Finding],
    errors: Vec<&'a String>,
    skipped: Option<&'a Skipped>,
    forgotten_steps: u64,
    steps: &'a [Step],
}

#[derive(Serialize)]
struct Extension {
    name: String,
    launch_to_register_ms: Option<f64>,
    launch_to_first_next_ms: Option<f64>,
    shutdown_ms: Option<f64>,
    overhead_ms: Option<Overhead>,
    /// The exit code of each process; null if a signal ended it.
    exits: Vec<Option<i32>>,
}

#[derive(Serialize)]
struct Overhead {
    min: f64,
    median: f64,
    max: f64,
}

#[derive(Serialize)]
struct TimedPhase {
    #[serde(flatten)]
    phase: Phase,
    began_ms: f64,
    ended_ms: Option<f64>,
    took_ms: Option<f64>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Invocation {
    request_id: String,
    /// The outcome of the function: `success`, `error`, `timeout` or `crash`; null if it was still
    /// running at the end.
    outcome: Option<&'static str>,
    took_ms: Option<f64>,
    function_ms: Option<f64>,
    overhead_ms: serde_json::Map<String, serde_json::Value>,
}

pub(super) fn render(result: &RunResult) -> Result<String, serde_json::Error> {
    let record = &result.record;
    let costs = record.costs();
    let phases = record.phases();
    let document = Document {
        verdict: result.verdict().as_str(),
        extensions: result
            .names
            .iter()
            .map(|name| extension(name, &costs, record))
            .collect(),
        invocations: phases
            .iter()
            .filter_map(|phase| invocation(phase, &costs, record))
            .collect(),
        phases: phases.into_iter().map(phase).collect(),
        findings: &result.findings,
        errors: result
            .failures
            .iter()
            .chain(&result.untriggered_faults)
            .collect(),
        skipped: result.skipped.as_ref(),
        forgotten_steps: record.discarded,
        steps: &record.steps,
    };
    serde_json::to_string_pretty(&document).map(|text| text + "\n")
}

fn extension(name: &str, costs: &[Cost], record: &Record) -> Extension {
    let cost = costs.iter().find(|cost| cost.extension == name);
    let spread = cost.and_then(Spread::of);
    Extension {
        name: name.to_owned(),
        launch_to_register_ms: cost.and_then(|cost| cost.register).map(millis),
        launch_to_first_next_ms: cost.and_then(|cost| cost.ready).map(millis),
        shutdown_ms: cost.and_then(|cost| cost.shutdown).map(millis),
        overhead_ms: spread.map(|spread| Overhead {
            min: millis(spread.min),
            median: millis(spread.median),
            max: millis(spread.max),
        }),
        exits: record.exits(name),
    }
}

fn phase(phase: PhaseTime) -> TimedPhase {
    TimedPhase {
        began_ms: millis(phase.began),
        ended_ms: phase.ended.map(millis),
        took_ms: phase.took().map(millis),
        error: phase.error.clone(),
        phase: phase.phase,
    }
}

fn invocation(phase: &PhaseTime, costs: &[Cost], record: &Record) -> Option<Invocation> {
    let Phase::Invoke { request_id } = &phase.phase else {
        return None;
    };
    let responded = record.steps.iter().find(
        |step| matches!(&step.kind, StepKind::Responded { request_id: of, .. } if of == request_id),
    );
    let overheads = costs.iter().filter_map(|cost| {
        let mut overheads = cost.overheads.iter();
        let overhead = overheads.find(|overhead| overhead.request_id == *request_id)?;
        Some((cost.extension.clone(), millis(overhead.time).into()))
    });
    Some(Invocation {
        request_id: request_id.clone(),
        outcome: outcome(request_id, phase, record),
        took_ms: phase.took().map(millis),
        function_ms: responded.map(|step| millis(step.at.saturating_sub(phase.began))),
        overhead_ms: overheads.collect(),
    })
}

/// The outcome of the function in an invocation. A timeout counts even after a response: a runtime
/// may have responded, and still be busy at the timeout.
fn outcome(request_id: &str, phase: &PhaseTime, record: &Record) -> Option<&'static str> {
    let mut outcome = phase.ended.map(|_| "crash");
    for step in &record.steps {
        match &step.kind {
            StepKind::TimedOut { request_id: of } if of == request_id => return Some("timeout"),
            StepKind::Responded {
                request_id: of,
                error_type,
            } if of == request_id => {
                let failed = error_type.is_some();
                outcome = Some(if failed { "error" } else { "success" });
            }
            _ => {}
        }
    }
    outcome
}

/// Milliseconds, rounded to microseconds.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
