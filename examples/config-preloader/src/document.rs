//! Where the document is.

use std::thread::sleep;
use std::time::Duration;

use ureq::Agent;
use ureq::http::{HeaderValue, StatusCode, Uri, header::AUTHORIZATION};

/// The most that an attempt takes. All of them and their pauses are 6.5 s of the 10 s that Lambda gives to init.
const ATTEMPT: Duration = Duration::from_secs(2);

/// The pauses between attempts.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

#[derive(Debug)]
pub struct Document {
    url: Uri,
    /// Without what may be a secret in its URL.
    host: String,
    authorization: Option<HeaderValue>,
}

enum Failure {
    Temporary(String),
    Final(String),
}

impl Document {
    /// # Errors
    /// What is wrong. Values are not quoted: they may be secrets.
    pub fn new(url: &str, token: Option<&str>) -> Result<Self, String> {
        let url = url.parse::<Uri>();
        let url = url.map_err(|error| format!("CONFIG_URL is no URL: {error}"))?;
        if !matches!(url.scheme_str(), Some("http" | "https")) {
            return Err("CONFIG_URL does not begin with `https://` or `http://`".to_owned());
        }
        let authorization = token.map(|token| HeaderValue::try_from(format!("Bearer {token}")));
        let authorization = authorization.transpose();
        let mut authorization = authorization.map_err(|_| "CONFIG_TOKEN cannot be sent")?;
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        Ok(Self {
            host: url.host().unwrap_or_default().to_owned(),
            url,
            authorization,
        })
    }

    /// Blocks, until it is there or nothing is left to be tried.
    pub fn fetch(&self) -> Result<Vec<u8>, String> {
        let mut pauses = PAUSES.iter();
        loop {
            match (self.try_to_fetch(), pauses.next()) {
                (Ok(bytes), _) => return Ok(bytes),
                (Err(Failure::Temporary(_)), Some(pause)) => sleep(*pause),
                (Err(Failure::Temporary(why) | Failure::Final(why)), _) => {
                    return Err(format!("the configuration of {}: {why}", self.host));
                }
            }
        }
    }

    fn try_to_fetch(&self) -> Result<Vec<u8>, Failure> {
        let config = Agent::config_builder()
            .timeout_global(Some(ATTEMPT))
            .http_status_as_error(false);
        let mut request = Agent::from(config.build()).get(&self.url);
        if let Some(value) = &self.authorization {
            request = request.header(AUTHORIZATION, value);
        }
        let temporary = |error: ureq::Error| Failure::Temporary(error.to_string());
        let mut answer = request.call().map_err(temporary)?;
        let status = answer.status();
        match status {
            _ if status.is_success() => answer.body_mut().read_to_vec().map_err(temporary),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Err(Failure::Temporary(status.to_string()))
            }
            _ if status.is_server_error() => Err(Failure::Temporary(status.to_string())),
            _ => Err(Failure::Final(status.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

    #[test]
    fn what_is_wrong_is_said_without_its_value() {
        for (url, token, said) in [
            ("hush", None, "does not begin"),
            ("ftp://hush/", None, "does not begin"),
            ("http://hush /", None, "no URL"),
            ("https://config/", Some("hu\nsh"), "CONFIG_TOKEN"),
        ] {
            let error = Document::new(url, token).unwrap_err();
            assert!(error.contains(said) && !error.contains("hush"), "{error}");
        }
        let document = Document::new("https://config/", Some("hush")).unwrap();
        assert!(!format!("{document:?}").contains("hush"), "{document:?}");
    }
}
