//! An extension that does nothing, with a blocking client, TLS by ring, and bundled root certificates.

include!("with_client.rs");

use tokio::task::spawn_blocking;

struct Client(ureq::Agent);

impl Client {
    #[allow(clippy::unnecessary_wraps)] // The other clients fail.
    fn new() -> Result<Self, Error> {
        Ok(Self(ureq::Agent::new_with_defaults()))
    }

    async fn get(&self, url: String) -> Result<u16, Error> {
        let request = self.0.get(url);
        Ok(spawn_blocking(|| request.call()).await??.status().as_u16())
    }
}
