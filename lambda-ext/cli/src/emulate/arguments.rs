//! The arguments of `emulate`, and its help.

use std::path::PathBuf;

use crate::env_var;
use crate::value_parsers::{DurationValue, LogFormat, Outcome, Schema, Telemetry, Timeout};

#[derive(Debug, clap::Args)]
pub(crate) struct Emulate {
    /// The extensions, which run side by side. Each is an executable in any language, or the name
    /// of a binary or example of this workspace, which is then built. A program that depends on
    /// `lambda_runtime` is run as the runtime: its extensions are internal ones.
    #[arg(required_unless_present_any = ["runtime", "scenario"], value_name = "TARGET")]
    pub(super) targets: Vec<String>,

    /// The number of invocations [default: 3].
    #[arg(long, value_name = "N", help_heading = "Invocations")]
    pub(super) invokes: Option<u32>,
    /// The time between invocations, such as `100ms`. Extensions keep running in between, unlike
    /// on Lambda: `--freeze` does what Lambda does.
    #[arg(long, value_name = "DURATION", help_heading = "Invocations")]
    pub(super) pace: Option<DurationValue>,
    /// Freeze the environment for this long between invocations.
    #[arg(long, value_name = "DURATION", help_heading = "Invocations")]
    pub(super) freeze: Option<DurationValue>,
    /// The duration of the built-in function.
    #[arg(long, value_name = "DURATION", help_heading = "Invocations")]
    pub(super) duration: Option<DurationValue>,
    /// The function's timeout, which applies to the extensions too [default: 3s].
    #[arg(long, value_name = "DURATION", help_heading = "Invocations")]
    pub(super) timeout: Option<Timeout>,
    /// The timeout of init [default: 10s].
    #[arg(long, value_name = "DURATION", help_heading = "Invocations")]
    pub(super) init_timeout: Option<Timeout>,
    /// The outcome of the built-in function. Several are used in turn.
    #[arg(long, value_name = "OUTCOME", value_enum, help_heading = "Invocations")]
    pub(super) outcome: Vec<Outcome>,
    /// A line that the built-in function logs in each invocation.
    #[arg(long, value_name = "LINE", help_heading = "Invocations")]
    pub(super) log: Vec<String>,
    /// The reason for the shutdown: `spindown`, `timeout`, `failure` or another word.
    #[arg(long, value_name = "REASON", help_heading = "Invocations")]
    pub(super) reason: Option<String>,
    /// A file with the steps of the run; see below.
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Invocations",
        conflicts_with_all = ["invokes", "pace", "freeze", "outcome", "log", "reason"]
    )]
    pub(super) scenario: Option<PathBuf>,

    /// A variable of the function's environment. Extensions get these, Lambda's own and `PATH`,
    /// and nothing else of this environment.
    #[arg(long, value_name = "KEY=VALUE", value_parser = env_var::parse, help_heading = "Environment")]
    pub(super) env: Vec<(String, String)>,
    /// A runtime to start instead of the built-in function. It may have internal extensions.
    #[arg(long, value_name = "TARGET", help_heading = "Environment")]
    pub(super) runtime: Option<String>,
    /// The availability of the Telemetry API [default: on].
    #[arg(long, value_name = "ON|OFF", value_enum, help_heading = "Environment")]
    pub(super) telemetry: Option<Telemetry>,
    /// The newest supported telemetry schema, to emulate an older environment.
    #[arg(long, value_name = "VERSION", value_enum, help_heading = "Environment")]
    pub(super) schema: Option<Schema>,
    /// The function's log format, which decides how its lines arrive.
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = "Environment")]
    pub(super) log_format: Option<LogFormat>,
    /// Emulate a Managed Instance: extensions get SHUTDOWN only.
    #[arg(long, help_heading = "Environment")]
    pub(super) managed_instances: bool,

    /// Print one JSON document instead of the timeline.
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
    /// Write a page that shows the run in a browser.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) html: Option<PathBuf>,
}

/// The end of the short help.
pub(crate) const HELP: &str = "\
Exit codes: 0 no errors, 1 an extension or the environment failed, 2 could not run.
Scenarios and more: `lambda-ext emulate --help`.
";

/// The end of the long help: scenarios and exit codes.
pub(crate) const LONG_HELP: &str = "\
Scenarios:
  A scenario is a TOML file. First come the properties of the environment: `env`, `runtime`,
  `telemetry`, `schema`, `log-format`, `managed-instances`, `init-timeout`, and `duration` and
  `timeout` for all invocations. Then come the steps. A final SHUTDOWN need not be written.

    telemetry = \"on\"
    env = { LOG_LEVEL = \"debug\" }

    [[step]]                          # faults before all other steps apply to init
    fault = \"delay\"                   # also: close, lose, cut, reply, raw, slow
    call = \"register\"
    duration = \"200ms\"                # delay, slow: `duration`; cut: `bytes`; raw: `body`;
                                      # reply: `status`, `body`
    [[step]]
    invoke = 3                        # the number of invocations
    duration = \"20ms\"
    outcome = [\"success\", \"error\"]    # in turn
    logs = [\"order 17 is refused\"]    # lines that the function logs
                                      # also: `timeout`, `pace`; with a runtime: `payload`
    [[step]]
    freeze = \"1m\"

    [[step]]
    shutdown = \"spindown\"

  A fault applies to the next call of its kind, once. It is an error if that call never comes.

  These options work with a scenario and override it: `--env`, which adds to it, `--runtime`,
  `--telemetry`, `--schema`, `--log-format`, `--managed-instances` and `--init-timeout`.
  `--duration` and `--timeout` override it except for steps that have their own.

Exit codes:
  0    no errors
  1    an extension failed, or only the environment, such as the runtime
       (`environment-failed` in JSON)
  2    the extensions could not run, or a fault never triggered
  130  interrupted
";
