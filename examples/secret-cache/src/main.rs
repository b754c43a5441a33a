//! Answers a function's questions for secrets from memory, as AWS's own extension does.

mod aws;
mod cache;
mod server;

use std::time::Duration;
use std::{env, fmt};

use lambda_ext::{Error, lambda_extension};
use tokio::net::TcpListener;

use self::aws::SecretsManager;
use self::cache::Cache;
use self::server::Secrets;

/// What a function has of its own: the second is that of functions with SnapStart.
const TOKENS: [&str; 2] = ["AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"];

struct SecretCache;

// Not `fail_open`: what needs its secrets is not to start without.
#[lambda_extension]
impl SecretCache {
    /// Before the function starts, so that its first line can ask.
    async fn prepare() -> Result<Self, Error> {
        let port = number("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", 2773)?;
        let ttl = Duration::from_secs(number("SECRETS_MANAGER_TTL", 300)?);
        let attempt = number("SECRETS_MANAGER_TIMEOUT_MILLIS", 2000)?;
        let attempt = (attempt > 0).then(|| Duration::from_millis(attempt));
        let token = TOKENS.into_iter().find_map(variable);
        if token.is_none() {
            eprintln!("secret-cache: AWS_SESSION_TOKEN is not set: every question is refused");
        }
        // Nobody else can connect to that.
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        let listener = listener.map_err(|error| format!("port {port}: {error}"))?;
        let secrets = Secrets {
            token: token.unwrap_or_default(),
            cache: Cache::new(SecretsManager::new(attempt), ttl),
        };
        lambda_ext::spawn(server::serve(listener, secrets));
        Ok(Self)
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn number<N: std::str::FromStr<Err: fmt::Display>>(name: &str, default: N) -> Result<N, String> {
    variable(name).map_or(Ok(default), |value| {
        let number = value.parse();
        number.map_err(|error| format!("{name} is {value:?}: {error}"))
    })
}
