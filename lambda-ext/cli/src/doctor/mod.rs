//! `lambda-ext doctor`: whether a file can be an extension, and what would go wrong.

mod elf;
mod file;
mod finding;
mod program;
mod script;
mod system;

use std::fmt::Write as _;

use lambda_ext::Error;

use self::file::{File, megabytes};
use self::finding::Finding;
use crate::summary::Paint;
use crate::target::{self, Profile};

/// What the exit codes mean, for the command's help.
pub(crate) const CODES: &str = "\
Exit codes: 0 it can be an extension, 1 it cannot, 2 it could not be looked at.
";

#[derive(clap::Args)]
pub(crate) struct Doctor {
    /// The extension: an executable, or the name of a binary or example of this workspace, which
    /// is then built with --release.
    target: String,
}

/// What is known of a file.
struct Diagnosis {
    name: String,
    /// What it is, and where it runs.
    facts: String,
    findings: Vec<Finding>,
}

impl Doctor {
    /// Looks at the file, prints what there is to say, and gives whether it can be an extension.
    pub(crate) fn run(&self) -> Result<bool, Error> {
        let (path, _) = target::find(&self.target, Profile::Release)?;
        let diagnosis = Diagnosis::of(&File::open(&path)?);
        crate::write(&diagnosis.show(Paint(crate::colours())));
        Ok(diagnosis.errors() == 0)
    }
}

impl Diagnosis {
    fn of(file: &File) -> Self {
        let mut findings = file.findings();
        let facts = match file.bytes() {
            Some(bytes) if elf::is_elf(bytes) => program::look(file, bytes, &mut findings),
            Some(bytes) if bytes.starts_with(b"#!") => {
                let (command, found) = script::look(&file.name, bytes);
                findings.extend(found);
                format!("a script for `{command}`, {}", megabytes(file.size))
            }
            Some(bytes) => {
                findings.push(file::neither(&file.name, bytes));
                format!("a file of {}", megabytes(file.size))
            }
            None => format!("a file of {}", megabytes(file.size)),
        };
        Self {
            name: file.name.clone(),
            facts,
            findings,
        }
    }

    fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.grave).count()
    }

    /// Remarks first, and what is worse last, where it is seen.
    fn show(&self, paint: Paint) -> String {
        let Self { name, facts, .. } = self;
        let mut text = format!("{name}: {facts}\n");
        for grave in [false, true] {
            for finding in self.findings.iter().filter(|one| one.grave == grave) {
                let _ = write!(text, "\n{}\n", paint.finding(&finding.to_string(), grave));
            }
        }
        let count = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            count => format!("{count} {what}s"),
        };
        let errors = self.errors();
        let beside = match self.findings.len() - errors {
            0 => String::new(),
            remarks => format!(", {}", count(remarks, "remark")),
        };
        let (code, verdict) = match errors {
            0 => ("1;32", format!("{name} can be an extension{beside}")),
            errors => {
                let errors = count(errors, "error");
                (
                    "1;31",
                    format!("{name} cannot be an extension: {errors}{beside}"),
                )
            }
        };
        let _ = writeln!(text, "\n{}", paint.with(code, &verdict));
        text
    }
}
