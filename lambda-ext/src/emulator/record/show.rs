//! The record as a timeline to read.

use std::fmt;

use super::{Kill, Phase, Record, Step, What};

impl fmt::Display for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.forgotten > 0 {
            writeln!(formatter, "({} earlier steps)", self.forgotten)?;
        }
        self.steps
            .iter()
            .try_for_each(|step| writeln!(formatter, "{step}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:>9.1?} ms  {}",
            self.at.as_secs_f64() * 1e3,
            self.what
        )
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Init { suppressed: false } => write!(formatter, "INIT"),
            Self::Init { suppressed: true } => write!(formatter, "INIT (suppressed)"),
            Self::Restore => write!(formatter, "RESTORE"),
            Self::Invoke { request_id } => write!(formatter, "INVOKE {request_id}"),
            Self::Shutdown { reason } => write!(formatter, "SHUTDOWN {reason}"),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Began(phase) => write!(formatter, "{phase}"),
            Self::Ended { phase, error: None } => write!(formatter, "{phase} is over"),
            Self::Ended {
                phase,
                error: Some(error),
            } => write!(formatter, "{phase} failed: {error}"),
            Self::Launched {
                extension,
                pid: Some(pid),
            } => {
                write!(formatter, "  {extension} is started (pid {pid})")
            }
            Self::Launched {
                extension,
                pid: None,
            } => write!(formatter, "  {extension} is started"),
            Self::LaunchFailed { extension, error } => {
                write!(formatter, "  {extension} cannot be started: {error}")
            }
            Self::Answered(request) => {
                let who = request.extension.as_deref().unwrap_or("somebody");
                write!(formatter, "  {who} calls ")?;
                match request.call {
                    Some(call) => write!(formatter, "{call}")?,
                    None => write!(formatter, "{} {}", request.method, request.path)?,
                }
                if let Some(error_type) = &request.error_type {
                    write!(formatter, " with {error_type}")?;
                }
                match request.status {
                    200..300 => write!(formatter, ": {}", request.status),
                    status => write!(formatter, ": {status} {}", request.reply.trim_end()),
                }
            }
            Self::Waits { extension } => write!(formatter, "  {extension} waits in next"),
            Self::Receives { extension, event } => write!(formatter, "  {extension} gets {event}"),
            Self::Output { extension, line } => write!(formatter, "  {extension} | {line}"),
            Self::FunctionOutput { line } => write!(formatter, "  the function | {line}"),
            Self::RuntimeStarted { pid: Some(pid) } => {
                write!(formatter, "  the runtime is started (pid {pid})")
            }
            Self::RuntimeStarted { pid: None } => write!(formatter, "  the runtime is started"),
            Self::Responded {
                error_type: None, ..
            } => write!(formatter, "  the function responds"),
            Self::Responded {
                error_type: Some(error_type),
                ..
            } => {
                write!(formatter, "  the function fails with {error_type}")
            }
            Self::RuntimeLeft { code: Some(code) } => {
                write!(formatter, "  the runtime leaves with code {code}")
            }
            Self::RuntimeLeft { code: None } => write!(formatter, "  the runtime ends by a signal"),
            Self::Delivered {
                extension,
                records,
                bytes,
                status,
                error,
            } => {
                write!(
                    formatter,
                    "  {extension} is sent {records} records ({bytes} bytes)"
                )?;
                match (status, error) {
                    (_, Some(error)) => write!(formatter, ": {error}"),
                    (Some(status), None) => write!(formatter, ": {status}"),
                    (None, None) => Ok(()),
                }
            }
            Self::Dropped {
                extension,
                records,
                bytes,
            } => write!(
                formatter,
                "  {records} records ({bytes} bytes) for {extension} are dropped"
            ),
            Self::Faulted { call, fault } => write!(formatter, "  fault in {call}: {fault}"),
            Self::Frozen => write!(formatter, "  the environment is frozen"),
            Self::Thawed => write!(formatter, "  the environment goes on"),
            Self::Killed {
                extension,
                why: Kill::Deadline,
            } => {
                write!(formatter, "  {extension} is killed at its deadline")
            }
            Self::Killed {
                extension,
                why: Kill::NotRegisteredForShutdown,
            } => {
                write!(
                    formatter,
                    "  {extension} is killed: not registered for SHUTDOWN"
                )
            }
            Self::Left {
                extension,
                code: Some(code),
                ..
            } => {
                write!(formatter, "  {extension} leaves with code {code}")
            }
            Self::Left {
                extension,
                code: None,
                ..
            } => {
                write!(formatter, "  {extension} ends by a signal")
            }
        }
    }
}
