//! A timeline, which is written step by step.

use std::fmt::Write as _;
use std::time::Duration;

use super::line::{StepLine, Subject, Tone};
use super::step::{Phase, Step, StepKind};
use super::text::{MAX_TEXT, format_duration, sanitize};

/// The widest column of names.
const MAX_WIDTH: usize = 28;

/// Writes steps as a timeline, one after the other; for example as they happen, with
/// [`EmulatorBuilder::on_step`](crate::emulator::EmulatorBuilder::on_step).
///
/// ```
/// use lambda_ext::emulator::{Emulator, record::Timeline};
///
/// let mut timeline = Timeline::new(["audit"]);
/// let builder = Emulator::builder().on_step(move |step| print!("{}", timeline.step(step)));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    colours: bool,
    width: usize,
    names: Vec<String>,
    open: Vec<(Phase, Duration)>,
    base: Duration,
    started: bool,
}

impl Timeline {
    /// Creates a timeline for extensions of these names, which determine the width of a column and the
    /// colours. There may be other extensions.
    #[must_use]
    pub fn new<Name: Into<String>>(names: impl IntoIterator<Item = Name>) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let widest = names.iter().map(|name| name.chars().count()).max();
        Self {
            width: widest
                .unwrap_or_default()
                .clamp("platform".len(), MAX_WIDTH),
            names,
            ..Self::default()
        }
    }

    /// Sets whether to write with the colours of a terminal. By default it does not.
    #[must_use]
    pub fn colours(mut self, colours: bool) -> Self {
        self.colours = colours;
        self
    }

    /// Returns the lines of the next step, with their ends.
    pub fn step(&mut self, step: &Step) -> String {
        self.step_with(step, None)
    }

    /// Returns the same, with the time of a phase that begins, if it is known.
    pub(super) fn step_with(&mut self, step: &Step, took: Option<Duration>) -> String {
        let StepKind::Began(phase) = &step.kind else {
            let line = self.line(step);
            if let StepKind::Ended { phase, .. } = &step.kind {
                self.open.retain(|(open, _)| open != phase);
                if let Some((_, began)) = self.open.last() {
                    self.base = *began;
                }
            }
            return line;
        };
        let mut heading = if self.started {
            "\n".to_owned()
        } else {
            String::new()
        };
        let title = sanitize(&phase.to_string(), MAX_TEXT);
        heading.push_str(&self.paint("1", &title));
        if let Some(took) = took {
            let _ = write!(
                heading,
                "{}",
                self.paint("2", &format!("  {}", format_duration(took)))
            );
        }
        heading.push('\n');
        self.started = true;
        self.base = step.at;
        self.open.push((phase.clone(), step.at));
        heading
    }

    fn line(&mut self, step: &Step) -> String {
        let StepLine {
            subject,
            tone,
            text,
        } = StepLine::new(&step.kind);
        self.started = true;
        let since = format_duration(step.at.saturating_sub(self.base));
        let mut name = sanitize(subject.name(), usize::MAX);
        if name.chars().count() > MAX_WIDTH {
            name = name.chars().take(MAX_WIDTH - 1).chain(['…']).collect();
        }
        let name = format!("{name:<width$}", width = self.width);
        let name = match subject {
            Subject::Extension(extension) => {
                let colour = self.colour(extension);
                self.paint(colour, &name)
            }
            Subject::Function | Subject::Platform => self.paint("2", &name),
        };
        let text = match tone {
            Tone::Plain => text,
            Tone::Quiet => self.paint("2", &text),
            Tone::Bad => self.paint("31", &text),
        };
        format!(
            "{}  {name}  {text}\n",
            self.paint("2", &format!("{since:>11}"))
        )
    }

    /// The colour of an extension's name, which does not change.
    fn colour(&mut self, extension: &str) -> &'static str {
        const COLOURS: [&str; 5] = ["36", "35", "33", "34", "32"];
        let known = self.names.iter().position(|name| name == extension);
        let index = known.unwrap_or_else(|| {
            self.names.push(extension.to_owned());
            self.names.len() - 1
        });
        COLOURS[index % COLOURS.len()]
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colours {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
