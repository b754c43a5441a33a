//! Answers a function's questions for secrets and parameters from memory, as AWS's own extension does.

mod aws;
mod cache;
mod server;

use std::time::Duration;
use std::{env, fmt};

use lambda_ext::{Error, lambda_extension};
use tokio::net::TcpListener;

use self::aws::{Aws, PARAMETER_STORE, SECRETS_MANAGER, Service};
use self::cache::Cache;
use self::server::Caches;

struct SecretCache;

// Not `fail_open`: what needs its secrets is not to start without.
#[lambda_extension]
impl SecretCache {
    /// Before the function starts, so that its first line can ask.
    async fn prepare() -> Result<Self, Error> {
        let port = number("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", 2773)?;
        let token = env::var("AWS_SESSION_TOKEN").unwrap_or_default();
        if token.is_empty() {
            eprintln!("secret-cache: AWS_SESSION_TOKEN is not set: every question is refused");
        }
        let caches = Caches {
            token,
            secrets: cache(&SECRETS_MANAGER, "SECRETS_MANAGER")?,
            parameters: cache(&PARAMETER_STORE, "SSM_PARAMETER_STORE")?,
        };
        // Nobody else can connect to that.
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        let listener = listener.map_err(|error| format!("port {port}: {error}"))?;
        lambda_ext::spawn(server::serve(listener, caches));
        Ok(Self)
    }
}

fn cache(service: &'static Service, variables: &str) -> Result<Cache<Aws>, String> {
    let ttl = number(&format!("{variables}_TTL"), 300)?;
    let attempt = number(&format!("{variables}_TIMEOUT_MILLIS"), 2000)?;
    let aws = Aws::new(service, Duration::from_millis(attempt));
    Ok(Cache::new(aws, Duration::from_secs(ttl)))
}

fn number<N: std::str::FromStr<Err: fmt::Display>>(name: &str, default: N) -> Result<N, String> {
    let value = env::var(name).ok().filter(|value| !value.is_empty());
    value.map_or(Ok(default), |value| {
        let number = value.parse();
        number.map_err(|error| format!("{name} is {value:?}: {error}"))
    })
}
