//! The address of the Extensions API: the value of `AWS_LAMBDA_RUNTIME_API`.

use std::fmt;

use hyper::Uri;
use hyper::header::HeaderValue;

/// The address of the Extensions API.
#[derive(Debug)]
pub(super) struct Address {
    /// A host name or an IP address; IPv6 is without its brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// The value of each request's `Host` header.
    pub(super) host_header: HeaderValue,
    /// The beginning of every path, without a slash at its end.
    pub(super) prefix: String,
}

impl Address {
    /// Parses `host:port`, or a URL that may have a path prefix. The port is 80 unless given.
    pub(super) fn parse(runtime_api: &str) -> Option<Self> {
        let address = runtime_api.trim();
        let url = if address.contains("://") {
            address.parse()
        } else {
            format!("http://{address}").parse()
        };
        let url: Uri = url.ok()?;
        let authority = url.authority()?;
        // A user before the host is refused here, too. `Uri` takes any text for a port.
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" => 80,
            port => parse_port(port.strip_prefix(':')?)?,
        };
        let host = match authority.host().strip_prefix('[') {
            Some(host) => host.strip_suffix(']')?,
            None => authority.host(),
        };
        // A resolver takes a number such as `9001` for an IPv4 address, and the calls would leave the
        // machine.
        let is_number = host.parse::<u32>().is_ok();
        // `Uri` drops a fragment.
        let has_more = url.query().is_some() || address.contains('#');
        if url.scheme_str() != Some("http") || host.is_empty() || is_number || has_more {
            return None;
        }
        Some(Self {
            host: host.to_owned(),
            port,
            host_header: HeaderValue::from_str(authority.as_str()).ok()?,
            prefix: url.path().trim_end_matches('/').to_owned(),
        })
    }
}

/// Parses digits only: `u16` takes a sign, too.
fn parse_port(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// The address as a URL.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It was parsed from text.
        let host = self.host_header.to_str().unwrap_or_default();
        write!(formatter, "http://{host}{}/", self.prefix)
    }
}
