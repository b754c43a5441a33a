//! The platform: who is registered, in which state, and what each call is answered. Nothing here
//! waits: a call that must is handed a receiver.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::agent::{Agent, CurrentEvent};
use super::fault::Faults;
use super::member::Member;
use super::record::What;
use super::recorder::Recorder;
use super::reply::Reply;
use super::runtime::Runtime;
use super::settings::Settings;
use super::telemetry::{Pace, Telemetry};

/// The answer to a call, now or later.
#[derive(Debug)]
pub(super) enum Answer {
    Now(Reply),
    /// An event that had come before it was asked for.
    Event(Reply),
    Later(oneshot::Receiver<Reply>),
}

/// What a call brings along.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) name: Option<String>,
    pub(super) features: Option<String>,
    pub(super) identifier: Option<String>,
    pub(super) error_type: Option<String>,
    /// In the path of a runtime's call.
    pub(super) of_invocation: Option<String>,
    pub(super) body: Vec<u8>,
    /// The connection that a subscription over TCP asks for, or why there is none.
    pub(super) dialled: Option<Result<TcpStream, String>>,
}

/// The first fatal error of the environment: it outlives what follows from it.
#[derive(Debug, Clone)]
pub(super) struct Fatal {
    pub(super) error_type: &'static str,
    /// None where it is the runtime.
    pub(super) extension: Option<String>,
    pub(super) reported: Option<String>,
}

/// Where the environment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing runs. After a reset, the next init is part of an invocation.
    Idle {
        reset: bool,
    },
    Init,
    Ready,
    Ending,
}

pub(super) struct Platform {
    pub(super) settings: Arc<Settings>,
    pub(super) recorder: Recorder,
    pub(super) stage: Stage,
    /// What is here is of a generation that has ended.
    outdated: bool,
    /// How many have ended.
    pub(super) generation: u64,
    /// What is in `/opt/extensions`, so to speak, by name.
    pub(super) members: BTreeMap<String, Member>,
    /// Those of this process that ran before a reset, and have not been made again.
    pub(super) departed: Vec<String>,
    /// The internal extensions that the built-in function waits for.
    pub(super) internals: Vec<String>,
    /// By identifier.
    pub(super) agents: BTreeMap<Uuid, Agent>,
    pub(super) current: Option<CurrentEvent>,
    pub(super) registration_closed: bool,
    pub(super) fatal: Option<Fatal>,
    /// Somebody has left: what the environment waits for will not come.
    pub(super) cancelled: bool,
    pub(super) runtime: Runtime,
    pub(super) telemetry: Telemetry,
    pub(super) faults: Faults,
}

impl Platform {
    pub(super) fn new(settings: Arc<Settings>, recorder: Recorder, runtime: Runtime) -> Self {
        Self {
            recorder,
            stage: Stage::Idle { reset: false },
            outdated: false,
            generation: 0,
            members: BTreeMap::new(),
            departed: Vec::new(),
            internals: Vec::new(),
            agents: BTreeMap::new(),
            current: None,
            registration_closed: false,
            fatal: None,
            cancelled: false,
            runtime,
            telemetry: Telemetry::new(&settings),
            faults: Faults::default(),
            settings,
        }
    }

    pub(super) fn note(&mut self, what: What) {
        self.recorder.note(what);
    }

    /// The generation has ended.
    pub(super) fn outdate(&mut self) {
        self.outdated = true;
        self.generation += 1;
    }

    /// Begins a generation after the one that has ended: new identifiers, nobody registered. That
    /// may be at the start of init, or before it by somebody who registers in good time.
    pub(super) fn renew(&mut self) {
        if !std::mem::take(&mut self.outdated) {
            return;
        }
        self.agents.clear();
        self.current = None;
        self.registration_closed = false;
        self.fatal = None;
        self.cancelled = false;
        self.runtime.renew();
        self.telemetry.renew(&self.settings);
    }

    /// Nothing is to be done: the environment is frozen, unless it is a managed instance.
    pub(super) fn rest(&mut self) {
        if !self.settings.managed() {
            self.telemetry.goes(Pace::Frozen);
        }
    }

    /// Whether the environment has ended, and no other has begun.
    pub(super) fn is_over(&self) -> bool {
        self.outdated && matches!(self.stage, Stage::Idle { .. })
    }
}
