//! What comes after a freeze, alone.

use lambda_ext::lambda_extension;
use std::time::Duration;

#[derive(Default)]
struct Cache {
    entries: Vec<String>,
}

#[lambda_extension(events = [Shutdown])]
impl Cache {
    async fn thawed(&mut self, frozen_for: Duration) {
        if frozen_for.as_secs() > 60 {
            self.entries.clear();
        }
    }
}
