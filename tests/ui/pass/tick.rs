//! An interval alone, and the least one.

use lambda_ext::lambda_extension;

#[derive(Default)]
struct Flusher {
    ticks: u64,
}

#[lambda_extension(tick_ms = 1)]
impl Flusher {
    async fn tick(&mut self) -> Result<(), &'static str> {
        self.ticks = self.ticks.checked_add(1).ok_or("too many")?;
        Ok(())
    }
}
