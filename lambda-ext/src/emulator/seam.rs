//! Everything that the emulator uses of the crate beyond its public API, with the reason.

use std::time::Duration;

use crate::clock;
use crate::error::{Error, RunError};
use crate::extension::{Extension, ExtensionBuilder};
use crate::handler::{Handler, Launch};

/// An HTTP connection without a task of its own: the task of a subscriber drives it, so that
/// deliveries to it end with the task.
pub(super) use crate::client::connection::Connection;
/// The conversion of a time limit to the `deadlineMs` of an event.
pub(super) use crate::event::millis_ahead;
/// The characters that the framework escapes in its own output, so that the timeline does as well.
pub(super) use crate::text::needs_escape;

/// Begins an extension of this process. The public builder reads from the environment whether the
/// platform is a managed instance; here the emulator knows.
pub(super) fn extension_builder(name: &str, runtime_api: &str, managed: bool) -> ExtensionBuilder {
    Extension::builder()
        .name(name)
        .runtime_api(runtime_api)
        .managed(managed)
}

/// Runs a handler to the end of its extension. `Ok(Err(_))` is an extension that failed open: its
/// process would exit with 0, which the public `run` does not tell from a failure.
pub(super) async fn run<H: Handler>(
    builder: ExtensionBuilder,
    handler: H,
) -> Result<Result<H, RunError>, Error> {
    Ok(builder.build()?.run_to_end(handler).await?.into_result())
}

/// Makes a `T` and runs it, like [`run`].
pub(super) async fn launch<T: Launch>(
    builder: ExtensionBuilder,
) -> Result<Result<T, RunError>, Error> {
    Ok(builder.build()?.launch_to_end().await?.into_result())
}

/// Advances the wall clock of extensions of this process, which a freeze skips if tokio's is paused.
pub(super) fn advance_clock(time: Duration) {
    clock::jump(time);
}
