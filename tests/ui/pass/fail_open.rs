//! Goes on when it fails, and has a `main` of its own.

use lambda_ext::{Error, InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher {
    invocations: u8,
}

#[lambda_extension(fail_open, tick_ms = 0xFFFF_FFFF_u32, main = false,)]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) -> Result<(), Error> {
        self.invocations = self.invocations.checked_add(1).ok_or("too many")?;
        Ok(())
    }

    async fn tick(&self) {
        println!("{}", self.invocations);
    }
}

fn main() {
    drop(lambda_ext::launch::<Flusher>());
}
