//! Where the platform is, and the connection to it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::header::HeaderValue;
use reqwest::{Request, Response, Url, redirect, retry};

use crate::ClientError;

/// The host that requests name to reqwest, where the platform's is an address. reqwest parses the URL
/// of every request twice, and an address is what takes it longest. The platform is not told.
const PLATFORM: &str = "lambda";

/// The connection to the platform. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Http {
    client: reqwest::Client,
    address: Arc<Address>,
    /// Whether a connection may be a kept one, which the platform may have closed meanwhile.
    kept: Arc<AtomicBool>,
}

impl Http {
    pub(super) fn new(runtime_api: &str) -> Result<Self, ClientError> {
        let address = Address::parse(runtime_api)?;
        Ok(Self {
            // Plain as it is, it fails where a reqwest of the author's own has TLS, and TLS no
            // certificates.
            client: address.connect().map_err(ClientError::NoHttpClient)?,
            address: Arc::new(address),
            kept: Arc::default(),
        })
    }

    /// The same platform by a new connection: one belongs to the runtime that made it.
    pub(super) fn reconnected(&self) -> Self {
        let client = self.address.connect();
        Self {
            client: client.unwrap_or_else(|_| self.client.clone()),
            address: Arc::clone(&self.address),
            kept: Arc::default(),
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Makes the request, and sends it when it is polled.
    pub(super) fn execute(
        &self,
        request: Request,
    ) -> impl Future<Output = reqwest::Result<Response>> + use<> {
        self.client.execute(request)
    }

    /// Notes that there is a connection now.
    pub(super) fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    /// Whether a connection that was lost may have been a kept one; that holds once.
    pub(super) fn may_be_kept(&self) -> bool {
        self.kept.swap(false, Ordering::Relaxed)
    }
}

#[derive(Debug)]
pub(super) struct Address {
    /// As it was told.
    told: Url,
    /// As requests begin.
    base: Url,
    /// As the platform is told.
    host: HeaderValue,
    /// Where to connect, unless that is to be looked up.
    socket: Option<SocketAddr>,
}

impl Address {
    /// Of `host:port`, or a URL that may have a path prefix.
    pub(super) fn parse(runtime_api: &str) -> Result<Self, ClientError> {
        let invalid = || ClientError::InvalidRuntimeApi(runtime_api.to_owned());
        let address = runtime_api.trim();
        let told = if address.contains("://") {
            Url::parse(address)
        } else {
            Url::parse(&format!("http://{address}"))
        }
        .map_err(|_| invalid())?;
        let extra = [told.query(), told.fragment(), told.password()];
        // `9001` alone would be read as an address, and leave the machine.
        let port_only = address.parse::<u32>().is_ok();
        if told.scheme() != "http" || extra != [None; 3] || told.username() != "" || port_only {
            return Err(invalid());
        }
        let host = told.host_str().ok_or_else(invalid)?;
        let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let socket = ip.ok().zip(told.port_or_known_default());
        let host = match told.port() {
            Some(port) => HeaderValue::from_str(&format!("{host}:{port}")),
            None => HeaderValue::from_str(host),
        };
        let host = host.map_err(|_| invalid())?;
        let mut base = told.clone();
        if socket.is_some() {
            base.set_host(Some(PLATFORM)).map_err(|_| invalid())?;
            base.set_port(None).map_err(|()| invalid())?;
        }
        Ok(Self {
            told,
            base,
            host,
            socket: socket.map(SocketAddr::from),
        })
    }

    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&[self.base.path().trim_end_matches('/'), path].concat());
        url
    }

    pub(super) fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// A client with a connection of its own.
    fn connect(&self) -> reqwest::Result<reqwest::Client> {
        let connector = reqwest::Client::builder()
            // The function's own proxy settings must never capture these calls.
            .no_proxy()
            .http1_only()
            .redirect(redirect::Policy::none())
            .referer(false)
            // Without the limit each request would be copied, so that it could be sent again.
            .retry(retry::never().max_retries_per_request(0))
            // Idle times mean nothing across a freeze.
            .pool_idle_timeout(None)
            .pool_max_idle_per_host(1)
            // Nor are probes needed where both ends are on one machine: what ends there is noticed.
            .tcp_keepalive(None)
            .tcp_keepalive_interval(None)
            .tcp_keepalive_retries(None)
            .tcp_user_timeout(None);
        match self.socket {
            Some(socket) => connector.resolve(PLATFORM, socket),
            None => connector,
        }
        .build()
    }
}

/// As it was told, as a URL.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told.fmt(formatter)
    }
}
