//! Scripts, which the kernel runs with the interpreter in their first line: see `execve(2)`.

use super::finding::Finding;

/// The shells in each of Lambda's images.
const SHELLS: [&str; 4] = ["/bin/bash", "/bin/sh", "/usr/bin/bash", "/usr/bin/sh"];

/// Returns the command that runs a script, and the findings.
pub(super) fn inspect(name: &str, bytes: &[u8]) -> (String, Vec<Finding>) {
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
                "`{name}` has line endings of Windows, so its interpreter would be \
                 `{command}\\r`, which does not exist"
            ),
            format!("convert the line endings: `sed -i 's/\\r$//' {name}`"),
        ));
    }
    if !interpreter.starts_with('/') {
        findings.push(Finding::error(
            "interpreter",
            format!("`{name}` starts with `#!` and no absolute path, so it cannot be executed"),
            "start it with the path of its interpreter, such as `#!/bin/sh`",
        ));
    } else if !SHELLS.contains(&interpreter.as_str()) {
        let program = match words.next() {
            Some(program) if interpreter == "/usr/bin/env" => program,
            _ => &interpreter,
        };
        findings.push(Finding::warning(
            "interpreter",
            format!(
                "`{name}` is run by `{program}`, which only functions have whose runtime \
                 includes it"
            ),
            "attach it to functions of that runtime only, or put the interpreter into the layer",
        ));
    }
    (command.to_owned(), findings)
}
