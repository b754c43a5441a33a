//! What the function depends on.

use std::time::Duration;

use tokio::task::spawn_blocking;
use ureq::Agent;
use ureq::http::Uri;

pub struct Dependency {
    url: Uri,
    /// Without what may be a secret in its URL.
    host: String,
    agent: Agent,
}

impl Dependency {
    /// It is well if it says so within this time.
    pub fn new(url: &str, patience: Duration) -> Result<Self, String> {
        if url.is_empty() {
            return Err("BREAKER_URL is not set".to_owned());
        }
        let url = url.parse::<Uri>();
        let url = url.map_err(|error| format!("BREAKER_URL is no URL: {error}"))?;
        let host = url.host().ok_or("BREAKER_URL has no host")?.to_owned();
        let config = Agent::config_builder()
            .timeout_global(Some(patience))
            .http_status_as_error(false)
            // Whether it can be reached is part of the question.
            .max_idle_connections(0);
        let agent = config.build().into();
        Ok(Self { url, host, agent })
    }

    /// Whether it answers with a 2xx, or why it is not well.
    pub async fn check(&self) -> Result<(), String> {
        let request = self.agent.get(&self.url);
        let answer = spawn_blocking(|| request.call()).await;
        let status = answer
            .map_err(|error| error.to_string())
            .and_then(|answer| {
                let answer = answer.map_err(|error| format!("{}: {error}", self.host))?;
                Ok(answer.status())
            })?;
        if status.is_success() {
            return Ok(());
        }
        Err(format!("{} answers {status}", self.host))
    }
}
