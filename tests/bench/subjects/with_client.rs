// The extension of the subjects whose author has an HTTP client. Each of them defines `Client`.

use lambda_ext::{Error, InvokeEvent, ShutdownEvent, lambda_extension};

#[derive(Default)]
struct Noop {
    client: Option<Client>,
}

#[lambda_extension]
impl Noop {
    /// Sends a request to the URL in the variable `BACKEND`. Without it, no client is built.
    async fn invoke(&mut self, _: InvokeEvent) -> Result<(), Error> {
        if let Ok(backend) = std::env::var("BACKEND") {
            let client = match &self.client {
                Some(client) => client,
                None => self.client.insert(Client::new()?),
            };
            println!("{:?}", client.get(backend).await);
        }
        Ok(())
    }

    async fn shutdown(&mut self, _: ShutdownEvent) {}
}
