use lambda_ext::{InvokeEvent, Register, ShutdownEvent, lambda_extension};

struct Flusher;

#[lambda_extension(
    events = [Invoke, Telemetry, Invoke],
    flavour = "multi_thread",
    worker_threads = 2,
    main = true,
    main = true,
    crate = lambda_ext
)]
impl Flusher {
    async fn prepare(_early: bool) -> Self {
        Self
    }

    async fn init(_register: Register) -> Self {
        Self
    }

    #[cfg(unix)]
    fn invoke(&mut self, _event: InvokeEvent) {}

    async fn shutdown(self, _event: ShutdownEvent, _deadline: u64) {}
}
