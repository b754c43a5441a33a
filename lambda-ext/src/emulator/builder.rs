//! The settings of an environment, and its start.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpListener;

use super::environment::Emulator;
use super::extensions::{ExternalExtensions, MAX_EXTENSIONS};
use super::lifecycle::{Driver, Variables};
use super::platform::Platform;
use super::record::Step;
use super::recorder::{Observer, Recorder};
use super::runtime::{Runtime, RuntimeKind};
use super::server;
use super::settings::{
    EnvironmentSettings, Initialization, LogFormat, MEMORY_MB, TelemetrySchema, TelemetrySupport,
};
use super::shared::Shared;
use crate::register::Register;

/// The function's variables that extensions do not get. They get none that begins with `_`, either.
///
/// See [Extensions API: environment variables](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
const NOT_FOR_EXTENSIONS: [&str; 7] = [
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// Settings of an [`Emulator`].
#[derive(Default)]
pub struct EmulatorBuilder {
    settings: EnvironmentSettings,
    executables: Vec<PathBuf>,
    runtime: RuntimeKind,
    variables: Variables,
    observer: Option<Observer>,
}

impl EmulatorBuilder {
    /// Sets the function that the answer to a registration describes.
    #[must_use]
    pub fn function(mut self, function: Register) -> Self {
        self.settings.function = function;
        self
    }

    /// Adds an executable, in any language, that is an external extension. Its name is that of its
    /// file, as in `/opt/extensions`. Each [`init`](Emulator::init) launches it.
    ///
    /// For a binary of your own package, use `env!("CARGO_BIN_EXE_my-extension")` in a test of the
    /// folder `tests`: cargo builds it first. A process has a clock of its own, so do not pause
    /// tokio's clock: init would be over before the process has started.
    #[must_use]
    pub fn executable(mut self, path: impl Into<PathBuf>) -> Self {
        self.executables.push(path.into());
        self
    }

    /// Replaces the built-in function with an executable: a program on `lambda_runtime`, or any other
    /// client of the Runtime API. It starts when all external extensions have registered.
    #[must_use]
    pub fn runtime(mut self, path: impl Into<PathBuf>) -> Self {
        self.runtime = RuntimeKind::Process(path.into());
        self
    }

    /// Replaces the built-in function with a client of the Runtime API that the emulator does not
    /// start: another task of the test, or a program in a debugger.
    #[must_use]
    pub fn attached_runtime(mut self) -> Self {
        self.runtime = RuntimeKind::Attached;
        self
    }

    /// Sets a variable of the function's environment. The executables get it, the runtime as well as
    /// extensions.
    ///
    /// Extensions do not get variables whose names begin with `_`, nor those that Lambda withholds
    /// from them. An extension of this process has the variables of this process.
    #[must_use]
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((key.into(), value.into()));
        self
    }

    /// Sets the initialization type. The default is on demand.
    #[must_use]
    pub fn initialization(mut self, initialization: Initialization) -> Self {
        self.settings.initialization = initialization;
        self
    }

    /// Sets whether the environment has a Telemetry API. By default it has one.
    #[must_use]
    pub fn telemetry(mut self, telemetry: TelemetrySupport) -> Self {
        self.settings.telemetry = telemetry;
        self
    }

    /// Sets the newest schema that a subscription may ask for, to emulate an older environment. The default
    /// is the newest of all, which is the only one on Managed Instances.
    #[must_use]
    pub fn newest_schema(mut self, schema: TelemetrySchema) -> Self {
        self.settings.newest_schema = schema;
        self
    }

    /// Sets the function's log format. The default is text.
    #[must_use]
    pub fn log_format(mut self, format: LogFormat) -> Self {
        self.settings.log_format = format;
        self
    }

    /// Sets whether a failed delivery of telemetry is retried. By default it is, as on Lambda. AWS's own
    /// emulator drops it.
    #[must_use]
    pub fn redeliver(mut self, redeliver: bool) -> Self {
        self.settings.redeliver = redeliver;
        self
    }

    /// Sets the size of each subscriber's queue, in bytes. Further telemetry is dropped, and reported by
    /// `platform.logsDropped`. The default is 8 MiB; Lambda does not document its limit.
    #[must_use]
    pub fn telemetry_queue(mut self, bytes: usize) -> Self {
        self.settings.telemetry_queue = bytes;
        self
    }

    /// Sets the time limit of init. The default is 10 s, as on demand.
    #[must_use]
    pub fn init_timeout(mut self, timeout: Duration) -> Self {
        self.settings.init_timeout = timeout;
        self
    }

    /// Limits the steps that the [`record`](Emulator::record) keeps, and so the memory of a long run.
    /// At the limit, the older half is discarded. The default is 100,000.
    #[must_use]
    pub fn max_recorded_steps(mut self, steps: usize) -> Self {
        self.settings.max_recorded_steps = steps;
        self
    }

    /// Calls the observer with each step, as it happens. The emulator is locked during the call, so
    /// the observer must not use it.
    #[must_use]
    pub fn on_step(mut self, observer: impl FnMut(&Step) + Send + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Opens the platform's APIs on a free port of 127.0.0.1. Launches nothing yet.
    ///
    /// # Errors
    /// No port is free; or there are more than ten executables, or two of one name, or one without
    /// a file name.
    pub async fn start(self) -> io::Result<Emulator> {
        let external = ExternalExtensions::new(by_name(self.executables)?);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let runtime_api = listener.local_addr()?.to_string();
        let runtime_variables = runtime_variables(&self.settings, &runtime_api, self.variables);
        let extension_variables = extension_variables(&runtime_variables);
        let recorder = Recorder::new(self.settings.max_recorded_steps, self.observer);
        let runtime = Runtime::new(self.runtime);
        let platform = Platform::new(self.settings, recorder, external, runtime);
        let shared = Shared::new(platform);
        let server = tokio::spawn(server::serve(listener, shared.clone()));
        let driver = Driver::new(shared.clone(), extension_variables, runtime_variables);
        let server = server.abort_handle();
        Ok(Emulator::new(runtime_api, shared, driver, server))
    }
}

impl Emulator {
    /// Starts an emulator with default settings.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Begins an environment with a built-in function and without extensions.
    #[must_use]
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }
}

/// The executables by the names of their files.
fn by_name(executables: Vec<PathBuf>) -> io::Result<BTreeMap<String, PathBuf>> {
    let invalid = |text: String| io::Error::new(io::ErrorKind::InvalidInput, text);
    if executables.len() > MAX_EXTENSIONS {
        let text = format!("more than {MAX_EXTENSIONS} extensions");
        return Err(invalid(text));
    }
    let mut by_name = BTreeMap::new();
    for path in executables {
        let path = std::path::absolute(path)?;
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| invalid(format!("{} has no file name", path.display())))?;
        let name = name.to_owned();
        let duplicate = format!("two executables have the name `{name}`");
        if by_name.insert(name, path).is_some() {
            return Err(invalid(duplicate));
        }
    }
    Ok(by_name)
}

/// The variables of the runtime: those of every function, then its own.
fn runtime_variables(
    settings: &EnvironmentSettings,
    runtime_api: &str,
    own: Variables,
) -> Variables {
    let function = &settings.function;
    let log_group = format!("/aws/lambda/{}", function.function_name);
    let memory = MEMORY_MB.to_string();
    [
        ("AWS_LAMBDA_RUNTIME_API", runtime_api),
        ("AWS_LAMBDA_FUNCTION_NAME", &function.function_name),
        ("AWS_LAMBDA_FUNCTION_VERSION", &function.function_version),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        (
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            settings.initialization.as_str(),
        ),
        ("AWS_LAMBDA_LOG_FORMAT", settings.log_format.as_str()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &log_group),
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        // Credentials of no account, so that AWS refuses a call rather than an SDK.
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
        ("_HANDLER", &function.handler),
    ]
    .into_iter()
    .map(|(key, value)| (key.into(), value.into()))
    .chain(std::env::var_os("PATH").map(|path| ("PATH".into(), path)))
    .chain(own)
    .collect()
}

/// The variables of the runtime that extensions get.
fn extension_variables(runtime_variables: &Variables) -> Variables {
    let visible = |(key, _): &&(OsString, OsString)| {
        let key = key.to_string_lossy();
        !key.starts_with('_') && !NOT_FOR_EXTENSIONS.contains(&&*key)
    };
    let variables = runtime_variables.iter();
    variables.filter(visible).cloned().collect()
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EmulatorBuilder")
            .field("settings", &self.settings)
            .field("executables", &self.executables)
            .field("variables", &self.variables)
            .finish_non_exhaustive()
    }
}
