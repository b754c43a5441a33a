//! What happened as a page to look at: one file, without scripts, that loads nothing.

mod chart;
mod lanes;
mod scale;

use std::fmt::Write as _;
use std::time::Duration;

use lambda_ext::emulator::record::{Phase, What};

use crate::run::{Run, Verdict};
use crate::summary::{Spread, milliseconds};

/// The most rows of the table of steps: browsers are slow with more.
const MOST_ROWS: usize = 4000;

/// The page.
pub(crate) fn write(run: &Run) -> String {
    let title = escape(&run.names.join(", "));
    let (class, sentence) = match run.verdict() {
        Verdict::Behaved => ("good", run.sentence()),
        Verdict::Misbehaved | Verdict::EnvironmentFailed | Verdict::FaultUnmet => {
            ("bad", run.sentence())
        }
        Verdict::Interrupted => ("odd", run.sentence()),
    };
    let invocations = run.record.phases().into_iter();
    let invocations = invocations
        .filter(|phase| matches!(phase.phase, Phase::Invoke { .. }))
        .count();
    let end = run
        .record
        .steps
        .last()
        .map_or(Duration::ZERO, |step| step.at);
    let plural = if invocations == 1 { "" } else { "s" };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title} under the emulator</title>\n<style>\n{style}</style>\n</head>\n<body>\n\
         <header><h1><bdi>{title}</bdi></h1>\
         <p class=\"verdict {class}\">{sentence}</p>\
         <p class=\"quiet\">{invocations} invocation{plural} in {end}, by <code>lambda-ext emulate</code> {version}</p>\
         </header>\n<main>\n{findings}{costs}{chart}{steps}</main>\n</body>\n</html>\n",
        style = include_str!("style.css"),
        sentence = escape(&sentence),
        end = brief(end),
        version = env!("CARGO_PKG_VERSION"),
        findings = findings(run),
        costs = costs(run),
        chart = chart::write(run),
        steps = steps(run),
    )
}

fn findings(run: &Run) -> String {
    let mut html = String::new();
    for finding in run.mistakes().chain(run.remarks()) {
        let (class, kind) = if finding.grave {
            ("bad", "error")
        } else {
            ("odd", "remark")
        };
        let times = match finding.times {
            1 => String::new(),
            times => format!(" <span class=\"quiet\">{times} times, first</span>"),
        };
        let _ = writeln!(
            html,
            "<article class=\"{class}\"><h3>{kind} <span class=\"quiet\">{rule}</span>{times} \
             <span class=\"quiet\">at {at}</span></h3><p>{text}</p>\
             <p class=\"help\"><b>help</b> {help}</p></article>",
            rule = escape(finding.rule),
            at = brief(finding.at),
            text = prose(&finding.text),
            help = prose(&finding.help),
        );
    }
    for error in run.failures() {
        let _ = writeln!(
            html,
            "<article class=\"bad\"><h3>error</h3><p>{}</p></article>",
            prose(&error)
        );
    }
    if let Some(not_made) = &run.not_made {
        let _ = writeln!(html, "<p>{not_made}</p>");
    }
    if html.is_empty() {
        return html;
    }
    format!("<section><h2>Findings</h2>\n{html}</section>\n")
}

fn costs(run: &Run) -> String {
    let mut rows = String::new();
    let time = |time: Option<Duration>| time.map_or("–".to_owned(), milliseconds);
    for cost in run.costs() {
        let spread = Spread::of(&cost);
        let of = |pick: fn(&Spread) -> Duration| time(spread.as_ref().map(pick));
        let _ = writeln!(
            rows,
            "<tr><th \
             scope=\"row\"><bdi>{}</bdi></th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(&cost.extension),
            time(cost.register),
            time(cost.ready),
            of(|spread| spread.least),
            of(|spread| spread.middle),
            of(|spread| spread.most),
            time(cost.shutdown),
        );
    }
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<section><h2>What they cost</h2>\n<div class=\"wide\"><table class=\"costs\">\n<thead>\
         <tr><th rowspan=\"2\" scope=\"col\">extension</th>\
         <th colspan=\"2\" scope=\"colgroup\">from launch</th>\
         <th colspan=\"3\" scope=\"colgroup\">after the function, per invocation</th>\
         <th rowspan=\"2\" scope=\"col\">shutdown</th></tr>\
         <tr><th scope=\"col\">to register</th><th scope=\"col\">to first next</th>\
         <th scope=\"col\">least</th><th scope=\"col\">median</th><th scope=\"col\">most</th></tr>\
         </thead>\n<tbody>\n{rows}</tbody></table></div></section>\n"
    )
}

fn steps(run: &Run) -> String {
    let steps = &run.record.steps;
    let mut rows = String::new();
    let mut base = Duration::ZERO;
    for step in steps.iter().take(MOST_ROWS) {
        if let What::Began(phase) = &step.what {
            base = step.at;
            let _ = writeln!(
                rows,
                "<tr class=\"phase\"><td>{}</td><td colspan=\"3\">{}</td></tr>",
                brief(step.at),
                escape(&phase.to_string())
            );
            continue;
        }
        let class = match &step.what {
            What::Output { .. } | What::FunctionOutput { .. } => " class=\"output\"",
            what if lanes::is_bad(what) => " class=\"bad\"",
            _ => "",
        };
        let text = step.what.to_string();
        let _ = writeln!(
            rows,
            "<tr{class}><td>{}</td><td>+{}</td><td><bdi>{}</bdi></td><td>{}</td></tr>",
            brief(step.at),
            brief(step.at.saturating_sub(base)),
            escape(&step.what.who()),
            escape(text.strip_prefix("│ ").unwrap_or(&text)),
        );
    }
    let rest = steps.len().saturating_sub(MOST_ROWS);
    if rest > 0 {
        let _ = writeln!(
            rows,
            "<tr><td colspan=\"4\" class=\"quiet\">and {rest} steps more, which \
             <code>--json</code> has all of</td></tr>"
        );
    }
    let open = if steps.len() <= 300 { " open" } else { "" };
    format!(
        "<section><details{open}><summary><h2>Steps</h2></summary>\n<div class=\"wide\"><table class=\"steps\">\n\
         <thead><tr><th scope=\"col\">at</th><th scope=\"col\">in the phase</th>\
         <th scope=\"col\">who</th><th \
             scope=\"col\">what</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div></details></section>\n"
    )
}

/// A duration in the unit that it is best read in.
fn brief(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 0.999_95 => format!("{:.1} ms", seconds * 1e3),
        seconds => format!("{seconds:.2} s"),
    }
}

/// Text that has code between backticks.
fn prose(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in text.split('`').enumerate() {
        let part = escape(part);
        let _ = match index % 2 {
            0 => write!(html, "{part}"),
            _ => write!(html, "<code>{part}</code>"),
        };
    }
    html
}

/// Text as it may stand anywhere in a page, attributes included.
fn escape(text: &str) -> String {
    let mut html = String::new();
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            // Not in a page, not even by its number.
            character if character.is_control() => html.push('\u{fffd}'),
            character => html.push(character),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::{escape, prose};

    #[test]
    fn nothing_that_is_text_becomes_markup() {
        assert_eq!(
            escape("<b onclick=\"x\">'&\u{0}"),
            "&lt;b onclick=&quot;x&quot;&gt;&#39;&amp;\u{fffd}"
        );
        assert_eq!(
            prose("call `<next>` once"),
            "call <code>&lt;next&gt;</code> once"
        );
    }
}
