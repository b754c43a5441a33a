//! Counts that have no noise: what a program does, and not how long it takes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::life::Life;

/// What counts.
#[derive(Debug, Clone, Copy)]
enum Tool {
    /// Instructions of the program's own, as valgrind's callgrind sees them.
    Callgrind,
    /// Allocations, as valgrind's dhat sees them.
    Dhat,
    /// System calls.
    Strace,
}

/// How often something was done in one life.
pub(super) async fn instructions(program: &Path, life: Life) -> u64 {
    let found = run(Tool::Callgrind, program, life).await;
    let summary = |line: &str| line.strip_prefix("summary: ")?.trim().parse().ok();
    found.lines().find_map(summary).expect("callgrind sums up")
}

/// How many blocks of memory were asked for in one life.
pub(super) async fn allocations(program: &Path, life: Life) -> u64 {
    let found = run(Tool::Dhat, program, life).await;
    let blocks = |line: &str| {
        let (_, blocks) = line.split_once("Total:")?.1.split_once(" in ")?;
        blocks.split(' ').next()?.replace(',', "").parse().ok()
    };
    found.lines().find_map(blocks).expect("dhat sums up")
}

/// The system calls of one life.
pub(super) async fn syscalls(program: &Path, life: Life) -> Vec<String> {
    let found = run(Tool::Strace, program, life).await;
    found.lines().map(str::to_owned).collect()
}

/// Lives a life under a tool, and returns what that wrote.
async fn run(tool: Tool, program: &Path, life: Life) -> String {
    let directory = crate::built::target_dir().join("budget");
    let found = directory.join(format!("{tool:?}.txt"));
    let wrapper = wrapper(tool, program, &directory, &found);
    life.of(&wrapper).await;
    fs::read_to_string(found).expect("the tool wrote what it found")
}

/// A program of the same name that runs the other one under a tool.
fn wrapper(tool: Tool, program: &Path, directory: &Path, found: &Path) -> PathBuf {
    let found = found.display();
    let command = match tool {
        Tool::Callgrind => {
            format!("valgrind --tool=callgrind --callgrind-out-file={found} --log-file=/dev/null")
        }
        Tool::Dhat => format!("valgrind --tool=dhat --dhat-out-file=/dev/null --log-file={found}"),
        Tool::Strace => format!("strace -f -s 100 -o {found}"),
    };
    fs::create_dir_all(directory).expect("the target directory can be written");
    let wrapper = directory.join(program.file_name().expect("a file"));
    let script = format!("#!/bin/sh\nexec {command} {}\n", program.display());
    fs::write(&wrapper, script).expect("the target directory can be written");
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).expect("it is ours");
    wrapper
}
