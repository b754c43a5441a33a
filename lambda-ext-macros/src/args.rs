//! Parses the arguments of the attribute. A mistake in one argument leaves the others readable.

mod argument;
mod buffering;
mod list;
mod setting;
mod tokens;
mod values;

use crate::{errors::Errors, keyword::Keyword as _, method::Event, subscription::TelemetryType};
use argument::Argument;
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use setting::{RawSetting, split_settings};
use syn::ext::IdentExt as _;

pub use buffering::Buffering;
pub use list::{Element, List};
pub use setting::Parsed;
pub use values::Flavor;

/// The arguments that were given.
#[derive(Default)]
pub struct Args {
    /// `events = [..]`
    pub events: Option<Parsed<List<Event>>>,
    /// `telemetry = [..]`
    pub telemetry: Option<Parsed<List<TelemetryType>>>,
    /// `buffering(..)`
    pub buffering: Option<Parsed<Buffering>>,
    /// `tick_ms = N`
    pub tick_ms: Option<Parsed<u32>>,
    /// `fail_open`
    pub fail_open: Option<Parsed<()>>,
    /// `internal`
    pub internal: Option<Parsed<()>>,
    /// `flavor = ".."`
    pub flavor: Option<Parsed<Flavor>>,
    /// `worker_threads = N`
    pub worker_threads: Option<Parsed<usize>>,
    /// `main = false`
    pub main: Option<Parsed<bool>>,
    /// `crate = path`
    pub krate: Option<Parsed<TokenStream>>,
}

impl Args {
    /// Parses the arguments.
    pub fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let mut bare_events = Vec::new();
        for segment in split_settings::<Argument>(tokens, errors) {
            args.parse_argument(&segment, &mut bare_events, errors);
        }
        args.report_bare_events(bare_events, errors);
        args
    }

    /// Returns the path of the runtime crate.
    pub fn krate(&self) -> TokenStream {
        let krate = self.krate.as_ref().and_then(|krate| krate.value.clone());
        krate.unwrap_or_else(|| quote!(::lambda_ext))
    }

    /// Returns whether to generate a `main`.
    pub fn wants_main(&self) -> bool {
        // An internal extension belongs to the function's program, which has a `main`. A crate that
        // gives `main` an invalid value has one, too, or it would not mention it.
        let is_true = |main: &Parsed<bool>| main.value == Some(true);
        self.internal.is_none() && self.main.as_ref().is_none_or(is_true)
    }

    /// Parses the tokens between two commas.
    fn parse_argument(
        &mut self,
        tokens: &[TokenTree],
        bare_events: &mut Vec<Element<Event>>,
        errors: &mut Errors,
    ) {
        if let [TokenTree::Ident(name)] = tokens {
            let text = name.unraw().to_string();
            if let (None, Some(keyword)) = (Argument::from_name(&text), Event::closest(&text)) {
                return bare_events.push(Element {
                    name: name.clone(),
                    keyword,
                    exact: true,
                });
            }
        }
        let Some(raw) = RawSetting::<Argument>::parse(tokens, errors) else {
            return;
        };
        match raw.setting {
            Argument::Events => raw.store(&mut self.events, RawSetting::list, errors),
            Argument::Telemetry => raw.store(&mut self.telemetry, RawSetting::list, errors),
            Argument::Buffering => raw.store(&mut self.buffering, RawSetting::buffering, errors),
            Argument::TickMs => raw.store(&mut self.tick_ms, RawSetting::tick_ms, errors),
            Argument::FailOpen => raw.store(&mut self.fail_open, RawSetting::flag, errors),
            Argument::Internal => raw.store(&mut self.internal, RawSetting::flag, errors),
            Argument::Flavor => raw.store(&mut self.flavor, RawSetting::flavor, errors),
            Argument::WorkerThreads => {
                raw.store(&mut self.worker_threads, RawSetting::worker_threads, errors);
            }
            Argument::Main => raw.store(&mut self.main, RawSetting::main, errors),
            Argument::Crate => raw.store(&mut self.krate, RawSetting::krate, errors),
        }
    }

    /// Reports `#[lambda_extension(Invoke, Shutdown)]` as one mistake, however many events it lists.
    fn report_bare_events(&mut self, bare_events: Vec<Element<Event>>, errors: &mut Errors) {
        let Some(first) = bare_events.first() else {
            return;
        };
        let names: Vec<_> = bare_events
            .iter()
            .map(|element| element.keyword.name())
            .collect();
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
            elements: bare_events,
            incomplete: false,
        });
        self.events.get_or_insert(Parsed { name, value });
    }
}
