//! An extension that says what it is called for, with a tick a second.

use std::time::Duration;

use lambda_ext::{InvokeEvent, ShutdownEvent, lambda_extension};

#[derive(Default)]
struct Frozen;

#[lambda_extension(tick_ms = 1_000)]
impl Frozen {
    async fn invoke(&mut self, event: InvokeEvent) {
        println!("invoke {}", event.request_id);
    }

    async fn tick(&mut self) {
        println!("tick");
    }

    async fn thawed(&mut self, frozen_for: Duration) {
        println!("thawed after {} s", frozen_for.as_secs());
    }

    async fn shutdown(&mut self, _: ShutdownEvent) {
        println!("shutdown");
    }
}
