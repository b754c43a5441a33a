//! What the extension is told by its environment.

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

/// What an operator configures.
#[derive(Debug)]
pub struct Config {
    /// Where rows are posted to.
    pub endpoint: Uri,
    /// What is sent with them.
    pub headers: HeaderMap,
    /// The most that the end of an invocation is delayed.
    pub budget: Duration,
    /// Whether this is a Managed Instance, where invocations overlap and have no ends.
    pub managed: bool,
}

impl Config {
    /// Reads the variables.
    ///
    /// # Errors
    /// What is missing or wrong. Values are not quoted: they may be secrets.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let endpoint = set("LOG_ENDPOINT").ok_or("LOG_ENDPOINT is not set")?;
        let mut headers = HeaderMap::new();
        let type_of_rows = HeaderValue::from_static("application/x-ndjson");
        headers.insert(CONTENT_TYPE, type_of_rows);
        if let Some(token) = set("LOG_TOKEN") {
            let value = secret(&format!("Bearer {token}"));
            headers.insert(AUTHORIZATION, value.ok_or("LOG_TOKEN cannot be sent")?);
        }
        for pair in set("LOG_HEADERS").iter().flat_map(|pairs| pairs.split(',')) {
            let (name, value) = header(pair)
                .ok_or("LOG_HEADERS is not like `name=value,name=value`, or cannot be sent")?;
            headers.insert(name, value);
        }
        let budget = set("LOG_FLUSH_MS").map_or(Ok(500), |millis| millis.parse());
        let kind = variable("AWS_LAMBDA_INITIALIZATION_TYPE");
        Ok(Self {
            endpoint: uri(&endpoint)?,
            headers,
            budget: budget
                .map(Duration::from_millis)
                .map_err(|_| "LOG_FLUSH_MS is no number of milliseconds")?,
            managed: kind.as_deref() == Some("lambda-managed-instances"),
        })
    }
}

fn uri(text: &str) -> Result<Uri, String> {
    let uri = text
        .parse::<Uri>()
        .map_err(|error| format!("LOG_ENDPOINT is no URL ({error}): spaces are `%20` in one"))?;
    let authority = uri.authority().map(ToString::to_string);
    match (uri.scheme_str(), authority) {
        (Some("http" | "https"), Some(host)) if !host.contains('@') => Ok(uri),
        (Some("http" | "https"), Some(_)) => Err(
            "LOG_ENDPOINT has a user in it: what proves who we are is set by LOG_TOKEN or LOG_HEADERS"
                .to_owned(),
        ),
        _ => Err("LOG_ENDPOINT does not begin with `https://` or `http://`".to_owned()),
    }
}

fn header(pair: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = pair.split_once('=')?;
    Some((name.trim().parse().ok()?, secret(value.trim())?))
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Config, String> {
        let value = |name: &str| set.iter().find(|(key, _)| *key == name);
        Config::read(|name| value(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn an_endpoint_is_all_that_it_takes() {
        let config = read(&[("LOG_ENDPOINT", "https://logs.example/in?a=b")]).unwrap();
        assert_eq!(config.endpoint, "https://logs.example/in?a=b");
        assert_eq!(config.budget, Duration::from_millis(500));
        assert_eq!(config.headers.len(), 1);
        assert!(!config.managed);
    }

    #[test]
    fn headers_are_sent_and_not_shown() {
        let config = read(&[
            ("LOG_ENDPOINT", "http://logs"),
            ("LOG_TOKEN", "hush"),
            ("LOG_HEADERS", "X-User=me, X-Key=hush=="),
        ]);
        let config = config.unwrap();
        assert_eq!(config.headers["authorization"], "Bearer hush");
        assert_eq!(config.headers["x-user"], "me");
        assert_eq!(config.headers["x-key"], "hush==");
        assert!(!format!("{config:?}").contains("hush"), "{config:?}");
    }

    #[test]
    fn what_is_wrong_is_said_without_its_value() {
        let endpoint = ("LOG_ENDPOINT", "https://logs");
        for (set, said) in [
            (vec![], "LOG_ENDPOINT is not set"),
            (vec![("LOG_ENDPOINT", "")], "LOG_ENDPOINT is not set"),
            (vec![("LOG_ENDPOINT", "logs.example")], "does not begin"),
            (vec![("LOG_ENDPOINT", "ftp://hush")], "does not begin"),
            (vec![("LOG_ENDPOINT", "http://hush/a b")], "no URL"),
            (vec![("LOG_ENDPOINT", "http://me:hush@logs")], "a user"),
            (vec![endpoint, ("LOG_TOKEN", "hu\nsh")], "LOG_TOKEN"),
            (vec![endpoint, ("LOG_HEADERS", "hush")], "LOG_HEADERS"),
            (vec![endpoint, ("LOG_FLUSH_MS", "hush")], "LOG_FLUSH_MS"),
        ] {
            let error = read(&set).unwrap_err();
            assert!(error.contains(said) && !error.contains("hush"), "{error}");
        }
    }
}
