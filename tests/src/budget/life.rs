//! One life of a subject, beside a platform that plays its part.

use std::path::Path;
use std::time::Duration;

use crate::delivery::{Connection, Delivery, busy};
use crate::fake::{self, Fake};
use crate::program::Program;

/// What happens in it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Life {
    pub(super) invocations: usize,
    /// Deliveries of telemetry, one after the other by one connection.
    pub(super) batches: usize,
    /// How many records each has.
    pub(super) records: usize,
}

impl Life {
    /// Lives it.
    ///
    /// # Panics
    /// The subject fails.
    pub(super) async fn of(self, program: &Path) {
        let mut fake = Fake::start().await;
        let environment = [("AWS_LAMBDA_RUNTIME_API", fake.runtime_api())];
        let path = std::env::var("PATH").unwrap_or_default();
        let environment = environment.into_iter().chain([("PATH", &*path)]);
        let program = Program::start(program.to_str().expect("a path in UTF-8"), environment);
        fake.expect(fake::REGISTER).await.registered();
        let mut next = fake.request().await;
        let delivery = (next.path == fake::TELEMETRY).then(|| Delivery::of(&next));
        if let Some(delivery) = &delivery {
            next.subscribed();
            next = fake.expect(fake::NEXT).await;
            let mut connection = Connection::to(delivery.port()).await;
            for number in 0..self.batches {
                connection.post(&busy(number, self.records)).await;
            }
        }
        for number in 0..self.invocations {
            next.invoke_for(&format!("{number:08}-4c51-9d6e-1f2e3d4c5b6a"), MINUTE);
            next = fake.expect(fake::NEXT).await;
        }
        next.shutdown_in(MINUTE);
        let ended = program.ended().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        if delivery.is_some() {
            let all = format!("COUNT {} ", self.batches * self.records);
            assert!(ended.stdout.starts_with(&all), "{ended:?}");
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);
