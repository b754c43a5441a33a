//! Tells a function whether something that it depends on is well, so that it need not find out each time.

mod circuit;
mod dependency;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use std::{env, fmt, fs, io};

use lambda_ext::{Error, lambda_extension};

use self::circuit::Circuit;
use self::dependency::Dependency;

struct CircuitBreaker {
    dependency: Dependency,
    circuit: Circuit,
    file: PathBuf,
}

// A function that is not told can ask by itself.
#[lambda_extension(tick_ms = 5_000, fail_open)]
impl CircuitBreaker {
    /// Before the function starts, so that its first line finds the state.
    async fn prepare() -> Result<Self, Error> {
        let url = env::var("BREAKER_URL").unwrap_or_default();
        let failures = number("BREAKER_FAILURES", 3)?;
        let cool_down = Duration::from_secs(number("BREAKER_COOL_DOWN", 30)?);
        let patience = Duration::from_millis(number("BREAKER_TIMEOUT_MS", 1000)?);
        let file = env::var_os("BREAKER_FILE");
        let mut breaker = Self {
            dependency: Dependency::new(&url, patience)?,
            circuit: Circuit::new(failures, cool_down),
            file: file
                .unwrap_or_else(|| "/tmp/circuit-breaker.json".into())
                .into(),
        };
        breaker.check().await?;
        Ok(breaker)
    }

    /// Also once after a freeze, however long it was.
    async fn tick(&mut self) -> Result<(), Error> {
        self.check().await
    }

    async fn check(&mut self) -> Result<(), Error> {
        if !self.circuit.is_due(SystemTime::now()) {
            return Ok(());
        }
        let health = self.dependency.check().await;
        if self.circuit.note(health.is_ok(), SystemTime::now()) {
            let why = health.err().unwrap_or_else(|| "it is well".to_owned());
            println!("circuit-breaker: {}: {why}", self.circuit.state().as_str());
            self.tell()
                .map_err(|error| format!("{}: {error}", self.file.display()))?;
        }
        Ok(())
    }

    /// In one step, so that nobody reads a part of it.
    fn tell(&self) -> io::Result<()> {
        let part = self.file.with_extension("part");
        fs::write(&part, self.circuit.to_json())?;
        fs::rename(&part, &self.file)
    }
}

fn number<N: std::str::FromStr<Err: fmt::Display>>(name: &str, default: N) -> Result<N, String> {
    let value = env::var(name).ok().filter(|value| !value.is_empty());
    value.map_or(Ok(default), |value| {
        let number = value.parse();
        number.map_err(|error| format!("{name} is {value:?}: {error}"))
    })
}

#[cfg(test)]
mod tests;
