//! Each way to borrow the value.

use lambda_ext::{InvokeEvent, Register, ShutdownEvent, lambda_extension};
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
struct Flusher {
    invocations: AtomicU64,
}

#[lambda_extension(events = [Invoke, Shutdown])]
impl Flusher {
    async fn init(&self, register: Register) {
        println!("{}", register.function_name);
    }

    #[expect(
        single_use_lifetimes,
        clippy::needless_lifetimes,
        reason = "one may name it"
    )]
    async fn invoke<'a>(&'a self, InvokeEvent { request_id, .. }: InvokeEvent) {
        let before = self.invocations.fetch_add(1, Ordering::Relaxed);
        println!("{before} {request_id}");
    }

    #[expect(clippy::needless_arbitrary_self_type, reason = "one may")]
    async fn shutdown(self: &mut Self, _event: ShutdownEvent) {
        *self.invocations.get_mut() = 0;
    }
}
