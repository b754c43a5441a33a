//! How an extension is run: `run`, `launch`, and the builder for what is not the handler's.

use std::net::SocketAddr;

use crate::client::Client;
use crate::disabled;
use crate::error::{ClientError, RunError};
use crate::handler::{Handler, Launch};
use crate::lifecycle::{self, Context, RunOutcome};
use crate::process::Process;
use crate::settings::Settings;
use crate::telemetry::{Buffering, Protocol, TelemetryType};

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
/// Whatever ends the extension other than SHUTDOWN. It has then been reported to the platform,
/// except for what is wrong before the extension is registered: a setting, or a port that is taken.
/// The process is expected to exit with a code that is not 0.
///
/// With [`fail_open`](crate::Config::fail_open), after SHUTDOWN, also why there is no handler to give
/// back, if there is none; and [`RunError::Disabled`] where it is switched off. The process is then
/// expected to exit with code 0.
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
    pub(crate) client: Client,
    pub(crate) settings: Settings,
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
        self.run_to_end(handler).await?.into_result()
    }

    pub(crate) async fn run_to_end<H: Handler>(
        self,
        handler: H,
    ) -> Result<RunOutcome<H>, RunError> {
        let context = self.context(Process::Shared);
        let prepare = async { Ok(handler) };
        lifecycle::run(context, prepare, async |handler, _| Ok(handler)).await
    }

    /// Makes a handler and runs it; see [`launch`].
    ///
    /// # Errors
    /// As for [`run`].
    pub async fn launch<T: Launch>(self) -> Result<T, RunError> {
        self.launch_to_end().await?.into_result()
    }

    pub(crate) async fn launch_to_end<T: Launch>(self) -> Result<RunOutcome<T>, RunError> {
        self.launch_in(Process::Shared).await
    }

    pub(crate) async fn launch_in<T: Launch>(
        self,
        process: Process,
    ) -> Result<RunOutcome<T>, RunError> {
        // `prepare` is not called before the future is polled.
        let prepare = async { T::prepare().await };
        lifecycle::run(self.context(process), prepare, T::create).await
    }

    pub(crate) fn context(self, process: Process) -> Context {
        Context {
            client: self.client,
            settings: self.settings,
            process,
        }
    }
}

/// Settings of an [`Extension`] that are not its handler's.
#[derive(Debug, Clone, Default)]
pub struct ExtensionBuilder {
    name: Option<String>,
    runtime_api: Option<String>,
    managed: Option<bool>,
    settings: Settings,
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

    /// Whether the platform is Managed Instances; by default what
    /// `AWS_LAMBDA_INITIALIZATION_TYPE` says.
    #[cfg(feature = "emulator")]
    pub(crate) fn managed(mut self, managed: bool) -> Self {
        self.managed = Some(managed);
        self
    }

    /// Has the extension go on when the handler fails, as [`Config::fail_open`] does.
    ///
    /// [`Config::fail_open`]: crate::Config::fail_open
    #[must_use]
    pub fn fail_open(mut self) -> Self {
        self.settings.fail_open = true;
        self
    }

    /// The telemetry to subscribe to, in place of what the handler says, which must take some.
    #[must_use]
    pub fn telemetry(mut self, types: impl Into<Vec<TelemetryType>>) -> Self {
        self.settings.telemetry.types = Some(types.into());
        self
    }

    /// How it is delivered, in place of what the handler says.
    #[must_use]
    pub fn buffering(mut self, buffering: Buffering) -> Self {
        self.settings.telemetry.buffering = Some(buffering);
        self
    }

    /// The address at which telemetry is listened for; by default `0.0.0.0` and a free port, so that
    /// extensions of one environment never collide. The platform comes by way of the environment's
    /// own address: with loopback alone it is not served.
    #[must_use]
    pub fn telemetry_address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.settings.telemetry.address = address.into();
        self
    }

    /// The host under which the platform finds this environment; by default
    /// `sandbox.localdomain`, which some local platforms cannot resolve.
    #[must_use]
    pub fn telemetry_host(mut self, host: impl Into<String>) -> Self {
        self.settings.telemetry.host = host.into();
        self
    }

    /// How telemetry comes; by default HTTP, where what fails is delivered again.
    #[must_use]
    pub fn telemetry_protocol(mut self, protocol: Protocol) -> Self {
        self.settings.telemetry.protocol = protocol;
        self
    }

    /// Checks the settings, and whether an operator has switched the extension off: the environment
    /// variable `LAMBDA_EXT_DISABLED` is `true`, or lists its name. It then registers for no event
    /// and stays idle, and nothing of the handler's is called.
    ///
    /// # Errors
    /// There is no address of the platform, it is not one, the name cannot be sent, or the
    /// telemetry is not such as can be subscribed to.
    pub fn build(self) -> Result<Extension, ClientError> {
        self.settings.telemetry.check()?;
        let mut client = Client::with(self.name.as_deref(), self.runtime_api.as_deref())?;
        if let Some(managed) = self.managed {
            client.set_managed(managed);
        }
        let mut settings = self.settings;
        settings.disabled = disabled::is_disabled(client.name());
        Ok(Extension { client, settings })
    }
}
