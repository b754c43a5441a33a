//! Programs under another program, such as `strace`, and what that writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::built::target_dir;

/// A program under `strace`.
#[derive(Debug)]
pub struct Traced {
    program: PathBuf,
    calls: PathBuf,
}

impl Traced {
    /// Wraps `program`; `run` names this run, and no two that happen at once have the same name.
    ///
    /// # Panics
    /// The target directory cannot be written.
    #[must_use]
    pub fn new(program: &Path, run: &str) -> Self {
        let directory = target_dir().join("traced").join(run);
        let calls = directory.join("calls");
        let command = format!("strace -f -s 100 -o {}", calls.display());
        Self {
            program: wrapper(&command, program, &directory),
            calls,
        }
    }

    /// The executable that runs the program under `strace`. It has the program's name.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The system calls of the last run, a line each.
    ///
    /// # Panics
    /// The program has not run, or `strace` is missing.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(&self.calls).expect("strace wrote the calls");
        calls.lines().map(str::to_owned).collect()
    }
}

/// Tells whether a system call looks for a certificate: it names a path at which systems keep them.
#[must_use]
pub fn looks_for_certificates(call: &str) -> bool {
    // The first text of a call on a file is its path. The program's own may be anything.
    let path = call.split('"').nth(1).filter(|path| path.starts_with('/'));
    let is_certificate = |path: &str| {
        ["cert", "/ssl", "/pki"]
            .iter()
            .any(|part| path.contains(part))
    };
    !call.contains(" execve(") && path.is_some_and(is_certificate)
}

/// Writes a script into `directory` that runs `program` by way of `command`. The script has the
/// program's name, by which Lambda knows an extension.
pub(crate) fn wrapper(command: &str, program: &Path, directory: &Path) -> PathBuf {
    fs::create_dir_all(directory).expect("the target directory can be written");
    let wrapper = directory.join(program.file_name().expect("the program is a file"));
    let script = format!("#!/bin/sh\nexec {command} {}\n", program.display());
    let text = wrapper.with_extension("text");
    fs::write(&text, script).expect("the target directory can be written");
    // Another process writes the executable: a child that another test forks meanwhile would keep it
    // open for writing, and Linux does not execute such a file.
    let install = Command::new("install")
        .args(["-m", "755"])
        .args([&text, &wrapper])
        .status();
    assert!(install.is_ok_and(|status| status.success()), "no script");
    wrapper
}
