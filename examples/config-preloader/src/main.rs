//! Fetches a document before the function starts, and idles.

mod document;

use std::path::PathBuf;
use std::{env, fs, io};

use lambda_ext::{Error, ExtensionError, lambda_extension};
use tokio::task::spawn_blocking;

use self::document::Document;

struct ConfigPreloader;

// Not `fail_open`: without what it was to be told, the function is not to start.
#[lambda_extension]
impl ConfigPreloader {
    async fn prepare() -> Result<Self, Error> {
        let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let Some(url) = set("CONFIG_URL") else {
            eprintln!("config-preloader: CONFIG_URL is not set: nothing is fetched");
            return Ok(Self);
        };
        let document = Document::new(&url, set("CONFIG_TOKEN").as_deref())?;
        let file = PathBuf::from(set("CONFIG_FILE").unwrap_or_else(|| "/tmp/config".to_owned()));
        let bytes = spawn_blocking(move || document.fetch()).await?;
        let bytes = bytes.map_err(|why| ExtensionError::new("Extension.ConfigUnavailable", why))?;
        put(&file, &bytes).map_err(|error| format!("{}: {error}", file.display()))?;
        println!(
            "config-preloader: {} bytes are in {}",
            bytes.len(),
            file.display()
        );
        Ok(Self)
    }
}

/// In one step, so that nobody reads a part of it.
fn put(file: &PathBuf, bytes: &[u8]) -> io::Result<()> {
    let part = file.with_extension("part");
    fs::write(&part, bytes)?;
    fs::rename(&part, file)
}
