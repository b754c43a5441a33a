//! The crate as another one would re-export it.

mod framework {
    pub(crate) use ::lambda_ext as extension;
}

use framework::extension::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher {
    invocations: u64,
}

#[lambda_extension(crate = crate::framework::extension)]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {
        self.invocations += 1;
    }
}
