//! What the command is told.

use std::path::PathBuf;

use crate::value_parsers::{LogFormat, Outcome, Schema, Telemetry, Time, Timeout};

/// The arguments of `emulate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Emulate {
    /// The extensions, which run side by side: each an executable in whatever language, or the name
    /// of a binary or example of this workspace, which is then built. One that depends on
    /// `lambda_runtime` is taken for the runtime: its extensions are internal ones.
    #[arg(required_unless_present_any = ["runtime", "scenario"], value_name = "TARGET")]
    pub(crate) targets: Vec<String>,

    /// How many invocations to send; 3 if this is left out.
    #[arg(long, value_name = "N", help_heading = "Invocations")]
    pub(crate) invokes: Option<u32>,
    /// The time between invocations, such as `100ms`. The extension runs meanwhile, which on Lambda
    /// it does not: `--freeze` is Lambda's way.
    #[arg(long, value_name = "DURATION", help_heading = "Invocations")]
    pub(crate) pace: Option<Time>,
    /// Freeze the environment that long between invocations.
    #[arg(long, value_name = "DURATION", help_heading = "Invocations")]
    pub(crate) freeze: Option<Time>,
    /// How long the built-in function takes.
    #[arg(long, value_name = "DURATION", help_heading = "Invocations")]
    pub(crate) duration: Option<Time>,
    /// The function's timeout, which holds for the extensions too; 3s if this is left out.
    #[arg(long, value_name = "DURATION", help_heading = "Invocations")]
    pub(crate) timeout: Option<Timeout>,
    /// How long init may take; 10s if this is left out.
    #[arg(long, value_name = "DURATION", help_heading = "Invocations")]
    pub(crate) init_timeout: Option<Timeout>,
    /// What becomes of the built-in function. Given several times, they are taken in turn.
    #[arg(long, value_name = "OUTCOME", value_enum, help_heading = "Invocations")]
    pub(crate) outcome: Vec<Outcome>,
    /// A line that the built-in function writes at each invocation.
    #[arg(long, value_name = "LINE", help_heading = "Invocations")]
    pub(crate) log: Vec<String>,
    /// Why the environment ends: `spindown`, `timeout`, `failure` or another word.
    #[arg(long, value_name = "REASON", help_heading = "Invocations")]
    pub(crate) reason: Option<String>,
    /// A file that says step by step what happens instead; see below.
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Invocations",
        conflicts_with_all = ["invokes", "pace", "freeze", "outcome", "log", "reason"]
    )]
    pub(crate) scenario: Option<PathBuf>,

    /// A variable of the function's environment. Extensions get these, those of Lambda and `PATH`,
    /// and nothing of this environment.
    #[arg(long, value_name = "KEY=VALUE", value_parser = crate::variable::parse, help_heading = "Environment")]
    pub(crate) env: Vec<(String, String)>,
    /// A runtime to start instead of the built-in function, maybe with internal extensions in it.
    #[arg(long, value_name = "TARGET", help_heading = "Environment")]
    pub(crate) runtime: Option<String>,
    /// Whether there is a Telemetry API; there is one if this is left out.
    #[arg(long, value_name = "ON|OFF", value_enum, help_heading = "Environment")]
    pub(crate) telemetry: Option<Telemetry>,
    /// The newest telemetry schema that there is, as in an environment that is older than others.
    #[arg(long, value_name = "VERSION", value_enum, help_heading = "Environment")]
    pub(crate) schema: Option<Schema>,
    /// The function's log format, which decides how its lines arrive.
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = "Environment")]
    pub(crate) log_format: Option<LogFormat>,
    /// Be a Managed Instance: extensions get SHUTDOWN only.
    #[arg(long, help_heading = "Environment")]
    pub(crate) managed_instances: bool,

    /// Print one JSON document instead of the timeline.
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Write a page to look at in a browser.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) html: Option<PathBuf>,
}

/// Where the rest of the command's help is.
pub(crate) const MORE: &str = "\
Exit codes: 0 they behaved, 1 they did not or the environment failed, 2 they could not be run.
Scenarios and more: `lambda-ext emulate --help`.
";

/// What a scenario is, and what the exit codes mean, for the command's help.
pub(crate) const SCENARIO: &str = "\
Scenarios:
  A scenario is a TOML file: first what the environment is like, `env`, `runtime`, `telemetry`,
  `schema`, `log-format`, `managed-instances`, `init-timeout`, and `duration` and `timeout` for
  all invocations; then steps. SHUTDOWN comes last, whether it is written or not.

    telemetry = \"on\"
    env = { LOG_LEVEL = \"debug\" }

    [[step]]                          # before all others: it is there before init
    fault = \"delay\"                   # also close, lose, cut, reply, raw, slow
    call = \"register\"
    duration = \"200ms\"                # with reply: `status`, `body`; raw: `body`; cut: `bytes`;
                                      # delay, slow: `duration`
    [[step]]
    invoke = 3                        # how many
    duration = \"20ms\"
    outcome = [\"success\", \"error\"]    # in turn
    logs = [\"order 17 is refused\"]    # what the function writes
                                      # also: `timeout`, `pace`; with a runtime: `payload`
    [[step]]
    freeze = \"1m\"

    [[step]]
    shutdown = \"spindown\"

  A fault is for the next call of its kind, once; one whose call does not come is an error.

  These options go together with a scenario, and hold where it says something else: `--env`, which
  adds, `--runtime`, `--telemetry`, `--schema`, `--log-format`, `--managed-instances`,
  `--init-timeout`; and `--duration` and `--timeout`, but not for a step that has its own.

Exit codes:
  0    the extensions did all as Lambda wants it
  1    they did not
  1    they did, but the environment failed: the runtime, say (`environment-failed` in JSON)
  2    they could not be run, or the call of a fault did not come
  130  interrupted
";
