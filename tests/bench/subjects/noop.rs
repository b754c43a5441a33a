//! An extension that does nothing.

use std::hint::black_box;

use lambda_ext::{InvokeEvent, ShutdownEvent, lambda_extension};

#[derive(Default)]
struct Noop;

#[lambda_extension]
impl Noop {
    async fn invoke(&mut self, event: InvokeEvent) {
        black_box(event.request_id);
    }

    async fn shutdown(&mut self, _: ShutdownEvent) {}
}
