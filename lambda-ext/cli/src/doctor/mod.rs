//! `lambda-ext doctor`: checks whether a file can be an extension.

mod elf;
mod file;
mod finding;
mod program;
mod script;
mod system;

use std::fmt::Write as _;

use lambda_ext::Error;
use lambda_ext::emulator::Severity;

use self::file::{File, format_size};
use self::finding::Finding;
use crate::target::{self, Profile};
use crate::terminal::{self, ERROR, SUCCESS, WARNING, count, styled, styled_finding};

/// The end of the help.
pub(crate) const EXIT_CODES: &str = "\
Exit codes: 0 it can be an extension, 1 it cannot, 2 it could not be checked.
";

#[derive(clap::Args)]
pub(crate) struct Doctor {
    /// The extension: an executable, or the name of a binary or example of this workspace, which
    /// is then built with --release.
    target: String,
}

struct Diagnosis {
    name: String,
    /// The kind of the file, and the systems that it runs on.
    description: String,
    findings: Vec<Finding>,
}

impl Doctor {
    /// Checks the file, prints the diagnosis, and returns the exit code.
    pub(crate) fn run(&self) -> Result<u8, Error> {
        let (path, _) = target::find(&self.target, Profile::Release)?;
        let diagnosis = Diagnosis::of(&File::open(&path)?);
        terminal::print(&diagnosis.render());
        Ok(u8::from(diagnosis.findings(Severity::Error).count() > 0))
    }
}

impl Diagnosis {
    fn of(file: &File) -> Self {
        let mut findings = file.findings();
        let size = format_size(file.size);
        let description = match file.bytes() {
            Some(bytes) if elf::is_elf(bytes) => program::inspect(file, bytes, &mut findings),
            Some(bytes) if bytes.starts_with(b"#!") => {
                let (command, found) = script::inspect(&file.name, bytes);
                findings.extend(found);
                format!("a script for `{command}`, {size}")
            }
            Some(bytes) => {
                findings.push(file::unsupported_kind(&file.name, bytes));
                format!("a file of {size}")
            }
            None => format!("a file of {size}"),
        };
        Self {
            name: file.name.clone(),
            description,
            findings,
        }
    }

    fn findings(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        let findings = self.findings.iter();
        findings.filter(move |finding| finding.severity == severity)
    }

    /// The diagnosis as text. Errors come last, where they are seen first.
    fn render(&self) -> String {
        let Self {
            name, description, ..
        } = self;
        let mut text = format!("{name}: {description}\n");
        for (severity, style) in [(Severity::Warning, WARNING), (Severity::Error, ERROR)] {
            for finding in self.findings(severity) {
                let finding = styled_finding(&finding.to_string(), style);
                let _ = writeln!(text, "\n{finding}");
            }
        }
        let warnings = match self.findings(Severity::Warning).count() {
            0 => String::new(),
            warnings => format!(", {}", count(warnings, "warning")),
        };
        let verdict = match self.findings(Severity::Error).count() {
            0 => styled(SUCCESS, &format!("{name} can be an extension{warnings}")),
            errors => {
                let errors = count(errors, "error");
                let verdict = format!("{name} cannot be an extension: {errors}{warnings}");
                styled(ERROR, &verdict)
            }
        };
        let _ = writeln!(text, "\n{verdict}");
        text
    }
}
