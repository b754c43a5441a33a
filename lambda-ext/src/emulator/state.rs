//! The state machine that the platform holds every extension to.

use super::Call;

/// The state that a call leads to, as the platform names it in its refusals.
const fn target(call: Call) -> &'static str {
    match call {
        Call::Register => "Registered",
        Call::InitError => "InitError",
        Call::ExitError => "Exited",
        _ => "Ready",
    }
}

/// Where an extension is, in the platform's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Launched, not registered.
    Started,
    /// Registered, its first `next` outstanding.
    Registered,
    /// Waiting in `next`.
    Ready,
    /// Handling an event.
    Running,
    /// Has reported an init error.
    InitError,
    /// Has reported an exit error.
    ExitError,
    /// Could not be started.
    LaunchError,
    /// Left by itself at SHUTDOWN, with code 0.
    Exited,
    /// Had to be killed at SHUTDOWN, or left with another code.
    ShutdownFailed,
}

impl State {
    /// The state after `call`, or the platform's reason against it. A report that repeats the one
    /// before is accepted and changes nothing.
    pub(super) fn after(self, call: Call, extension: &str, managed: bool) -> Result<Self, String> {
        match (self, call) {
            (Self::Started, Call::Register) => Ok(Self::Registered),
            (Self::Registered | Self::Running, Call::Next) => Ok(Self::Ready),
            (Self::Registered | Self::InitError, Call::InitError) => Ok(Self::InitError),
            (Self::Registered | Self::Ready | Self::Running | Self::ExitError, Call::ExitError) => {
                Ok(Self::ExitError)
            }
            (from, call) => Err(refusal(from, call, extension, not_allowed(managed))),
        }
    }
}

/// Why a transition is not made.
pub(super) const fn not_allowed(managed: bool) -> &'static str {
    if managed {
        "state transition is not allowed"
    } else {
        "State transition is not allowed"
    }
}

/// The platform's words for a transition that it does not make.
pub(super) fn refusal(from: State, call: Call, extension: &str, why: &str) -> String {
    let to = target(call);
    format!("State transition from {from:?} to {to} failed for extension {extension}. Error: {why}")
}

#[cfg(test)]
mod tests {
    use super::{Call, State};

    const CALLS: [Call; 4] = [Call::Register, Call::Next, Call::InitError, Call::ExitError];

    /// Which calls each state allows, in the order of `CALLS`.
    const ALLOWED: [(State, [bool; 4]); 8] = [
        (State::Started, [true, false, false, false]),
        (State::Registered, [false, true, true, true]),
        (State::Ready, [false, false, false, true]),
        (State::Running, [false, true, false, true]),
        (State::InitError, [false, false, true, false]),
        (State::ExitError, [false, false, false, true]),
        (State::Exited, [false; 4]),
        (State::ShutdownFailed, [false; 4]),
    ];

    #[test]
    fn each_state_allows_the_platforms_calls_and_no_other() {
        for (state, allowed) in ALLOWED {
            let answers = CALLS.map(|call| state.after(call, "x", false).is_ok());
            assert_eq!(answers, allowed, "{state:?}: {CALLS:?}");
        }
    }

    #[test]
    fn a_refusal_names_both_states_and_the_extension() {
        assert_eq!(
            State::InitError.after(Call::ExitError, "x", false),
            Err(
                "State transition from InitError to Exited failed for extension x. \
                 Error: State transition is not allowed"
                    .to_owned()
            )
        );
    }
}
