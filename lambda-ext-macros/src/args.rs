//! The arguments of the attribute, read so that a mistake in one leaves the others readable.

mod buffering;
mod list;
mod setting;
mod tokens;
mod values;

use crate::{errors::Errors, method::Event, subscription::TelemetryType, word::Word};
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use setting::{Form, Setting, Value, segments};
use syn::ext::IdentExt as _;

pub use buffering::Buffering;
pub use list::{List, Listed};
pub use setting::Given;

/// An argument that the attribute takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Argument {
    Events,
    Telemetry,
    Buffering,
    TickMs,
    FailOpen,
    Internal,
    Flavor,
    WorkerThreads,
    Main,
    Crate,
}

/// What is known about an argument.
struct Row {
    name: &'static str,
    /// What its value must be, to follow on "`name` must be".
    must_be: &'static str,
    /// How it is written.
    example: &'static str,
}

impl Argument {
    #[rustfmt::skip]
    const fn row(self) -> Row {
        match self {
            Self::Events => Row { name: "events", must_be: "a list in brackets", example: "events = [Invoke, Shutdown]" },
            Self::Telemetry => Row { name: "telemetry", must_be: "a list in brackets", example: "telemetry = [Platform, Function]" },
            Self::Buffering => Row { name: "buffering", must_be: "followed by limits in parentheses", example: "buffering(timeout_ms = 100)" },
            Self::TickMs => Row { name: "tick_ms", must_be: "a whole number of milliseconds between 1 and 4294967295", example: "tick_ms = 10_000" },
            Self::FailOpen => Row { name: "fail_open", must_be: "written without a value", example: "fail_open" },
            Self::Internal => Row { name: "internal", must_be: "written without a value", example: "internal" },
            Self::Flavor => Row { name: "flavor", must_be: "a string", example: "flavor = \"multi_thread\"" },
            Self::WorkerThreads => Row { name: "worker_threads", must_be: "a whole number of at least 1", example: "worker_threads = 2" },
            Self::Main => Row { name: "main", must_be: "`true` or `false`", example: "main = false" },
            Self::Crate => Row { name: "crate", must_be: "a path", example: "crate = ::path::to::lambda_ext" },
        }
    }
}

impl Word for Argument {
    const ALL: &'static [Self] = &[
        Self::Events,
        Self::Telemetry,
        Self::Buffering,
        Self::TickMs,
        Self::FailOpen,
        Self::Internal,
        Self::Flavor,
        Self::WorkerThreads,
        Self::Main,
        Self::Crate,
    ];
    const NOUN: (&'static str, &'static str) = ("an", "argument");

    fn name(self) -> &'static str {
        self.row().name
    }
}

impl Setting for Argument {
    fn must_be(self) -> String {
        self.row().must_be.to_owned()
    }

    fn example(self) -> &'static str {
        self.row().example
    }

    fn form(self) -> Form {
        match self {
            Self::Buffering => Form::Called,
            Self::FailOpen | Self::Internal => Form::Bare,
            _ => Form::Assigned,
        }
    }
}

/// The arguments.
#[derive(Default)]
pub struct Args {
    /// `events = [..]`
    pub events: Option<Given<List<Event>>>,
    /// `telemetry = [..]`
    pub telemetry: Option<Given<List<TelemetryType>>>,
    /// `buffering(..)`
    pub buffering: Option<Given<Buffering>>,
    /// `tick_ms = N`
    pub tick_ms: Option<Given<u32>>,
    /// `fail_open`
    pub fail_open: Option<Given<()>>,
    /// `internal`
    pub internal: Option<Given<()>>,
    /// `flavor = ".."`
    pub flavor: Option<Given<Flavor>>,
    /// `worker_threads = N`
    pub worker_threads: Option<Given<usize>>,
    /// `main = false`
    pub main: Option<Given<bool>>,
    /// `crate = path`
    pub krate: Option<Given<TokenStream>>,
}

/// The runtime that the generated `main` starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// One thread.
    CurrentThread,
    /// Worker threads beside it.
    MultiThread,
}

impl Args {
    /// Reads the arguments.
    pub fn read(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let mut bare_events = Vec::new();
        for segment in segments::<Argument>(tokens, errors) {
            args.argument(&segment, &mut bare_events, errors);
        }
        args.bare_events(bare_events, errors);
        args
    }

    /// The path of the runtime crate.
    pub fn krate(&self) -> TokenStream {
        let given = self.krate.as_ref().and_then(|given| given.value.clone());
        given.unwrap_or_else(|| quote!(::lambda_ext))
    }

    /// Whether a `main` is to be generated.
    pub fn wants_main(&self) -> bool {
        // The program of an internal extension is the function. Who gave `main` a wrong value has
        // one, or would not have mentioned it.
        let wanted = |given: &Given<bool>| given.value == Some(true);
        self.internal.is_none() && self.main.as_ref().is_none_or(wanted)
    }

    /// Reads what stands between two commas.
    fn argument(
        &mut self,
        tokens: &[TokenTree],
        bare: &mut Vec<Listed<Event>>,
        errors: &mut Errors,
    ) {
        if let [TokenTree::Ident(name)] = tokens {
            let written = name.unraw().to_string();
            if let (None, Some(word)) = (Argument::named(&written), Event::nearest(&written)) {
                return bare.push(Listed {
                    name: name.clone(),
                    word,
                    exact: true,
                });
            }
        }
        let Some(value) = Value::<Argument>::read(tokens, errors) else {
            return;
        };
        match value.setting {
            Argument::Events => value.set(&mut self.events, Value::list, errors),
            Argument::Telemetry => value.set(&mut self.telemetry, Value::list, errors),
            Argument::Buffering => value.set(&mut self.buffering, Value::buffering, errors),
            Argument::TickMs => value.set(&mut self.tick_ms, Value::tick_ms, errors),
            Argument::FailOpen => value.set(&mut self.fail_open, Value::bare, errors),
            Argument::Internal => value.set(&mut self.internal, Value::bare, errors),
            Argument::Flavor => value.set(&mut self.flavor, Value::flavor, errors),
            Argument::WorkerThreads => {
                value.set(&mut self.worker_threads, Value::worker_threads, errors);
            }
            Argument::Main => value.set(&mut self.main, Value::main, errors),
            Argument::Crate => value.set(&mut self.krate, Value::krate, errors),
        }
    }

    /// `#[lambda_extension(Invoke, Shutdown)]`: one mistake, however many events.
    fn bare_events(&mut self, bare: Vec<Listed<Event>>, errors: &mut Errors) {
        let Some(first) = bare.first() else { return };
        let names: Vec<_> = bare.iter().map(|listed| listed.word.name()).collect();
        errors.push(
            &first.name,
            format!(
                "unknown argument `{}`, expected one of {}\nhelp: write `events = [{}]`",
                first.name,
                Argument::names(),
                names.join(", "),
            ),
        );
        let name = first.name.clone();
        let value = Some(List {
            listed: bare,
            unclear: false,
        });
        self.events.get_or_insert(Given { name, value });
    }
}
