//! How an extension is run: `run`, `launch`, and the builder for what is not the handler's.

use crate::lifecycle;
use crate::process::Process;
use crate::{Client, ClientError, Handler, Launch, RunError};

/// Runs `handler` as the extension that this program is, until SHUTDOWN.
///
/// This is the event loop of the Go package's `Run`, for a value that exists: register, `init`,
/// then `next` and the method of each event. The handler is handed back, so that a test can look
/// at it.
///
/// Signals, a panic that aborts and a `shutdown` that blocks the thread are dealt with by the
/// `main` that the attribute writes, which owns its process; this function does not touch it.
///
/// # Errors
/// Whatever ends the extension other than SHUTDOWN, which has then been reported to the platform.
/// The process is expected to exit with a code that is not 0.
pub async fn run<H: Handler>(handler: H) -> Result<H, RunError> {
    Extension::builder().build()?.run(handler).await
}

/// Makes a `T` and runs it, as the generated `main` does: `prepare`, register, the constructor,
/// `init`, then the event loop. For `main = false` and for tests.
///
/// # Errors
/// As for [`run`].
pub async fn launch<T: Launch>() -> Result<T, RunError> {
    Extension::builder().build()?.launch().await
}

/// An extension that is ready to run.
///
/// ```no_run
/// # use lambda_ext::{Config, EventType, Extension, Handler, RunError};
/// # struct Audit;
/// # impl Handler for Audit { const CONFIG: Config = Config::new(&[EventType::Shutdown]); }
/// # async fn example() -> Result<(), RunError> {
/// let extension = Extension::builder().name("audit").runtime_api("127.0.0.1:9001").build()?;
/// let audit = extension.run(Audit).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Extension {
    client: Client,
}

impl Extension {
    /// Starts from what the environment tells: the executable's name, and
    /// `AWS_LAMBDA_RUNTIME_API`.
    #[must_use]
    pub fn builder() -> ExtensionBuilder {
        ExtensionBuilder::default()
    }

    /// Runs a handler that exists; see [`run`].
    ///
    /// # Errors
    /// As for [`run`].
    pub async fn run<H: Handler>(self, handler: H) -> Result<H, RunError> {
        lifecycle::run(
            self.client,
            &mut Process::borrowed(),
            async { Ok(handler) },
            async |handler, _| Ok(handler),
        )
        .await
    }

    /// Makes a handler and runs it; see [`launch`].
    ///
    /// # Errors
    /// As for [`run`].
    pub async fn launch<T: Launch>(self) -> Result<T, RunError> {
        self.launch_in(&mut Process::borrowed()).await
    }

    pub(crate) async fn launch_in<T: Launch>(self, process: &mut Process) -> Result<T, RunError> {
        lifecycle::run(self.client, process, T::prepare(), T::create).await
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}

/// Settings of an [`Extension`] that are not its handler's.
#[derive(Debug, Clone, Default)]
pub struct ExtensionBuilder {
    name: Option<String>,
    runtime_api: Option<String>,
}

impl ExtensionBuilder {
    /// The name to register under; by default the executable's file name, by which the platform
    /// knows it.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The address of the Extensions API, `host:port` or a URL; by default what
    /// `AWS_LAMBDA_RUNTIME_API` says.
    #[must_use]
    pub fn runtime_api(mut self, address: impl Into<String>) -> Self {
        self.runtime_api = Some(address.into());
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// There is no address, it is not one, or the name cannot be sent.
    pub fn build(self) -> Result<Extension, ClientError> {
        Ok(Extension {
            client: Client::with(self.name.as_deref(), self.runtime_api.as_deref())?,
        })
    }
}
