//! The way to the platform: its address, and the connection that is kept between calls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, Response};

use super::address::Address;
use super::connection::{Connection, ExchangeError};
use crate::error::ClientError;

/// The way to the platform. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    address: Arc<Address>,
    /// The connection of the last call. None while a call uses it: a call beside that one, such as a
    /// report beside a `next` that waits, opens another.
    kept: Arc<Mutex<Option<Connection>>>,
}

impl Transport {
    pub(super) fn new(runtime_api: &str) -> Result<Self, ClientError> {
        let address = Address::parse(runtime_api)
            .ok_or_else(|| ClientError::InvalidRuntimeApi(runtime_api.to_owned()))?;
        Ok(Self {
            address: Arc::new(address),
            kept: Arc::default(),
        })
    }

    /// The same platform by a new connection: one belongs to the runtime that opened it.
    pub(super) fn reconnected(&self) -> Self {
        Self {
            address: Arc::clone(&self.address),
            kept: Arc::default(),
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Sends a request and reads the response. The platform may close a kept connection while the
    /// request is on its way: if it does, the request is sent once more, by a new connection.
    pub(super) async fn send(
        &self,
        request: &Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, ExchangeError> {
        let mut kept = self.take_kept().await;
        loop {
            let is_kept = kept.is_some();
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => Connection::open(&self.address.host, self.address.port).await?,
            };
            match connection.exchange(request.clone()).await {
                Ok(response) => {
                    *self.kept() = Some(connection);
                    return Ok(response);
                }
                Err(ExchangeError::Lost(_)) if is_kept => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The kept connection, unless the platform has closed it.
    async fn take_kept(&self) -> Option<Connection> {
        let connection = self.kept().take()?;
        connection.if_open().await
    }

    fn kept(&self) -> MutexGuard<'_, Option<Connection>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
