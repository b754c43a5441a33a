//! An extension that does nothing, with hyper's pooled client, TLS by ring, and bundled root certificates.

include!("with_client.rs");

use http_body_util::Empty;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client as Pool, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

struct Client(Pool<HttpsConnector<HttpConnector>, Empty<&'static [u8]>>);

impl Client {
    fn new() -> Result<Self, Error> {
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self(Pool::builder(TokioExecutor::new()).build(connector)))
    }

    async fn get(&self, url: String) -> Result<u16, Error> {
        Ok(self.0.get(url.parse()?).await?.status().as_u16())
    }
}
