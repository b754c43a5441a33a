//! The file that `--html` writes, opened before the run.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use lambda_ext::Error;

/// A file that is known to be writable. It keeps its content until [`write`](Self::write).
pub(super) struct OutputFile<'a> {
    path: &'a Path,
    file: File,
}

impl<'a> OutputFile<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, Error> {
        if path.as_os_str() == "-" {
            return Err("expected a file for the page: stdout has the timeline".into());
        }
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let file = file.map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path, file })
    }

    pub(super) fn write(mut self, text: &str) -> Result<(), Error> {
        // A device or a pipe cannot be truncated.
        let is_regular = self
            .file
            .metadata()
            .is_ok_and(|metadata| metadata.is_file());
        let truncated = if is_regular {
            self.file.set_len(0)
        } else {
            Ok(())
        };
        let written = truncated.and_then(|()| self.file.write_all(text.as_bytes()));
        written.map_err(|error| format!("{}: {error}", self.path.display()).into())
    }
}
