//! The file itself: its name, permissions, size and kind.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use lambda_ext::Error;

use super::finding::Finding;

/// The maximum unpacked size of a function with its layers, in bytes.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const MAX_SIZE: u64 = 250 * MB;

/// A megabyte, as Lambda counts them.
const MB: u64 = 1024 * 1024;

/// Kinds of files that are mistaken for extensions: their first bytes, the kind, and the remedy.
const UNSUPPORTED_KINDS: [(&[u8], &str, &str); 8] = [
    (
        b"\xef\xbb\xbf#!",
        "a script with a byte order mark before its `#!`",
        "save it as UTF-8 without that mark",
    ),
    (b"\xcf\xfa\xed\xfe", "a program for macOS", BUILD_FOR_LINUX),
    (
        b"\xca\xfe\xba\xbe",
        "a program for macOS, or a class of Java",
        BUILD_FOR_LINUX,
    ),
    (b"MZ", "a program for Windows", BUILD_FOR_LINUX),
    (
        b"!<arch>\n",
        "a static library",
        "build a binary, from `src/main.rs`, and use that",
    ),
    (b"\0asm", "WebAssembly", BUILD_FOR_LINUX),
    (
        b"PK\x03\x04",
        "a zip archive",
        "unpack it, and check the file in `extensions/`",
    ),
    (
        b"\x1f\x8b",
        "compressed by gzip",
        "unpack it: a layer is a zip archive, with the extension in `extensions/`",
    ),
];

const BUILD_FOR_LINUX: &str = "build it for Linux: `cargo lambda build --release --extension`, or `cargo \
                     build --release --target x86_64-unknown-linux-musl`";

/// A file to check.
pub(super) struct File {
    /// The name of the file, and so of the extension.
    pub(super) name: String,
    path: PathBuf,
    mode: u32,
    /// In bytes.
    pub(super) size: u64,
    /// The content; none if the file is larger than Lambda allows.
    bytes: Option<Vec<u8>>,
}

impl File {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |error| format!("{}: {error}", path.display());
        let metadata = fs::metadata(path).map_err(failed)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let size = metadata.len();
        let bytes = (size <= MAX_SIZE).then(|| fs::read(path));
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

    /// Looks for a library in the `lib/` of the file's layer. Lambda unpacks a layer to `/opt`, runs
    /// the files in `/opt/extensions`, and has `/opt/lib` in `LD_LIBRARY_PATH`.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html>
    pub(super) fn layer_has_library(&self, library: &str) -> bool {
        let directory = self
            .path
            .parent()
            .filter(|parent| parent.ends_with("extensions"));
        let layer = directory.and_then(Path::parent);
        layer.is_some_and(|layer| layer.join("lib").join(library).is_file())
    }

    /// The findings about its name, permissions and size.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let found = [
            self.name_finding(),
            self.mode_finding(),
            self.size_finding(),
        ];
        found.into_iter().flatten().collect()
    }

    /// The name is sent in the header `Lambda-Extension-Name`, which must not change it.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>
    fn name_finding(&self) -> Option<Finding> {
        let Self { name, .. } = self;
        let sendable = name
            .chars()
            .all(|char| char == ' ' || char.is_ascii_graphic());
        (!sendable || name.trim() != name).then(|| {
            let text = format!(
                "the name {name:?} cannot be registered: it is sent in a header, which allows \
                 only ASCII, and no space at either end"
            );
            let help = "rename the file, with letters, digits, `-` and `_` only";
            Finding::error("name", text, help)
        })
    }

    /// Lambda runs extensions as another user than the owner of the file.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html>
    fn mode_finding(&self) -> Option<Finding> {
        let Self {
            name, mode, path, ..
        } = self;
        let problem = match mode {
            mode if mode & 0o111 == 0 => "is not executable",
            mode if mode & 0o005 != 0o005 => "is not readable and executable by all users",
            _ => return None,
        };
        let text =
            format!("`{name}` {problem} (its mode is {mode:04o}), so Lambda cannot launch it");
        let help = format!(
            "run `chmod 755 {}` before you pack it: zip archives keep the mode",
            path.display()
        );
        Some(Finding::error("not-executable", text, help))
    }

    fn size_finding(&self) -> Option<Finding> {
        (self.size > MAX_SIZE).then(|| {
            let (size, limit) = (format_size(self.size), MAX_SIZE / MB);
            let text = format!(
                "`{}` has {size}, and the limit for a function with all its layers is {limit} MB, unpacked",
                self.name
            );
            let help = "make it smaller: `strip = true`, `opt-level`, fewer dependencies";
            Finding::error("size", text, help)
        })
    }
}

/// The finding about a file that is neither a program for Linux nor a script.
pub(super) fn unsupported_kind(name: &str, bytes: &[u8]) -> Finding {
    let known = UNSUPPORTED_KINDS
        .iter()
        .find(|(magic, ..)| bytes.starts_with(magic));
    let (kind, help) = match known {
        Some((_, kind, help)) => (*kind, *help),
        None if bytes.is_empty() => ("empty", "build or copy it again"),
        None => (
            "neither a program for Linux nor a script",
            "build a program, or start a script with `#!` and its interpreter, such as `#!/bin/sh`",
        ),
    };
    Finding::error("kind", format!("`{name}` is {kind}"), help)
}

/// Formats a size in megabytes, or in bytes if it is small.
pub(super) fn format_size(bytes: u64) -> String {
    if bytes < MB / 10 {
        return format!("{bytes} bytes");
    }
    let tenths = bytes.saturating_add(MB / 20) / (MB / 10);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}
