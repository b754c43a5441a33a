//! An extension written by a `macro_rules!`, whose fragments come in invisible groups.

use lambda_ext::{InvokeEvent, ShutdownEvent, TelemetryBatch, lambda_extension};

macro_rules! extension {
    ($name:ident, $ty:ty, $flavor:literal, $kind:ident, $number:literal, $flag:ident, $vis:vis, $output:ty) => {
        #[derive(Default)]
        struct $name {
            invocations: u64,
        }

        #[lambda_extension(
            events = [Invoke, Shutdown],
            flavor = $flavor,
            telemetry = [$kind],
            buffering(max_items = $number),
            tick_ms = $number,
            $flag
        )]
        impl $ty {
            $vis async fn invoke(&mut self, _event: InvokeEvent) -> $output {
                self.invocations += 1;
                Ok(())
            }

            async fn telemetry(&mut self, batch: TelemetryBatch) {
                println!("{} {}", self.invocations, batch.as_str());
            }

            async fn tick(&mut self) -> $output {
                Ok(())
            }

            async fn shutdown(&mut self, _event: ShutdownEvent) {
                self.invocations = 0;
            }
        }
    };
}

extension!(
    Flusher,
    Flusher,
    "current_thread",
    Function,
    10_000,
    fail_open,
    ,
    Result<(), lambda_ext::Error>
);
