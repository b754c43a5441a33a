//! What an environment is made with.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::platform::{Observer, Platform};
use super::record::Step;
use super::shared::Shared;
use super::{Emulator, server};
use crate::Register;

/// Settings of an [`Emulator`].
#[derive(Default)]
pub struct EmulatorBuilder {
    function: Option<Register>,
    environment: Vec<(OsString, OsString)>,
    observer: Option<Observer>,
}

impl EmulatorBuilder {
    /// What extensions are told of the function when they register.
    #[must_use]
    pub fn function(mut self, function: Register) -> Self {
        self.function = Some(function);
        self
    }

    /// A variable of the function's environment, which launched extensions get too.
    #[must_use]
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((key.into(), value.into()));
        self
    }

    /// Is called with each step, as it happens; the emulator stands still meanwhile, so it cannot
    /// be asked anything.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(&Step) + Send + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Opens the Extensions API on 127.0.0.1, at a port that is free.
    ///
    /// # Errors
    /// There is no port.
    pub async fn start(self) -> io::Result<Emulator> {
        let function = self.function.unwrap_or_else(|| Register {
            function_name: "my-function".to_owned(),
            function_version: "$LATEST".to_owned(),
            handler: "index.handler".to_owned(),
            account_id: Some("123456789012".to_owned()),
            extension_id: String::new(),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let runtime_api = listener.local_addr()?.to_string();
        let environment = [
            ("AWS_LAMBDA_RUNTIME_API", runtime_api.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", &function.function_name),
            ("AWS_LAMBDA_FUNCTION_VERSION", &function.function_version),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("LANG", "en_US.UTF-8"),
            ("TZ", ":UTC"),
        ]
        .into_iter()
        .map(|(key, value)| (key.into(), value.into()))
        .chain(self.environment)
        .collect();
        let shared = Shared {
            platform: Arc::new(Mutex::new(Platform::new(function, self.observer))),
            changed: watch::Sender::new(()),
        };
        let router = server::router(&shared);
        let server = tokio::spawn(async move {
            // It serves until it is aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Emulator {
            runtime_api,
            environment,
            shared,
            server: server.abort_handle(),
            processes: Mutex::default(),
        })
    }
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EmulatorBuilder")
            .field("function", &self.function)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
