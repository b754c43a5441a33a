//! The timeline as a drawing: a lane for each extension and for the function.

use std::fmt::Write as _;
use std::time::Duration;

use lambda_ext::emulator::record::{Phase, PhaseTime, Record, What};

use super::lanes::{Doing, Lane, lanes};
use super::scale::Scale;
use super::{brief, escape};
use crate::run::Run;

/// How many phases are drawn at the begin and at the end, if there are more than both.
const PHASES: usize = 25;
/// How wide a unit of the scale is at least.
const UNIT: f64 = 12.0;

/// The drawing, and what its colours mean.
pub(super) fn write(run: &Run) -> String {
    let record = &run.record;
    let phases = record.phases();
    let cut = cut(&phases);
    let scale = Scale::new(record.steps.iter().map(|step| step.at), cut);
    let hidden =
        |from: Duration, to: Duration| cut.is_some_and(|(start, end)| from >= start && to <= end);
    let (function, extensions) = lanes(record);
    let mut names = String::from("<span></span>");
    let mut plot = String::from("<div class=\"phases\">");
    for (index, phase) in phases.iter().enumerate() {
        let end = phase
            .ended
            .unwrap_or_else(|| end_of(index, &phases, record));
        if !hidden(phase.began, end) {
            plot.push_str(&of_phase(phase, end, &scale));
        }
    }
    if let Some((from, to)) = cut {
        let left_out = phases
            .iter()
            .filter(|phase| phase.began >= from && phase.began < to);
        let _ = write!(
            plot,
            "<span class=\"cut\" style=\"{}\">{} phases are left out</span>",
            between(&scale, from, to),
            left_out.count()
        );
    }
    plot.push_str("</div>");
    let mut lane = |name: &str, class: &str, lane: &Lane| {
        let _ = write!(
            names,
            "<span class=\"{class}\" title=\"{0}\"><bdi>{0}</bdi></span>",
            escape(name)
        );
        plot.push_str("<div class=\"lane\">");
        for span in lane.spans.iter().filter(|span| !hidden(span.from, span.to)) {
            let (class, words) = span.doing.row();
            let took = brief(span.to.saturating_sub(span.from));
            let label = if span.doing == Doing::Waits {
                ""
            } else {
                &took
            };
            let (cut, why) = match &span.cut {
                Some(why) => (" cut-short", format!(", {}", escape(why))),
                None => ("", String::new()),
            };
            let _ = write!(
                plot,
                "<i class=\"{class}{cut}\" style=\"{}\" title=\"{words}, \
                 {took}{why}\"><span>{label}</span></i>",
                between(&scale, span.from, span.to)
            );
        }
        for mark in lane.marks.iter().filter(|mark| !hidden(mark.at, mark.at)) {
            let _ = write!(
                plot,
                "<b class=\"{}\" style=\"left:{:.3}%\" title=\"{}, at {}\"></b>",
                mark.class,
                scale.place(mark.at),
                escape(&mark.title),
                brief(mark.at)
            );
        }
        plot.push_str("</div>");
    };
    lane("function", "quiet", &function);
    let mut extensions: Vec<_> = extensions.iter().collect();
    extensions.sort_by_key(|(name, _)| run.place(name));
    for (name, extension) in extensions {
        lane(name, "", extension);
    }
    plot.push_str(&frozen(record, &scale));
    format!(
        "<section><h2>Timeline</h2>\n<div class=\"chart\"><div class=\"names\">{names}</div>\
         <div class=\"scroll\"><div class=\"plot\" style=\"min-width:{width:.0}px\">{plot}</div></div></div>\n\
         {legend}<p class=\"quiet\">The longer nothing happens, the less is drawn for it; the \
             numbers are exact.</p></section>\n",
        width = scale.width() * UNIT,
        legend = legend(&plot),
    )
}

/// What is not drawn of a long run: from the end of its first phases to its last ones.
fn cut(phases: &[PhaseTime]) -> Option<(Duration, Duration)> {
    if phases.len() <= 2 * PHASES {
        return None;
    }
    let from = phases.get(PHASES)?.began;
    let to = phases.get(phases.len() - PHASES)?.began;
    Some((from, to))
}

/// The end of a phase whose end is not known: where the next begins, or the last step is.
fn end_of(index: usize, phases: &[PhaseTime], record: &Record) -> Duration {
    let next = phases.get(index + 1).map(|next| next.began);
    let last = record.steps.last().map(|step| step.at);
    next.or(last).unwrap_or_default()
}

fn of_phase(phase: &PhaseTime, end: Duration, scale: &Scale) -> String {
    let name = phase.phase.to_string();
    let took = brief(end.saturating_sub(phase.began));
    let class = if phase.error.is_some() {
        " class=\"bad\""
    } else {
        ""
    };
    // A request id is long, and says little.
    let heading = match &phase.phase {
        Phase::Invoke { .. } => "INVOKE",
        _ => &name,
    };
    format!(
        "<span{class} style=\"{}\" title=\"{}, at {}, {took}{}\">{heading} \
         <small>{took}</small></span>",
        between(scale, phase.began, end),
        escape(&name),
        brief(phase.began),
        phase
            .error
            .as_deref()
            .map(|error| format!(": {}", escape(error)))
            .unwrap_or_default(),
        heading = escape(heading),
    )
}

fn frozen(record: &Record, scale: &Scale) -> String {
    let mut html = String::new();
    let mut since = None;
    for step in &record.steps {
        match (&step.what, since) {
            (What::Frozen, _) => since = Some(step.at),
            (What::Thawed, Some(from)) => {
                since = None;
                let took = brief(step.at.saturating_sub(from));
                let place = between(scale, from, step.at);
                let _ = write!(
                    html,
                    "<div class=\"frozen\" style=\"{place}\" title=\"frozen, {took}\"></div>"
                );
            }
            _ => {}
        }
    }
    html
}

fn between(scale: &Scale, from: Duration, to: Duration) -> String {
    let left = scale.place(from);
    format!(
        "left:{left:.3}%;width:{:.3}%",
        (scale.place(to) - left).max(0.0)
    )
}

/// What the colours and signs that are drawn mean.
fn legend(plot: &str) -> String {
    let used = |class: &str| {
        plot.contains(&format!("class=\"{class}\""))
            || plot.contains(&format!("class=\"{class} cut-short\""))
    };
    let mut html = String::from("<ul class=\"legend\">");
    for (class, words) in Doing::ALL.map(Doing::row) {
        if used(class) {
            let _ = write!(html, "<li><i class=\"{class}\"></i>{words}</li>");
        }
    }
    if plot.contains(" cut-short\"") {
        html.push_str(
            "<li><i class=\"runs cut-short\"></i>it is not done at its timeout, or its runtime ends</li>",
        );
    }
    for (class, words) in [
        ("telemetry", "gets telemetry"),
        (
            "refused",
            "is refused, reports an error, or misses telemetry",
        ),
        ("killed", "is killed, or cannot be launched"),
        ("left", "exits"),
    ] {
        if used(class) {
            let _ = write!(html, "<li><b class=\"{class}\"></b>{words}</li>");
        }
    }
    if used("frozen") {
        html.push_str("<li><i class=\"frozen\"></i>frozen</li>");
    }
    html + "</ul>"
}
