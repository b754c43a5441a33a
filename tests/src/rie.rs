//! Extensions under AWS's own Runtime Interface Emulator.
//!
//! The emulator is the platform's own state machine: it starts the extensions
//! of `/opt/extensions` as processes, sends them INVOKE and SHUTDOWN, and kills
//! what stays too long. It is the judge of everything else in these tests.
//!
//! ```no_run
//! # use lambda_ext_tests::rie::Rie;
//! let Some(report) = Rie::new().invokes(3).extension("target/debug/hello").run() else {
//!     return;
//! };
//! report.equal("exit codes", &report.exits, &[0]);
//! ```
//!
//! A run has mount, pid and network namespaces of its own, so `/opt` of the
//! machine stays as it is, no port is open to it, and runs do not meet. As root
//! that takes nothing more, otherwise a user namespace.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Display};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};

use crate::fetched::{did_not_run, fetched, runs_here};
use crate::finish::{finish, try_finish};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rie");

/// What starting and ending an environment may take, besides the functions' time.
const MARGIN: u64 = 30;

/// One life of a Lambda environment: its extensions, its invokes, its end.
#[derive(Debug, Clone)]
pub struct Rie {
    function: PathBuf,
    extensions: Vec<PathBuf>,
    as_it_is: bool,
    invokes: usize,
    payloads: Vec<String>,
    headers: Vec<(String, String)>,
    timeout: Duration,
    env: Vec<(String, String)>,
    managed: bool,
    ends_itself: bool,
}

impl Default for Rie {
    fn default() -> Self {
        Self {
            function: format!("{SCRIPTS}/function.py").into(),
            extensions: Vec::new(),
            as_it_is: false,
            invokes: 1,
            payloads: Vec::new(),
            headers: Vec::new(),
            timeout: Duration::from_secs(10),
            env: Vec::new(),
            managed: false,
            ends_itself: false,
        }
    }
}

impl Rie {
    /// One invoke, ten seconds for it, no extension.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an extension; the file's name is the extension's.
    #[must_use]
    pub fn extension(mut self, path: impl Into<PathBuf>) -> Self {
        self.extensions.push(path.into());
        self
    }

    /// Replaces the function: by a Python script, or by an executable of its own.
    #[must_use]
    pub fn function(mut self, path: impl Into<PathBuf>) -> Self {
        self.function = path.into();
        self
    }

    /// Has the emulator start the extension itself, and not a shell around it.
    ///
    /// Of such an extension the report has no exit code, and its standard error
    /// stands among its standard output: the emulator tells neither.
    #[must_use]
    pub fn as_it_is(mut self) -> Self {
        self.as_it_is = true;
        self
    }

    /// How often the function is invoked, one time after the other.
    #[must_use]
    pub fn invokes(mut self, number: usize) -> Self {
        self.invokes = number;
        self
    }

    /// Adds a payload, `{}` if there is none; with several the invokes take turns.
    ///
    /// `{"never": true}` is never answered, `{"exit": 3}` ends the function's
    /// process, `{"print": "a line"}` is printed and answered with the request
    /// id, everything else comes back.
    #[must_use]
    pub fn payload(mut self, json: impl Into<String>) -> Self {
        self.payloads.push(json.into());
        self
    }

    /// Adds a header to every invoke.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Has the emulator be an environment of Lambda Managed Instances, where extensions get no
    /// INVOKE and the Telemetry API is there.
    ///
    /// The report of such a run knows nothing of request ids, failures, kills and calls: its log
    /// has other words for them. An invoke begins when init is over.
    #[must_use]
    pub fn managed(mut self) -> Self {
        self.managed = true;
        self
    }

    /// Leaves the environment alone after the last invoke: something in it is going to end it.
    #[must_use]
    pub fn ends_itself(mut self) -> Self {
        self.ends_itself = true;
        self
    }

    /// The function's timeout, in whole seconds, as the platform has it.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets a variable for the function and its extensions, which inherit nothing else but `PATH`.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Runs it from the first invoke to the end of the last process.
    ///
    /// # Returns
    ///
    /// `None` where this machine cannot run the emulator. That has then been said
    /// on standard error, past the test harness, which would swallow it.
    ///
    /// # Panics
    ///
    /// Where the machine cannot run the emulator and `CI` is set; if the emulator
    /// itself fails, or the run is not over in time.
    #[must_use]
    #[track_caller]
    pub fn run(self) -> Option<Report> {
        match machine() {
            Ok(machine) if self.managed && machine.namespaces != AS_ROOT => {
                did_not_run("managed mode starts processes as another user, which takes root");
                None
            }
            Ok(machine) => Some(self.run_on(machine)),
            Err(why) => {
                did_not_run(why);
                None
            }
        }
    }

    #[track_caller]
    fn run_on(self, machine: &Machine) -> Report {
        let timeout = self.timeout.as_secs();
        let limit = self.invokes as u64 * (timeout + 5) + MARGIN;
        let payloads = if self.payloads.is_empty() {
            vec!["{}".to_owned()]
        } else {
            self.payloads
        };
        let wanted = json!({
            "emulator": machine.emulator,
            "function": self.function,
            "extensions": self.extensions,
            "as_it_is": self.as_it_is,
            "invokes": self.invokes,
            "payloads": payloads,
            "headers": self.headers.into_iter().collect::<BTreeMap<_, _>>(),
            "timeout": timeout,
            "env": self.env.into_iter().collect::<BTreeMap<_, _>>(),
            "managed": self.managed,
            "ends_itself": self.ends_itself,
            "limit": limit,
        });
        let output = finish(
            machine.drive("run"),
            &format!("{wanted}\n"),
            Duration::from_secs(limit + MARGIN),
        );
        let stderr = String::from_utf8_lossy(&output.stderr);
        let told = serde_json::from_slice::<Value>(&output.stdout)
            .unwrap_or_else(|error| panic!("the run ended without a report ({error}):\n{stderr}"));
        let report = Report::new(&told);
        if let Some(problem) = told["problem"].as_str() {
            panic!("{problem}\n{report}");
        }
        // A managed instance ends itself when an extension fails, and says so with a 1.
        if !self.managed {
            report.equal("the emulator's own exit code", &told["emulator"], &json!(0));
        }
        report
    }
}

/// What happened in a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// The invokes as their caller saw them.
    pub invokes: Vec<Invoke>,
    /// What the extensions wrote on standard output.
    pub stdout: String,
    /// What the extensions wrote on standard error.
    pub stderr: String,
    /// The exit code of each process of an extension that ended without being killed.
    pub exits: Vec<i32>,
    /// The emulator's own log, with the calls that it was sent.
    pub platform_log: String,
    /// What the function itself wrote.
    pub function_log: String,
}

/// An invoke as its caller saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoke {
    /// The HTTP status, 0 if there was no answer.
    pub status: u16,
    /// The body of the answer.
    pub body: String,
}

/// A call of the Extensions API, as the emulator logged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call<'r> {
    /// The path below the API's version, as in `register` or `event/next`.
    pub endpoint: &'r str,
    headers: &'r str,
}

impl<'r> Call<'r> {
    /// The value of a header, whose name is to be in canonical spelling.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'r str> {
        let (_, value) = self.headers.split_once(&format!("{name}:["))?;
        Some(value.split_once(']').map_or(value, |(value, _)| value))
    }

    /// The type of the error that is reported.
    #[must_use]
    pub fn error_type(&self) -> Option<&'r str> {
        self.header("Lambda-Extension-Function-Error-Type")
    }
}

impl Report {
    fn new(told: &Value) -> Self {
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        // The emulator writes these on the stream that the extensions write on.
        let markers = [
            "START RequestId: ",
            "END RequestId: ",
            "REPORT RequestId: ",
            "time=",
        ];
        let (of_platform, of_extensions): (Vec<String>, Vec<String>) = text("stdout")
            .split_inclusive('\n')
            .map(str::to_owned)
            .partition(|line| markers.iter().any(|marker| line.starts_with(marker)));
        let invokes = told["invokes"].as_array().into_iter().flatten();
        Self {
            invokes: invokes
                .map(|invoke| Invoke {
                    status: invoke["status"]
                        .as_u64()
                        .and_then(|n| n.try_into().ok())
                        .unwrap_or(0),
                    body: invoke["body"].as_str().unwrap_or_default().to_owned(),
                })
                .collect(),
            stdout: of_extensions.concat(),
            stderr: text("stderr"),
            exits: text("exits")
                .lines()
                .filter_map(|line| line.parse().ok())
                .collect(),
            platform_log: text("platform") + &of_platform.concat(),
            function_log: text("output"),
        }
    }

    /// The status that the caller got for each invoke.
    #[must_use]
    pub fn statuses(&self) -> Vec<u16> {
        self.invokes.iter().map(|invoke| invoke.status).collect()
    }

    /// The request id of each invocation, in order.
    #[must_use]
    pub fn request_ids(&self) -> Vec<&str> {
        self.after("INVOKE START(requestId: ")
            .filter_map(|rest| rest.split(')').next())
            .collect()
    }

    /// What the platform took as the cause of each failure of the environment, such as `Extension.Crash`.
    #[must_use]
    pub fn failures(&self) -> Vec<&str> {
        self.after("First fatal error stored in appctx: ").collect()
    }

    /// Whether the platform had to kill an extension at the end.
    #[must_use]
    pub fn killed(&self) -> bool {
        self.platform_log.contains("Sending SIGKILL to extension-")
    }

    /// Every call of the Extensions API, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call<'_>> {
        self.after("API request - ")
            .filter_map(|call| {
                let (request, headers) = call.split_once(", Headers:")?;
                let (_, endpoint) = request.split_once(" /2020-01-01/extension/")?;
                Some(Call { endpoint, headers })
            })
            .collect()
    }

    /// The calls of one endpoint of the Extensions API.
    #[must_use]
    pub fn calls_of(&self, endpoint: &str) -> Vec<Call<'_>> {
        self.calls()
            .into_iter()
            .filter(|call| call.endpoint == endpoint)
            .collect()
    }

    /// Panics with both values and every log if they differ.
    ///
    /// # Panics
    ///
    /// See above.
    #[track_caller]
    pub fn equal<A, B>(&self, what: &str, found: &A, expected: &B)
    where
        A: PartialEq<B> + Debug + ?Sized,
        B: Debug + ?Sized,
    {
        assert!(
            found == expected,
            "{what}\n     found: {found:?}\n  expected: {expected:?}\n{self}"
        );
    }

    /// Panics with every log unless it holds.
    ///
    /// # Panics
    ///
    /// See above.
    #[track_caller]
    pub fn holds(&self, what: &str, holds: bool) {
        assert!(holds, "does not hold: {what}\n{self}");
    }

    fn after<'r>(&'r self, marker: &'r str) -> impl Iterator<Item = &'r str> {
        self.platform_log
            .lines()
            .filter_map(move |line| line.split_once(marker).map(|(_, rest)| rest))
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Invoke { status, body }) in (1..).zip(&self.invokes) {
            writeln!(f, "--- invoke {number}: {status} {body}")?;
        }
        writeln!(f, "--- exit codes of the extensions: {:?}", self.exits)?;
        for (name, text) in [
            ("standard output of the extensions", &self.stdout),
            ("standard error of the extensions", &self.stderr),
            ("the function", &self.function_log),
            ("the emulator", &self.platform_log),
        ] {
            writeln!(f, "--- {name}\n{}", text.trim_end())?;
        }
        Ok(())
    }
}

struct Machine {
    emulator: PathBuf,
    namespaces: &'static [&'static str],
}

impl Machine {
    fn drive(&self, what: &str) -> Command {
        drive(self.namespaces, what)
    }
}

const AS_ROOT: &[&str] = &["--mount", "--net", "--pid", "--fork", "--kill-child"];
const AS_USER: &[&str] = &[
    "--user",
    "--map-root-user",
    "--mount",
    "--net",
    "--pid",
    "--fork",
    "--kill-child",
];

/// What it takes to run the emulator here, or why it cannot be run.
fn machine() -> Result<&'static Machine, &'static str> {
    static MACHINE: OnceLock<Result<Machine, String>> = OnceLock::new();
    MACHINE
        .get_or_init(find_machine)
        .as_ref()
        .map_err(String::as_str)
}

fn find_machine() -> Result<Machine, String> {
    runs_here("the emulator")?;
    Ok(Machine {
        namespaces: namespaces()?,
        emulator: fetched("rie")?.into(),
    })
}

fn namespaces() -> Result<&'static [&'static str], String> {
    let mut refusals = String::new();
    for namespaces in [AS_ROOT, AS_USER] {
        let probe = drive(namespaces, "probe");
        let output = try_finish(probe, "", Duration::from_secs(MARGIN))?;
        if output.status.success() {
            return Ok(namespaces);
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        let last = stderr
            .lines()
            .last()
            .unwrap_or("no reason given")
            .to_owned();
        refusals = refusals + "; " + &last;
    }
    Err(format!(
        "no namespaces of its own for the emulator{refusals}"
    ))
}

fn drive(namespaces: &[&str], what: &str) -> Command {
    // The system's own Python if there is one: another may be below `/opt`, which the run covers.
    let system = Path::new("/usr/bin/python3");
    let python = if system.exists() {
        system
    } else {
        Path::new("python3")
    };
    let mut command = Command::new("unshare");
    command
        .args(namespaces)
        .arg("--")
        .arg(python)
        .arg(format!("{SCRIPTS}/drive.py"))
        .arg(what);
    command
}
