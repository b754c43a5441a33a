//! The address of the Extensions API: the value of `AWS_LAMBDA_RUNTIME_API`.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

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
        // `Uri` drops a fragment.
        let has_more = url.query().is_some() || address.contains('#');
        if url.scheme_str() != Some("http") || has_more {
            return None;
        }
        Some(Self {
            host: parse_host(authority.host())?,
            port,
            host_header: HeaderValue::from_str(authority.as_str()).ok()?,
            prefix: url.path().trim_end_matches('/').to_owned(),
        })
    }
}

/// Parses a name or an address, which is IPv6 if it is in brackets.
fn parse_host(text: &str) -> Option<String> {
    if let Some(address) = text.strip_prefix('[') {
        let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
        return Some(address.to_string());
    }
    // A resolver takes a number such as `9001` or `0x2329` for an address, and the calls would leave the
    // machine.
    let last = text.trim_end_matches('.').rsplit('.').next()?;
    let hexadecimal = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    let is_number = match hexadecimal {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => last.bytes().all(|byte| byte.is_ascii_digit()),
    };
    let is_host = if is_number {
        text.parse::<Ipv4Addr>().is_ok()
    } else {
        !text.contains(['[', ']'])
    };
    is_host.then(|| text.to_owned())
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
