//! Counts that have no noise: what a program does, and not how long it takes.

use std::fs;
use std::path::Path;

use super::life::Life;
use crate::built::target_dir;
use crate::traced::{Traced, wrapper};

/// A tool of valgrind's.
#[derive(Debug, Clone, Copy)]
enum Tool {
    /// Counts the program's own instructions.
    Callgrind,
    /// Counts allocations.
    Dhat,
}

/// The instructions of one life.
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

/// The system calls of one life, a line each.
pub(super) async fn syscalls(program: &Path, life: Life) -> Vec<String> {
    let traced = Traced::new(program, "budget");
    life.of(traced.program()).await;
    traced.calls()
}

/// Lives a life under a tool, and returns what that wrote.
async fn run(tool: Tool, program: &Path, life: Life) -> String {
    let directory = target_dir().join("budget");
    let found = directory.join(format!("{tool:?}.txt"));
    let file = found.display();
    let command = match tool {
        Tool::Callgrind => {
            format!("valgrind --tool=callgrind --callgrind-out-file={file} --log-file=/dev/null")
        }
        Tool::Dhat => format!("valgrind --tool=dhat --dhat-out-file=/dev/null --log-file={file}"),
    };
    life.of(&wrapper(&command, program, &directory)).await;
    fs::read_to_string(found).expect("the tool wrote what it found")
}
