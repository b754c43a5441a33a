//! A record as a timeline, a step at a time.

use std::fmt::Write as _;
use std::time::Duration;

use super::line::{Line, Subject, Tone};
use super::text::{LONGEST, brief, harmless};
use super::{Phase, Step, What};

/// The widest that the column of names gets.
const WIDEST: usize = 28;

/// Writes steps as a timeline to read, one after the other as they happen: with
/// [`EmulatorBuilder::observe`](super::super::EmulatorBuilder::observe), say.
///
/// ```
/// use lambda_ext::emulator::{Emulator, record::Timeline};
///
/// let mut timeline = Timeline::new(["audit"]);
/// let builder = Emulator::builder().observe(move |step| print!("{}", timeline.step(step)));
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
    /// One for extensions of these names, of which there may be others: the names make the column
    /// wide enough, and give each its colour.
    #[must_use]
    pub fn new<Name: Into<String>>(names: impl IntoIterator<Item = Name>) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let widest = names.iter().map(|name| name.chars().count()).max();
        Self {
            width: widest.unwrap_or_default().clamp("platform".len(), WIDEST),
            names,
            ..Self::default()
        }
    }

    /// Whether to write with the colours of a terminal; not if this is not called.
    #[must_use]
    pub fn colours(mut self, colours: bool) -> Self {
        self.colours = colours;
        self
    }

    /// The lines for the next step, with their ends.
    pub fn step(&mut self, step: &Step) -> String {
        self.step_with(step, None)
    }

    /// The same, where it is known how long the phase that begins took.
    pub(super) fn step_with(&mut self, step: &Step, took: Option<Duration>) -> String {
        let What::Began(phase) = &step.what else {
            let line = self.line(step);
            if let What::Ended { phase, .. } = &step.what {
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
        let title = harmless(&phase.to_string(), LONGEST);
        heading.push_str(&self.paint("1", &title));
        if let Some(took) = took {
            let _ = write!(
                heading,
                "{}",
                self.paint("2", &format!("  {}", brief(took)))
            );
        }
        heading.push('\n');
        self.started = true;
        self.base = step.at;
        self.open.push((phase.clone(), step.at));
        heading
    }

    fn line(&mut self, step: &Step) -> String {
        let Line {
            subject,
            tone,
            text,
        } = Line::of(&step.what);
        self.started = true;
        let since = brief(step.at.saturating_sub(self.base));
        let mut name = harmless(subject.name(), usize::MAX);
        if name.chars().count() > WIDEST {
            name = name.chars().take(WIDEST - 1).chain(['…']).collect();
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

    /// The colour of an extension's name, the same each time.
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
