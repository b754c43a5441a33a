//! AWS's APIs as Moto plays them, with secrets, and a role that may read them.
//!
//! Its server listens on 127.0.0.1 at a port that is free, and ends with its value.

use std::collections::BTreeMap;
use std::process::Stdio;

use lambda_ext::emulator::EmulatorBuilder;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::emulated::fixture;
use crate::fetched::{did_not_run, fetched};

/// A server that runs.
#[derive(Debug)]
pub struct Moto {
    _server: Child,
    variables: BTreeMap<String, String>,
}

impl Moto {
    /// Starts one, as `fixtures/aws.py` says.
    ///
    /// `None` where it cannot be had. That has then been said on standard error.
    ///
    /// # Panics
    /// Where it cannot be had and `CI` is set, or if it does not start.
    pub async fn start() -> Option<Self> {
        let packages = match fetched("moto") {
            Ok(packages) => packages,
            Err(why) => {
                did_not_run(&why);
                return None;
            }
        };
        let mut server = Command::new("python3")
            .arg(fixture("aws.py"))
            .env("PYTHONPATH", packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the server starts");
        let said = server.stdout.take().expect("an output");
        let said = BufReader::new(said).lines().next_line().await;
        let said = said.expect("an output").expect("the server starts");
        Some(Self {
            _server: server,
            variables: serde_json::from_str(&said).expect("JSON"),
        })
    }

    /// Leads the environment here: where AWS is, and who it is there.
    #[must_use]
    pub fn lead(&self, emulator: EmulatorBuilder) -> EmulatorBuilder {
        let variables = self.variables.iter();
        variables.fold(emulator, |emulator, (name, value)| {
            emulator.env(name, value)
        })
    }
}
