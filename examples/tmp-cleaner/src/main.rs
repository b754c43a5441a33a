//! Keeps /tmp from filling up, invocation by invocation.

mod sweep;

use std::time::Duration;
use std::{env, fmt};

use lambda_ext::{Error, InvokeEvent, Register, RuntimeDone, lambda_extension};

use self::sweep::Sweep;

struct TmpCleaner {
    sweep: Sweep,
    /// Whether the end of the invocation before was told. Until then the function may be at its files.
    swept: bool,
}

// No file is worth the function.
#[lambda_extension(fail_open)]
impl TmpCleaner {
    async fn init(_register: Register) -> Result<Self, Error> {
        let sweep = Sweep {
            directory: env::var_os("TMP_DIR")
                .unwrap_or_else(|| "/tmp".into())
                .into(),
            max_age: number("TMP_MAX_AGE")?.map(Duration::from_secs),
            max_bytes: number("TMP_MAX_BYTES")?,
        };
        if sweep.max_age.is_none() && sweep.max_bytes.is_none() {
            return Err("neither TMP_MAX_AGE nor TMP_MAX_BYTES is set: nothing is deleted".into());
        }
        Ok(Self { sweep, swept: true })
    }

    /// Where a platform tells no ends, the beginning of the next invocation has to do.
    async fn invoke(&mut self, _event: InvokeEvent) -> Result<(), Error> {
        if !self.swept {
            self.sweep().await?;
        }
        self.swept = false;
        Ok(())
    }

    async fn runtime_done(&mut self, _done: RuntimeDone) -> Result<(), Error> {
        self.swept = true;
        self.sweep().await
    }

    async fn sweep(&self) -> Result<(), Error> {
        let sweep = self.sweep.clone();
        // What blocks has a thread of its own: on this one it could not be cut at a deadline.
        let freed = tokio::task::spawn_blocking(move || sweep.run()).await?;
        if freed.files > 0 {
            println!(
                "tmp-cleaner: {} files, {} bytes freed",
                freed.files, freed.bytes
            );
        }
        freed.error.map_or(Ok(()), |error| Err(error.into()))
    }
}

fn number<N: std::str::FromStr<Err: fmt::Display>>(name: &str) -> Result<Option<N>, String> {
    let value = env::var(name).ok().filter(|value| !value.is_empty());
    let number = value.map(|value| {
        let number = value.parse();
        number.map_err(|error| format!("{name} is {value:?}: {error}"))
    });
    number.transpose()
}
