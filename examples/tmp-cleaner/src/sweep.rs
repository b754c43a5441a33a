//! What is deleted.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use walkdir::{DirEntry, WalkDir};

#[derive(Debug, Clone)]
pub struct Sweep {
    pub directory: PathBuf,
    /// What was written longer ago goes.
    pub max_age: Option<Duration>,
    /// While there is more than that, the oldest goes.
    pub max_bytes: Option<u64>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Freed {
    pub files: u64,
    pub bytes: u64,
    /// The last of what could not be deleted.
    pub error: Option<String>,
}

struct File {
    path: PathBuf,
    written: SystemTime,
    bytes: u64,
}

impl Sweep {
    pub fn run(&self) -> Freed {
        let mut files: Vec<File> = self.files().collect();
        files.sort_by_key(|file| file.written);
        let mut used: u64 = files.iter().map(|file| file.bytes).sum();
        let mut freed = Freed::default();
        for file in files {
            let is_much = self.max_bytes.is_some_and(|most| used > most);
            if !is_much && !self.is_old(&file) {
                break;
            }
            match file.delete() {
                Ok(false) => {}
                Ok(true) => {
                    used -= file.bytes;
                    freed.files += 1;
                    freed.bytes += file.bytes;
                }
                Err(error) => freed.error = Some(format!("{}: {error}", file.path.display())),
            }
        }
        freed
    }

    /// Files only: directories are nearly nothing, and the function may count on one that it has made.
    fn files(&self) -> impl Iterator<Item = File> {
        // No link is followed, nor what is mounted below.
        let entries = WalkDir::new(&self.directory).same_file_system(true);
        // What cannot be read, or is gone already, is nothing to delete.
        let entries = entries.into_iter().filter_map(Result::ok);
        entries
            .filter(|entry| entry.file_type().is_file())
            .filter_map(File::of)
    }

    fn is_old(&self, file: &File) -> bool {
        let age = file.written.elapsed().unwrap_or_default();
        self.max_age.is_some_and(|most| age > most)
    }
}

impl File {
    fn of(entry: DirEntry) -> Option<Self> {
        let metadata = entry.metadata().ok()?;
        Some(Self {
            written: metadata.modified().ok()?,
            // What it takes, and not how long it is: a file may have holes.
            bytes: metadata.blocks() * 512,
            path: entry.into_path(),
        })
    }

    /// Whether it was deleted: not if it was written to meanwhile.
    fn delete(&self) -> std::io::Result<bool> {
        let written = fs::symlink_metadata(&self.path).and_then(|it: Metadata| it.modified())?;
        if written != self.written {
            return Ok(false);
        }
        fs::remove_file(&self.path).map(|()| true)
    }
}

#[cfg(test)]
mod tests;
