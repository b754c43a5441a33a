//! Scripts, which the kernel hands to the program that their first line names: see `execve(2)`.

use super::finding::Finding;

/// What is there in each of Lambda's images.
const SHELLS: [&str; 4] = ["/bin/bash", "/bin/sh", "/usr/bin/bash", "/usr/bin/sh"];

/// What is to be said of a script, and the program that runs it.
pub(super) fn look(name: &str, bytes: &[u8]) -> (String, Vec<Finding>) {
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let line = String::from_utf8_lossy(line.strip_prefix(b"#!").unwrap_or_default());
    let command = line.trim();
    let mut words = command.split_whitespace();
    let interpreter = words.next().unwrap_or_default().to_owned();
    let mut findings = Vec::new();
    if line.ends_with('\r') {
        findings.push(Finding::error(
            "line-ending",
            format!(
                "`{name}` has lines that end as on Windows, so it asks for the program \
                 `{command}\\r`, which is not there"
            ),
            format!("give its lines the ends of Unix: `sed -i 's/\\r$//' {name}`"),
        ));
    }
    if !interpreter.starts_with('/') {
        findings.push(Finding::error(
            "interpreter",
            format!("`{name}` begins with `#!` and no absolute path, so it cannot be executed"),
            "begin it with the path of its interpreter: `#!/bin/sh`, say",
        ));
    } else if !SHELLS.contains(&interpreter.as_str()) {
        let program = match words.next() {
            Some(program) if interpreter == "/usr/bin/env" => program,
            _ => &interpreter,
        };
        findings.push(Finding::remark(
            "interpreter",
            format!(
                "`{name}` is run by `{program}`, which is there only beside functions whose \
                 runtime brings it"
            ),
            "attach it to functions of that runtime only, or bring the interpreter in the layer",
        ));
    }
    (command.to_owned(), findings)
}
