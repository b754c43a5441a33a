//! The timeline as a chart: a lane for the function and for each extension.

use std::collections::BTreeSet;
use std::time::Duration;

use lambda_ext::emulator::record::{Phase, PhaseTime, Record, StepKind, format_duration};
use maud::{Markup, html};

use super::lanes::{Activity, Bar, Lane, MarkKind, lanes};
use super::scale::Scale;
use crate::emulate::run_result::RunResult;

/// Of a long run, the number of phases drawn at each end.
const PHASES_AT_EACH_END: usize = 25;
/// The minimum width of a unit of the scale, in pixels.
const PIXELS_PER_UNIT: f64 = 12.0;

/// The chart and its legend.
pub(super) fn render(result: &RunResult) -> Markup {
    let record = &result.record;
    let phases = record.phases();
    let omitted = omitted(&phases);
    let scale = Scale::new(record.steps.iter().map(|step| step.at), omitted);
    let is_visible =
        |from: Duration, to: Duration| omitted.is_none_or(|(start, end)| from < start || to > end);
    let (function, extensions) = lanes(record);
    let mut extensions: Vec<_> = extensions.0.into_iter().collect();
    extensions.sort_by_key(|(name, _)| result.index_of(name));
    let mut lanes: Vec<_> = std::iter::once(("function", function))
        .chain(extensions)
        .collect();
    for (_, lane) in &mut lanes {
        lane.bars.retain(|bar| is_visible(bar.from, bar.to));
        lane.marks.retain(|mark| is_visible(mark.at, mark.at));
    }
    let freezes = freezes(record);
    let min_width = format!("min-width:{:.0}px", scale.width() * PIXELS_PER_UNIT);
    html! {
        section {
            h2 { "Timeline" }
            div.chart {
                div.names {
                    span {}
                    @for (index, (name, _)) in lanes.iter().enumerate() {
                        span.quiet[index == 0] title=(name) { bdi { (name) } }
                    }
                }
                div.scroll {
                    div.plot style=(min_width) {
                        div.phases {
                            @for (index, phase) in phases.iter().enumerate() {
                                @let end = end_of(index, &phases, record);
                                @if is_visible(phase.began, end) { (heading(phase, end, &scale)) }
                            }
                            @if let Some((from, to)) = omitted {
                                span.omitted style=(scale.css(from, to)) {
                                    (phases.len() - 2 * PHASES_AT_EACH_END) " phases are omitted"
                                }
                            }
                        }
                        @for (_, lane) in &lanes { (render_lane(lane, &scale)) }
                        @for (from, to) in &freezes {
                            @let took = format_duration(to.saturating_sub(*from));
                            div.frozen style=(scale.css(*from, *to)) title={ "frozen, " (took) } {}
                        }
                    }
                }
            }
            (legend(&lanes, !freezes.is_empty()))
            p.quiet { "The scale is not linear: idle time is drawn shorter. The numbers are exact." }
        }
    }
}

/// The part of a long run that is omitted: from the end of the first phases to the last ones.
fn omitted(phases: &[PhaseTime]) -> Option<(Duration, Duration)> {
    if phases.len() <= 2 * PHASES_AT_EACH_END {
        return None;
    }
    let from = phases.get(PHASES_AT_EACH_END)?.began;
    let to = phases.get(phases.len() - PHASES_AT_EACH_END)?.began;
    Some((from, to))
}

/// The end of a phase. If it is unknown, the start of the next phase, or the last step.
fn end_of(index: usize, phases: &[PhaseTime], record: &Record) -> Duration {
    let end = phases.get(index).and_then(|phase| phase.ended);
    let next = phases.get(index + 1).map(|next| next.began);
    let last = record.steps.last().map(|step| step.at);
    end.or(next).or(last).unwrap_or_default()
}

fn heading(phase: &PhaseTime, end: Duration, scale: &Scale) -> Markup {
    let name = phase.phase.to_string();
    let took = format_duration(end.saturating_sub(phase.began));
    // A request id is long and of little use.
    let heading = match &phase.phase {
        Phase::Invoke { .. } => "INVOKE",
        _ => &name,
    };
    let began = format_duration(phase.began);
    let mut title = format!("{name}, at {began}, {took}");
    if let Some(error) = &phase.error {
        title = format!("{title}: {error}");
    }
    html! {
        span.bad[phase.error.is_some()] style=(scale.css(phase.began, end)) title=(title) {
            (heading) " " small { (took) }
        }
    }
}

fn render_lane(lane: &Lane, scale: &Scale) -> Markup {
    html! {
        div.lane {
            @for bar in &lane.bars { (render_bar(bar, scale)) }
            @for mark in &lane.marks {
                @let left = format!("left:{:.3}%", scale.percent(mark.at));
                @let title = format!("{}, at {}", mark.title, format_duration(mark.at));
                b class=(mark.kind.class_and_label().0) style=(left) title=(title) {}
            }
        }
    }
}

fn render_bar(bar: &Bar, scale: &Scale) -> Markup {
    let (class, label) = bar.activity.class_and_label();
    let took = format_duration(bar.to.saturating_sub(bar.from));
    let mut title = format!("{label}, {took}");
    if let Some(reason) = &bar.aborted {
        title = format!("{title}, {reason}");
    }
    html! {
        i.(class).aborted[bar.aborted.is_some()] style=(scale.css(bar.from, bar.to)) title=(title) {
            span { @if bar.activity != Activity::Waits { (took) } }
        }
    }
}

/// The times at which the environment was frozen, and thawed.
fn freezes(record: &Record) -> Vec<(Duration, Duration)> {
    let mut freezes = Vec::new();
    let mut since = None;
    for step in &record.steps {
        match (&step.kind, since) {
            (StepKind::Frozen, _) => since = Some(step.at),
            (StepKind::Thawed, Some(from)) => {
                since = None;
                freezes.push((from, step.at));
            }
            _ => {}
        }
    }
    freezes
}

/// The meaning of the colours and marks in the chart.
fn legend(lanes: &[(&str, Lane)], frozen: bool) -> Markup {
    let bars = || lanes.iter().flat_map(|(_, lane)| &lane.bars);
    let marks = lanes.iter().flat_map(|(_, lane)| &lane.marks);
    let activities: BTreeSet<_> = bars().map(|bar| bar.activity).collect();
    let marks: BTreeSet<_> = marks.map(|mark| mark.kind).collect();
    html! {
        ul.legend {
            @for (class, label) in activities.into_iter().map(Activity::class_and_label) {
                li { i class=(class) {} (label) }
            }
            @if bars().any(|bar| bar.aborted.is_some()) {
                li { i.runs.aborted {} "exceeds its timeout, or its runtime exits" }
            }
            @for (class, label) in marks.into_iter().map(MarkKind::class_and_label) {
                li { b class=(class) {} (label) }
            }
            @if frozen { li { i.frozen {} "frozen" } }
        }
    }
}
