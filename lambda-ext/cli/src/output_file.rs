//! A file that is opened long before it is written.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use lambda_ext::Error;

/// A file that can be written, and has what it had until it is.
pub(crate) struct OutputFile<'a> {
    path: &'a Path,
    file: File,
}

impl<'a> OutputFile<'a> {
    pub(crate) fn new(path: &'a Path) -> Result<Self, Error> {
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

    pub(crate) fn write(mut self, text: &str) -> Result<(), Error> {
        let regular = self
            .file
            .metadata()
            .is_ok_and(|metadata| metadata.is_file());
        let emptied = if regular {
            self.file.set_len(0)
        } else {
            Ok(())
        };
        let written = emptied.and_then(|()| self.file.write_all(text.as_bytes()));
        written.map_err(|error| format!("{}: {error}", self.path.display()).into())
    }
}
