//! The result as a page: one HTML file that has no scripts and loads nothing.

mod chart;
mod lanes;
mod scale;

use std::time::Duration;

use lambda_ext::emulator::record::{Phase, StepKind, format_duration};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::run_result::{RunResult, Verdict};
use super::summary::{COST_COLUMNS, cost_row};
use crate::terminal::count;

/// The rows of the table of steps, at most: browsers are slow with more.
const MAX_ROWS: usize = 4000;
/// With more steps than this, the table is closed at first.
const MAX_OPEN_ROWS: usize = 300;

const STEP_COLUMNS: [&str; 4] = ["at", "in the phase", "who", "what"];

pub(super) fn render(result: &RunResult) -> String {
    let title = result.names.join(", ");
    let class = match result.verdict() {
        Verdict::Passed => "good",
        Verdict::Failed | Verdict::EnvironmentFailed | Verdict::FaultNotTriggered => "bad",
        Verdict::Interrupted => "warning",
    };
    let phases = result.record.phases().into_iter();
    let invocations = phases.filter(|phase| matches!(phase.phase, Phase::Invoke { .. }));
    let end = result.record.steps.last();
    let end = end.map_or(Duration::ZERO, |step| step.at);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " under the emulator" }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                header {
                    h1 { bdi { (title) } }
                    p class={ "verdict " (class) } { (result.verdict_line()) }
                    p.quiet {
                        (count(invocations.count(), "invocation")) " in " (format_duration(end)) ", by "
                        code { "lambda-ext emulate" } " " (env!("CARGO_PKG_VERSION"))
                    }
                }
                main {
                    (findings(result))
                    (costs(result))
                    (chart::render(result))
                    (steps(result))
                }
            }
        }
    };
    // HTML has no control characters, not even escaped.
    let is_control = |c: char| c.is_control() && c != '\n';
    page.into_string().replace(is_control, "\u{fffd}") + "\n"
}

fn findings(result: &RunResult) -> Markup {
    let errors = result.errors().map(|finding| (finding, "bad", "error"));
    let warnings = result
        .warnings()
        .map(|finding| (finding, "warning", "warning"));
    let findings: Vec<_> = errors.chain(warnings).collect();
    let other_errors = result.other_errors();
    if findings.is_empty() && other_errors.is_empty() && result.skipped.is_none() {
        return Markup::default();
    }
    html! {
        section {
            h2 { "Findings" }
            @for (finding, class, severity) in findings {
                article class=(class) {
                    h3 {
                        (severity) " "
                        span.quiet {
                            (finding.rule)
                            @if finding.times > 1 { " " (finding.times) " times, first" }
                            " at " (format_duration(finding.at))
                        }
                    }
                    p { (with_code(&finding.text)) }
                    p.help { b { "help" } " " (with_code(&finding.help)) }
                }
            }
            @for error in other_errors {
                article.bad { h3 { "error" } p { (with_code(&error)) } }
            }
            @if let Some(skipped) = &result.skipped { p { (skipped) } }
        }
    }
}

fn costs(result: &RunResult) -> Markup {
    let costs = result.costs();
    if costs.is_empty() {
        return Markup::default();
    }
    html! {
        section {
            h2 { "Cost" }
            div.wide {
                table.costs {
                    thead { tr { @for column in COST_COLUMNS { th scope="col" { (column) } } } }
                    tbody {
                        @for [extension, times @ ..] in costs.iter().map(cost_row) {
                            tr {
                                th scope="row" { bdi { (extension) } }
                                @for time in times { td { (time) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn steps(result: &RunResult) -> Markup {
    let steps = &result.record.steps;
    let omitted = steps.len().saturating_sub(MAX_ROWS);
    let mut phase_began = Duration::ZERO;
    html! {
        section {
            details open[steps.len() <= MAX_OPEN_ROWS] {
                summary { h2 { "Steps" } }
                div.wide {
                    table.steps {
                        thead { tr { @for column in STEP_COLUMNS { th scope="col" { (column) } } } }
                        tbody {
                            @for step in steps.iter().take(MAX_ROWS) {
                                @if let StepKind::Began(phase) = &step.kind {
                                    @let () = phase_began = step.at;
                                    tr.phase {
                                        td { (format_duration(step.at)) }
                                        td colspan="3" { (phase) }
                                    }
                                } @else {
                                    (step_row(step.at, phase_began, &step.kind))
                                }
                            }
                            @if omitted > 0 {
                                tr {
                                    td.quiet colspan="4" {
                                        (omitted) " more steps, all of which are in the document of "
                                        code { "--json" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn step_row(at: Duration, phase_began: Duration, what: &StepKind) -> Markup {
    let class = match what {
        StepKind::Output { .. } | StepKind::FunctionOutput { .. } => Some("output"),
        what if lanes::is_problem(what) => Some("bad"),
        _ => None,
    };
    let text = what.to_string();
    html! {
        tr class=[class] {
            td { (format_duration(at)) }
            td { "+" (format_duration(at.saturating_sub(phase_began))) }
            td { bdi { (what.subject()) } }
            td { (text.strip_prefix("│ ").unwrap_or(&text)) }
        }
    }
}

/// Text with code between backticks.
fn with_code(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::with_code;

    #[test]
    fn text_between_backticks_is_code_and_never_markup() {
        assert_eq!(
            with_code("call `<next>` once").into_string(),
            "call <code>&lt;next&gt;</code> once"
        );
    }
}
