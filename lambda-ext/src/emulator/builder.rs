//! What an environment is made with.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Mutex;

use super::lifecycle::Drive;
use super::member::Member;
use super::platform::Platform;
use super::record::Step;
use super::recorder::{Observer, Recorder};
use super::runtime::{Kind, Runtime};
use super::settings::{
    Initialization, LogFormat, MEMORY_MB, Settings, TelemetrySchema, TelemetrySupport,
};
use super::shared::Shared;
use super::wire::{Fate, Wires};
use super::{Emulator, server};
use crate::Register;

/// External and internal extensions together.
pub(super) const MOST_EXTENSIONS: usize = 10;

/// Of the function's variables, those that extensions do not get, beside all that begin with `_`.
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
    settings: Settings,
    executables: Vec<PathBuf>,
    runtime: Kind,
    environment: Vec<(OsString, OsString)>,
    observer: Option<Observer>,
}

impl EmulatorBuilder {
    /// What extensions are told of the function when they register.
    #[must_use]
    pub fn function(mut self, function: Register) -> Self {
        self.settings.function = function;
        self
    }

    /// An executable, in any language, that is an external extension; its name is its file's, as
    /// if it were in `/opt/extensions`. Each [`init`](Emulator::init) launches it.
    ///
    /// For a binary of your own package that is `env!("CARGO_BIN_EXE_my-extension")` in a test of
    /// the folder `tests`, so that cargo builds it first and tells where it is. A process has a
    /// clock of its own: with tokio's clock paused, init is over before it has started.
    #[must_use]
    pub fn executable(mut self, path: impl Into<PathBuf>) -> Self {
        self.executables.push(path.into());
        self
    }

    /// An executable that is the function's runtime, in place of the built-in function: a program
    /// on `lambda_runtime`, or anything else that talks to the Runtime API. It is started once all
    /// external extensions have registered.
    #[must_use]
    pub fn runtime(mut self, path: impl Into<PathBuf>) -> Self {
        self.runtime = Kind::Process(path.into());
        self
    }

    /// The function's runtime is somebody that the emulator does not start, and that talks to the
    /// Runtime API: another task of the test, or a program in a debugger.
    #[must_use]
    pub fn attached_runtime(mut self) -> Self {
        self.runtime = Kind::Attached;
        self
    }

    /// A variable of the function's environment, which executables get, extensions and runtime;
    /// extensions not if its name begins with `_`, nor those that Lambda keeps from them. An
    /// extension that runs in this process has this process's environment.
    #[must_use]
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((key.into(), value.into()));
        self
    }

    /// How the environment came to be; by default on demand.
    #[must_use]
    pub fn initialization(mut self, initialization: Initialization) -> Self {
        self.settings.initialization = initialization;
        self
    }

    /// Whether there is a Telemetry API; by default there is.
    #[must_use]
    pub fn telemetry(mut self, telemetry: TelemetrySupport) -> Self {
        self.settings.telemetry = telemetry;
        self
    }

    /// The newest schema that a subscription may ask for, as in an environment that is older than
    /// that; by default the newest there is. Managed Instances take that one and no other.
    #[must_use]
    pub fn newest_schema(mut self, schema: TelemetrySchema) -> Self {
        self.settings.newest_schema = schema;
        self
    }

    /// The function's log format; by default text.
    #[must_use]
    pub fn log_format(mut self, format: LogFormat) -> Self {
        self.settings.log_format = format;
        self
    }

    /// Whether a batch of telemetry that was not taken is sent again, as on Lambda; if not, it is
    /// dropped, as by AWS's own emulator.
    #[must_use]
    pub fn redeliver(mut self, redeliver: bool) -> Self {
        self.settings.redeliver = redeliver;
        self
    }

    /// How many bytes of telemetry wait for one subscriber; what is more is dropped, and told by
    /// `platform.logsDropped`. By default 8 MiB; Lambda does not tell its own bound.
    #[must_use]
    pub fn telemetry_queue(mut self, bytes: usize) -> Self {
        self.settings.telemetry_queue = bytes;
        self
    }

    /// The time that init may take; by default 10 s, as on demand.
    #[must_use]
    pub fn init_timeout(mut self, timeout: Duration) -> Self {
        self.settings.init_timeout = timeout;
        self
    }

    /// How many steps the [`record`](Emulator::record) keeps, so that a long run takes no more and
    /// more memory; by default 100,000. Then the earlier half of them is forgotten.
    #[must_use]
    pub fn keep(mut self, steps: usize) -> Self {
        self.settings.keep = steps;
        self
    }

    /// Is called with each step, as it happens; the emulator stands still meanwhile, so it cannot
    /// be asked anything.
    #[must_use]
    pub fn observe(mut self, observer: impl FnMut(&Step) + Send + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Opens the platform's APIs on 127.0.0.1, at a port that is free. Nothing is launched yet.
    ///
    /// # Errors
    /// There is no port; or the executables are more than ten, have no file name, or the same.
    pub async fn start(self) -> io::Result<Emulator> {
        let members = members(self.executables)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let runtime_api = listener.local_addr()?.to_string();
        let runtime_environment = environment(&self.settings, &runtime_api, self.environment);
        let environment = for_extensions(&runtime_environment);
        let settings = Arc::new(self.settings);
        let recorder = Recorder::new(settings.keep, self.observer);
        let runtime = Runtime::new(self.runtime);
        let mut platform = Platform::new(settings, recorder, runtime);
        platform.members = members;
        let shared = Shared::new(platform);
        let service = server::router(&shared).into_make_service_with_connect_info::<Fate>();
        let server = tokio::spawn(async move {
            // It serves until it is aborted.
            let _ = axum::serve(Wires(listener), service).await;
        });
        Ok(Emulator {
            runtime_api,
            environment,
            runtime_environment,
            shared,
            server: server.abort_handle(),
            drive: Mutex::new(Drive::default()),
        })
    }
}

fn members(executables: Vec<PathBuf>) -> io::Result<BTreeMap<String, Member>> {
    let invalid = |text: String| io::Error::new(io::ErrorKind::InvalidInput, text);
    if executables.len() > MOST_EXTENSIONS {
        let text = format!("more than {MOST_EXTENSIONS} extensions");
        return Err(invalid(text));
    }
    let mut members = BTreeMap::new();
    for path in executables {
        let path = std::path::absolute(path)?;
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| invalid(format!("{} has no file name", path.display())))?;
        let name = name.to_owned();
        let double = format!("two executables have the name `{name}`");
        if members.insert(name, Member::executable(path)).is_some() {
            return Err(invalid(double));
        }
    }
    Ok(members)
}

/// The function's environment, as its runtime gets it.
fn environment(
    settings: &Settings,
    runtime_api: &str,
    of_function: Vec<(OsString, OsString)>,
) -> Vec<(OsString, OsString)> {
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
        // Those of nobody: what calls AWS is to be refused there, not to fail here.
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
    .chain(of_function)
    .collect()
}

/// What extensions get of it.
fn for_extensions(environment: &[(OsString, OsString)]) -> Vec<(OsString, OsString)> {
    let theirs = |(key, _): &&(OsString, OsString)| {
        let key = key.to_string_lossy();
        !key.starts_with('_') && !NOT_FOR_EXTENSIONS.contains(&&*key)
    };
    environment.iter().filter(theirs).cloned().collect()
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EmulatorBuilder")
            .field("settings", &self.settings)
            .field("executables", &self.executables)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
