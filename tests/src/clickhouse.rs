//! A log store that people run: ClickHouse, as Debian has it, with a table of logs.
//!
//! It is unpacked below the target directory and not installed. A server listens on 127.0.0.1 at a
//! port that is free, keeps its data below the target directory too, and ends with its value.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Client;
use serde_json::Value;
use tokio::process::Child;
use tokio::time::sleep;

use crate::built::target_dir;
use crate::fetched::{did_not_run, fetched, runs_here};
use crate::port::Port;

/// An engine that keeps rows in the order in which they came.
const TABLE: &str = "CREATE TABLE logs (time String, type String, function String, \
                     request_id String, message String) ENGINE = Log";

/// A store, whether its server runs or not.
#[derive(Debug)]
pub struct ClickHouse {
    root: &'static Path,
    directory: PathBuf,
    port: Port,
    server: Option<Child>,
    client: Client,
}

impl ClickHouse {
    /// A store with an empty table, whose server runs. The name is no other test's.
    ///
    /// `None` where it cannot be had. That has then been said on standard error.
    ///
    /// # Panics
    /// Where it cannot be had and `CI` is set, or if it does not start.
    pub async fn start(name: &str) -> Option<Self> {
        let mut store = Self::new(name)?;
        store.resume().await;
        store.query(TABLE).await;
        Some(store)
    }

    fn new(name: &str) -> Option<Self> {
        let root = match root() {
            Ok(root) => root,
            Err(why) => {
                did_not_run(why);
                return None;
            }
        };
        let directory = target_dir().join("clickhouse").join(name);
        // What an earlier run has left.
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).expect("the target directory can be written");
        let store = Self {
            root,
            directory,
            port: Port::reserve(),
            server: None,
            client: Client::builder().no_proxy().build().expect("a client"),
        };
        let configuration = store.configuration();
        fs::write(store.path("config.xml"), configuration)
            .expect("the target directory can be written");
        Some(store)
    }

    /// Where rows of logs are posted to.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!(
            "{}?query=INSERT%20INTO%20logs%20FORMAT%20JSONEachRow",
            self.url()
        )
    }

    /// Ends the server; the data stays.
    ///
    /// # Panics
    /// It does not run.
    pub async fn stop(&mut self) {
        let mut server = self.server.take().expect("the server runs");
        server.kill().await.expect("the server ends");
    }

    /// Starts the server, and waits until it answers.
    ///
    /// # Panics
    /// It does not start.
    pub async fn resume(&mut self) {
        let libraries =
            ["usr/lib", "lib"].map(|lib| format!("{}/{lib}/x86_64-linux-gnu", self.root.display()));
        let log = fs::File::create(self.path("log")).expect("the target directory can be written");
        let server = tokio::process::Command::new(self.root.join("usr/sbin/clickhouse-server"))
            .arg(format!("--config-file={}", self.path("config.xml")))
            .env("LD_LIBRARY_PATH", libraries.join(":"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the server starts");
        let url = self.url();
        let server = self.server.insert(server);
        while self.client.get(&url).send().await.is_err() {
            let ended = server.try_wait().expect("the server can be waited for");
            assert!(ended.is_none(), "ClickHouse ended: {}", self.log());
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// The rows that have arrived, in the order in which they came.
    ///
    /// # Panics
    /// There is no answer.
    pub async fn rows(&self) -> Vec<Value> {
        let answer = self.query("SELECT * FROM logs FORMAT JSONEachRow").await;
        let row = |line| serde_json::from_str(line).expect("JSON");
        answer.lines().map(row).collect()
    }

    async fn query(&self, query: &str) -> String {
        // By one thread, for the order's sake.
        let url = self.url() + "?max_threads=1";
        let request = self.client.post(url).body(query.to_owned());
        let response = request.send().await.expect("an answer");
        let status = response.status();
        let text = response.text().await.expect("an answer");
        assert_eq!(status, 200, "{text}");
        text
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port.number())
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.directory.display())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    fn configuration(&self) -> String {
        let path = self.path("config.xml");
        let data = self.path("data/");
        let port = self.port.number();
        format!(
            "<yandex>
                <logger><level>warning</level><console>1</console></logger>
                <listen_host>127.0.0.1</listen_host>
                <http_port>{port}</http_port>
                <path>{data}</path>
                <tmp_path>{data}tmp/</tmp_path>
                <mark_cache_size>1000000</mark_cache_size>
                <users_config>{path}</users_config>
                <default_profile>default</default_profile>
                <default_database>default</default_database>
                <profiles><default/></profiles>
                <quotas><default/></quotas>
                <users><default>
                    <password></password>
                    <networks><ip>127.0.0.1</ip></networks>
                    <profile>default</profile>
                    <quota>default</quota>
                </default></users>
            </yandex>"
        )
    }
}

/// Where it is unpacked, or why it cannot be had.
fn root() -> Result<&'static Path, &'static str> {
    static ROOT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let root = ROOT.get_or_init(|| {
        runs_here("ClickHouse")?;
        fetched("clickhouse").map(PathBuf::from)
    });
    root.as_deref().map_err(String::as_str)
}
