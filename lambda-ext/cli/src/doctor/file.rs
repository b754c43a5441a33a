//! The file itself: its name, its permissions, its size, and of which kind it is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use lambda_ext::Error;

use super::finding::Finding;

/// What a function and its layers may have, unpacked, in bytes.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LIMIT: u64 = 250 * MB;

/// As Lambda counts them.
const MB: u64 = 1024 * 1024;

/// What people take for an extension, by its first bytes, and what to do instead.
const KINDS: [(&[u8], &str, &str); 8] = [
    (
        b"\xef\xbb\xbf#!",
        "a script with a byte order mark before its `#!`",
        "save it as UTF-8 without that mark",
    ),
    (b"\xcf\xfa\xed\xfe", "a program for macOS", CROSS),
    (
        b"\xca\xfe\xba\xbe",
        "a program for macOS, or a class of Java",
        CROSS,
    ),
    (b"MZ", "a program for Windows", CROSS),
    (
        b"!<arch>\n",
        "a static library",
        "build a binary, from `src/main.rs`, and take that",
    ),
    (b"\0asm", "WebAssembly", CROSS),
    (
        b"PK\x03\x04",
        "a zip archive",
        "unpack it, and look at the file in `extensions/`",
    ),
    (
        b"\x1f\x8b",
        "compressed by gzip",
        "unpack it: a layer is a zip archive, with the extension in `extensions/`",
    ),
];

const CROSS: &str = "build it for Linux: `cargo lambda build --release --extension`, or `cargo \
                     build --release --target x86_64-unknown-linux-musl`";

/// A file that is looked at.
pub(super) struct File {
    /// Its name, which is the extension's.
    pub(super) name: String,
    path: PathBuf,
    mode: u32,
    /// In bytes.
    pub(super) size: u64,
    /// What is in it, if it is of a size that Lambda takes.
    bytes: Option<Vec<u8>>,
}

impl File {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |error| format!("{}: {error}", path.display());
        let metadata = fs::metadata(path).map_err(failed)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let size = metadata.len();
        let bytes = (size <= LIMIT).then(|| fs::read(path));
        Ok(Self {
            name: name.into_owned(),
            path: path.to_owned(),
            mode: metadata.permissions().mode() & 0o7777,
            size,
            bytes: bytes.transpose().map_err(failed)?,
        })
    }

    pub(super) fn bytes(&self) -> Option<&[u8]> {
        self.bytes.as_deref()
    }

    /// Whether a library is in the `lib/` of the layer that the file is in: Lambda unpacks a layer
    /// to `/opt`, runs what is in `/opt/extensions`, and has `/opt/lib` in `LD_LIBRARY_PATH`.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html>
    pub(super) fn brings(&self, library: &str) -> bool {
        let directory = self
            .path
            .parent()
            .filter(|parent| parent.ends_with("extensions"));
        let layer = directory.and_then(Path::parent);
        layer.is_some_and(|layer| layer.join("lib").join(library).is_file())
    }

    /// What is wrong with it, whatever is in it.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let found = [
            self.name_finding(),
            self.mode_finding(),
            self.size_finding(),
        ];
        found.into_iter().flatten().collect()
    }

    /// The name is sent as the header `Lambda-Extension-Name`, and has to arrive as it is.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>
    fn name_finding(&self) -> Option<Finding> {
        let Self { name, .. } = self;
        let sendable = name
            .chars()
            .all(|char| char == ' ' || char.is_ascii_graphic());
        (!sendable || name.trim() != name).then(|| {
            let text = format!(
                "the name {name:?} cannot be registered: it is sent as a header, which takes \
                 ASCII, and no space at its ends"
            );
            let help = "rename the file: letters, digits, `-` and `_` do";
            Finding::error("name", text, help)
        })
    }

    /// Lambda runs as another user than whoever built the layer, so all have to be allowed to.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html>
    fn mode_finding(&self) -> Option<Finding> {
        let Self {
            name, mode, path, ..
        } = self;
        let what = match mode {
            mode if mode & 0o111 == 0 => "is not executable",
            mode if mode & 0o005 != 0o005 => "is not for all to read and to execute",
            _ => return None,
        };
        let text = format!("`{name}` {what} (its mode is {mode:04o}), so Lambda cannot launch it");
        let help = format!(
            "`chmod 755 {}` before it is packed: zip archives keep that",
            path.display()
        );
        Some(Finding::error("not-executable", text, help))
    }

    fn size_finding(&self) -> Option<Finding> {
        (self.size > LIMIT).then(|| {
            let (size, limit) = (megabytes(self.size), LIMIT / MB);
            let text = format!(
                "`{}` has {size}, and a function with all of its layers may have {limit} MB, unpacked",
                self.name
            );
            let help = "make it smaller: `strip = true`, `opt-level`, fewer dependencies";
            Finding::error("size", text, help)
        })
    }
}

/// That a file is of no kind that can be executed.
pub(super) fn neither(name: &str, bytes: &[u8]) -> Finding {
    let known = KINDS.iter().find(|(magic, ..)| bytes.starts_with(magic));
    let (what, help) = match known {
        Some((_, what, help)) => (*what, *help),
        None if bytes.is_empty() => ("empty", "build or copy it once more"),
        None => (
            "neither a program for Linux nor a script",
            "build a program, or begin a script with `#!` and its interpreter: `#!/bin/sh`, say",
        ),
    };
    Finding::error("kind", format!("`{name}` is {what}"), help)
}

/// A size as people read it.
pub(super) fn megabytes(bytes: u64) -> String {
    if bytes < MB / 10 {
        return format!("{bytes} bytes");
    }
    let tenths = bytes.saturating_add(MB / 20) / (MB / 10);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}
