//! A subscriber for what an extension logs through [`tracing`](https://docs.rs/tracing), which follows
//! the function's logging configuration (feature `logging`).
//!
//! The guide has [an example](crate::guide::logging).
//!
//! | variable | what it says |
//! |---|---|
//! | `AWS_LAMBDA_LOG_FORMAT` | `JSON`: an object in each line. `Text`, or unset: text |
//! | `AWS_LAMBDA_LOG_LEVEL` | `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`; where it is set, `RUST_LOG` is not looked at |
//! | `RUST_LOG` | a level, or one for each target: `warn,audit=info,lambda_ext=debug`. Unset: `INFO` |
//!
//! Lambda sets the first two by the function's [logging configuration]; both may be written in either
//! case. A value that is none of these is told by a line, and means what unset means.
//!
//! - **A line is what Lambda asks for.** JSON has `level`, `timestamp`, `target` and `fields.message`, and
//!   within an invocation `span.requestId`: those that functions with `lambda_runtime` have, and the time, without
//!   which Lambda takes a line for INFO. Text has no time, as Lambda has that beside it, and no colours. The
//!   target, the author's crate or `lambda_ext`, tells which of a function's extensions it is.
//! - **They go to stderr**, which Lambda takes as it takes stdout, and where the framework's lines are
//!   without this feature, too. Each is written before the method goes on, so that none is lost when the
//!   process ends.
//! - **[`init`] is called by the author**, not by the generated `main`: Cargo turns a feature on for all that
//!   is built together, and one extension of a workspace must not take over the logging of another.
//! - **It feeds no telemetry of its own.** Where [`TelemetryType::Extension`](crate::TelemetryType::Extension)
//!   is subscribed to, what is logged comes back as telemetry. So of what is logged while `telemetry` runs
//!   a line of each level is written in a minute; how many were not is said once a minute and at the end. What
//!   a task logs of batches that it is sent is not known to be that: there it is the author's to be
//!   quiet, as it is for `println!`.
//! - **A panic's own lines** are text on stderr, as Rust writes them, in either format: what has gone wrong
//!   there is not to depend on a subscriber.
//!
//! [logging configuration]: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html

use std::env::{self, VarError};
use std::io;

use ::tracing::Level;
use ::tracing::level_filters::LevelFilter;
use ::tracing::subscriber::set_global_default;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Registry, fmt};

use crate::client::executable_name;
use crate::diagnostics::{self, feedback::FeedbackFilter};

const FORMAT: &str = "AWS_LAMBDA_LOG_FORMAT";
const LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
const TARGETS: &str = "RUST_LOG";

/// Makes the subscriber that of the whole process, as the environment has it; see the
/// [module](self). Where one is set already, that stays.
///
/// Called in `prepare`, it has all of the framework's events, from the registration on; in `init`, those from
/// then on.
pub fn init() {
    let configuration = Configuration::of(|name| match env::var(name) {
        Ok(value) => value,
        Err(VarError::NotPresent) => String::new(),
        Err(VarError::NotUnicode(value)) => value.to_string_lossy().into_owned(),
    });
    let registry = Registry::default()
        .with(configuration.targets)
        .with(FeedbackFilter);
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(false);
    let is_set = if configuration.json {
        set_global_default(registry.with(lines.json()))
    } else {
        set_global_default(registry.with(lines.without_time()))
    };
    if is_set.is_ok() {
        for warning in configuration.warnings {
            diagnostics::warn(&executable_name(), warning);
        }
    }
}

/// What the environment says.
#[derive(Debug, PartialEq)]
struct Configuration {
    json: bool,
    targets: Targets,
    /// What is not understood of it.
    warnings: Vec<String>,
}

impl Configuration {
    /// A variable that is not set is empty.
    fn of(variable: impl Fn(&str) -> String) -> Self {
        let (format, level, targets) = (variable(FORMAT), variable(LEVEL), variable(TARGETS));
        let json = match &*format.to_ascii_uppercase() {
            "JSON" => Some(true),
            "TEXT" | "" => Some(false),
            _ => None,
        };
        let everywhere = |level: LevelFilter| Targets::new().with_default(level);
        let chosen = match (&*level, &*targets) {
            ("", "") => Some(everywhere(LevelFilter::INFO)),
            ("", targets) => targets.parse().ok(),
            (level, _) => level_of(level).map(everywhere),
        };
        let mut warnings = Vec::new();
        if json.is_none() {
            let expected = "`JSON` or `Text`: text is written";
            warnings.push(invalid(FORMAT, &format, expected));
        }
        if chosen.is_none() {
            warnings.push(if level.is_empty() {
                let expected = "a level, or `TARGET=LEVEL` with commas: `INFO` is taken";
                invalid(TARGETS, &targets, expected)
            } else {
                let expected =
                    "`TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`: `INFO` is taken";
                invalid(LEVEL, &level, expected)
            });
        }
        Self {
            json: json.unwrap_or_default(),
            targets: with_framework_errors(chosen.unwrap_or_else(|| everywhere(LevelFilter::INFO))),
            warnings,
        }
    }
}

/// The framework's target is wanted for errors at least: what ends the extension is said in any case,
/// and the invocation that the author's events belong to is a span of that target.
fn with_framework_errors(targets: Targets) -> Targets {
    if targets.would_enable(diagnostics::TARGET, &Level::ERROR) {
        return targets;
    }
    targets.with_target(diagnostics::TARGET, LevelFilter::ERROR)
}

/// The level that Lambda means. There is none above ERROR here.
fn level_of(name: &str) -> Option<LevelFilter> {
    let levels = [
        ("TRACE", LevelFilter::TRACE),
        ("DEBUG", LevelFilter::DEBUG),
        ("INFO", LevelFilter::INFO),
        ("WARN", LevelFilter::WARN),
        ("ERROR", LevelFilter::ERROR),
        ("FATAL", LevelFilter::ERROR),
    ];
    let named = |(level, _): &&(&str, _)| name.eq_ignore_ascii_case(level);
    levels.iter().find(named).map(|(_, level)| *level)
}

fn invalid(name: &str, value: &str, expected: &str) -> String {
    format!("{name} is {value:?}, expected {expected}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(format: &str, level: &str, targets: &str) -> Configuration {
        let values = [(FORMAT, format), (LEVEL, level), (TARGETS, targets)];
        let value = |name: &str| values.iter().find(|(known, _)| *known == name);
        Configuration::of(|name| value(name).map_or("", |(_, value)| value).to_owned())
    }

    #[test]
    fn format_is_case_insensitive_and_text_by_default() {
        for (format, json) in [("JSON", true), ("json", true), ("Text", false), ("", false)] {
            let configuration = configuration(format, "", "");
            assert_eq!(
                (configuration.json, &*configuration.warnings),
                (json, &[][..]),
                "{format}"
            );
        }
        let odd = configuration("xml", "", "");
        assert!(!odd.json);
        assert_eq!(
            odd.warnings,
            [r#"AWS_LAMBDA_LOG_FORMAT is "xml", expected `JSON` or `Text`: text is written"#]
        );
    }

    #[test]
    fn aws_lambda_log_level_overrides_rust_log() {
        for (level, targets, expected) in [
            ("", "", Level::INFO),
            ("TRACE", "", Level::TRACE),
            ("debug", "error", Level::DEBUG),
            ("WARN", "trace", Level::WARN),
            ("FATAL", "", Level::ERROR),
            ("", "debug", Level::DEBUG),
        ] {
            let configuration = configuration("", level, targets);
            assert_eq!(configuration.warnings, [""; 0], "{level} {targets}");
            let enabled = |level: &Level| configuration.targets.would_enable("audit", level);
            let levels = [
                Level::ERROR,
                Level::WARN,
                Level::INFO,
                Level::DEBUG,
                Level::TRACE,
            ];
            let finest = levels.into_iter().filter(enabled).max();
            assert_eq!(finest, Some(expected), "{level} {targets}");
        }
    }

    #[test]
    fn rust_log_may_differ_by_target() {
        let configuration = configuration("", "", "warn,lambda_ext=debug");
        assert!(
            configuration
                .targets
                .would_enable("lambda_ext", &Level::DEBUG)
        );
        assert!(!configuration.targets.would_enable("audit", &Level::INFO));
    }

    #[test]
    fn errors_of_the_framework_are_always_enabled() {
        for targets in ["audit=info", "off", "lambda_ext=off"] {
            let configuration = configuration("", "", targets);
            let enabled = |level| configuration.targets.would_enable("lambda_ext", level);
            assert!(
                enabled(&Level::ERROR) && !enabled(&Level::WARN),
                "{targets}"
            );
        }
    }

    #[test]
    fn invalid_level_warns_and_means_info() {
        for (level, targets, told) in [
            (
                "verbose",
                "",
                "AWS_LAMBDA_LOG_LEVEL is \"verbose\", expected `TRACE`, `DEBUG`, `INFO`, `WARN`, \
                 `ERROR` or `FATAL`: `INFO` is taken",
            ),
            (
                "",
                "audit=loud",
                "RUST_LOG is \"audit=loud\", expected a level, or `TARGET=LEVEL` with commas: \
                 `INFO` is taken",
            ),
        ] {
            let configuration = configuration("", level, targets);
            assert_eq!(configuration.warnings, [told]);
            assert!(configuration.targets.would_enable("audit", &Level::INFO));
            assert!(!configuration.targets.would_enable("audit", &Level::DEBUG));
        }
    }
}
