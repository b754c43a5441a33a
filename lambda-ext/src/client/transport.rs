//! The way to the platform: its address, and the connection that is idle between calls.

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
    idle: Arc<Mutex<Option<Connection>>>,
}

impl Transport {
    pub(super) fn new(runtime_api: &str) -> Result<Self, ClientError> {
        let address = Address::parse(runtime_api)
            .ok_or_else(|| ClientError::InvalidRuntimeApi(runtime_api.to_owned()))?;
        Ok(Self {
            address: Arc::new(address),
            idle: Arc::default(),
        })
    }

    /// The same platform by a new connection: one belongs to the runtime that opened it.
    pub(super) fn reconnected(&self) -> Self {
        Self {
            address: Arc::clone(&self.address),
            idle: Arc::default(),
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Sends a request and reads the response. The platform may close an idle connection while the
    /// request is on its way: if it does, the request is sent once more, by a new connection.
    pub(super) async fn send(
        &self,
        request: &Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, ExchangeError> {
        let mut idle = self.take_idle().await;
        loop {
            let is_kept = idle.is_some();
            let mut connection = match idle.take() {
                Some(connection) => connection,
                None => Connection::open(&self.address.host, self.address.port).await?,
            };
            match connection.exchange(request.clone()).await {
                Ok(response) => {
                    *self.idle() = Some(connection);
                    return Ok(response);
                }
                Err(ExchangeError::Lost(_)) if is_kept => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The idle connection, unless the platform has closed it.
    async fn take_idle(&self) -> Option<Connection> {
        let connection = self.idle().take()?;
        connection.if_open().await
    }

    fn idle(&self) -> MutexGuard<'_, Option<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
