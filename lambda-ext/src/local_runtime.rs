//! The tokio runtime of one thread, which the generated `main` and the report of a panic use.

use std::io;

use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

/// Builds a runtime that runs on the thread that calls it.
pub(crate) fn local_runtime() -> io::Result<LocalRuntime> {
    Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())
}
