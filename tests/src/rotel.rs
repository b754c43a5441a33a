//! A collector for OpenTelemetry that people run: Rotel, which writes the spans that it has decoded.
//!
//! It listens on 127.0.0.1 at a port that is free, and ends with its value.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::built::target_dir;
use crate::fetched::{did_not_run, fetched, runs_here};
use crate::port::Port;

/// Has it write what it receives, and nothing else be done with that.
pub const OPTIONS: &str = "--debug-log traces --debug-log-verbosity detailed \
                           --disable-batching --exporter blackhole";

/// A collector, whether it runs or not.
#[derive(Debug)]
pub struct Rotel {
    program: String,
    log: PathBuf,
    port: Port,
    running: Option<Child>,
}

/// A span, as the collector has decoded it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// By name: `Trace ID`, `Parent ID`, `ID`, `Name`, `Kind`, `Start time`, `Status code`.
    pub fields: BTreeMap<String, String>,
    /// With their types, `Str(on)`, `Bool(true)`.
    pub attributes: BTreeMap<String, String>,
    /// Those of who sent it.
    pub resource: BTreeMap<String, String>,
}

impl Rotel {
    /// A collector that runs. The name is no other test's.
    ///
    /// `None` where it cannot be had. That has then been said on standard error.
    ///
    /// # Panics
    /// Where it cannot be had and `CI` is set, or if it does not start.
    pub async fn start(name: &str) -> Option<Self> {
        let mut rotel = Self::stopped(name)?;
        rotel.resume().await;
        Some(rotel)
    }

    /// A collector that has a port and does not run yet: stopped right after its start, it may have no
    /// signal handler.
    ///
    /// # Panics
    /// As for [`start`](Self::start).
    #[must_use]
    pub fn stopped(name: &str) -> Option<Self> {
        let program = program()?;
        let directory = target_dir().join("rotel").join(name);
        fs::create_dir_all(&directory).expect("the target directory can be written");
        let log = directory.join("log");
        // Not what an earlier run has left.
        File::create(&log).expect("the target directory can be written");
        Some(Self {
            program,
            log,
            port: Port::reserve(),
            running: None,
        })
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is for it.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    /// Has it come to its end; what it has received is written by then.
    ///
    /// # Panics
    /// It does not run.
    pub async fn stop(&mut self) {
        let mut running = self.running.take().expect("the collector runs");
        let pid = running.id().expect("it is not waited for yet").to_string();
        let status = Command::new("kill").args(["-s", "TERM", &pid]).status();
        assert!(status.await.expect("kill runs").success());
        let ended = running.wait().await.expect("it can be waited for");
        assert!(ended.success(), "{ended}: {}", self.written());
    }

    /// Starts it, and waits until it listens.
    ///
    /// # Panics
    /// It does not start.
    pub async fn resume(&mut self) {
        let log = File::options().append(true).open(&self.log);
        let log = log.expect("the target directory can be written");
        let port = self.port.number();
        let running = Command::new(&self.program)
            .args(["start", "--otlp-grpc-endpoint", "127.0.0.1:0"])
            .args(["--otlp-http-endpoint", &format!("127.0.0.1:{port}")])
            .args(OPTIONS.split(' '))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the collector starts");
        let running = self.running.insert(running);
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            let ended = running.try_wait().expect("it can be waited for");
            assert!(ended.is_none(), "the collector ended: {}", self.written());
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Stops it, and returns the spans that it has received, in the order in which they came.
    ///
    /// # Panics
    /// It does not run.
    pub async fn spans(&mut self) -> Vec<Span> {
        self.stop().await;
        spans(&self.written())
    }

    fn written(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

/// Where it is.
///
/// `None` where it cannot be had. That has then been said on standard error.
///
/// # Panics
/// Where it cannot be had and `CI` is set.
#[must_use]
pub fn program() -> Option<String> {
    static PROGRAM: OnceLock<Result<String, String>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        runs_here("Rotel")?;
        fetched("rotel")
    });
    program.clone().map_err(|why| did_not_run(&why)).ok()
}

/// The spans in what it has written.
#[must_use]
pub fn spans(written: &str) -> Vec<Span> {
    let mut resource = BTreeMap::new();
    let mut spans: Vec<Span> = Vec::new();
    let mut of_a_span = false;
    for line in written.lines() {
        if line.starts_with("ResourceSpans #") {
            resource.clear();
            of_a_span = false;
        } else if line.starts_with("Span #") {
            of_a_span = true;
            let resource = resource.clone();
            spans.push(Span {
                resource,
                ..Span::default()
            });
        } else if let Some((key, value)) = attribute(line) {
            let last = spans.last_mut().filter(|_| of_a_span);
            let attributes = last.map_or(&mut resource, |span| &mut span.attributes);
            attributes.insert(key.to_owned(), value.to_owned());
        } else if let (true, Some((name, value))) = (of_a_span, line.split_once(':')) {
            let fields = spans.last_mut().map(|span| &mut span.fields);
            fields.map(|fields| fields.insert(name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    spans
}

fn attribute(line: &str) -> Option<(&str, &str)> {
    line.trim().strip_prefix("-> ")?.split_once(": ")
}
