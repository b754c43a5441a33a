//! What happened as one JSON document.

use std::time::Duration;

use lambda_ext::emulator::Finding;
use lambda_ext::emulator::record::{Cost, Phase, PhaseTime, Record, Step, What};
use serde::Serialize;

use crate::run::{NotMade, Run};
use crate::summary::Spread;

#[derive(Serialize)]
struct Document<'a> {
    verdict: &'static str,
    extensions: Vec<Extension>,
    phases: Vec<PhaseOf>,
    invocations: Vec<Invocation>,
    findings: &'a [Finding],
    errors: Vec<&'a String>,
    not_made: Option<&'a NotMade>,
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
    /// The exit code of each time that it ended; null where a signal ended it.
    exits: Vec<Option<i32>>,
}

#[derive(Serialize)]
struct Overhead {
    min: f64,
    median: f64,
    max: f64,
}

#[derive(Serialize)]
struct PhaseOf {
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
    /// What became of the function: `success`, `error`, `timeout` or `crash`; null where it was
    /// still running at the end.
    outcome: Option<&'static str>,
    took_ms: Option<f64>,
    function_ms: Option<f64>,
    overhead_ms: serde_json::Map<String, serde_json::Value>,
}

/// The document, with its end.
pub(crate) fn write(run: &Run) -> Result<String, serde_json::Error> {
    let record = &run.record;
    let costs = record.costs();
    let phases = record.phases();
    let document = Document {
        verdict: run.verdict().row().1,
        extensions: run
            .names
            .iter()
            .map(|name| extension(name, &costs, record))
            .collect(),
        invocations: phases
            .iter()
            .filter_map(|phase| invocation(phase, &costs, record))
            .collect(),
        phases: phases.into_iter().map(phase).collect(),
        findings: &run.findings,
        errors: run.errors.iter().chain(&run.unmet).collect(),
        not_made: run.not_made.as_ref(),
        forgotten_steps: record.forgotten,
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
            min: millis(spread.least),
            median: millis(spread.middle),
            max: millis(spread.most),
        }),
        exits: record.exits(name),
    }
}

fn phase(phase: PhaseTime) -> PhaseOf {
    PhaseOf {
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
        |step| matches!(&step.what, What::Responded { request_id: of, .. } if of == request_id),
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

/// What became of the function in an invocation. That it was not done at its timeout counts before
/// its response, which a runtime may have sent and yet not be done.
fn outcome(request_id: &str, phase: &PhaseTime, record: &Record) -> Option<&'static str> {
    let mut outcome = phase.ended.map(|_| "crash");
    for step in &record.steps {
        match &step.what {
            What::TimedOut { request_id: of } if of == request_id => return Some("timeout"),
            What::Responded {
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

/// As fine as a microsecond.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
