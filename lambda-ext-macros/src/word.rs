//! The words that the attribute is written with: each kind is a table.

use crate::similar;

/// One of a closed set of words.
pub trait Word: Copy + PartialEq + 'static {
    /// Every one, in the order in which messages list them.
    const ALL: &'static [Self];
    /// What messages call one, behind the article that goes with it.
    const NOUN: (&'static str, &'static str);

    /// As the author writes it.
    fn name(self) -> &'static str;

    /// The one of exactly this name.
    fn named(name: &str) -> Option<Self> {
        let mut words = Self::ALL.iter().copied();
        words.find(|word| word.name() == name)
    }

    /// The one that may have been meant.
    fn nearest(written: &str) -> Option<Self> {
        similar::nearest(written, Self::ALL.iter().copied(), Self::name)
    }

    /// The one that begins with this word, if no other does: `tick` for `tick_ms`.
    fn begun(written: &str) -> Option<Self> {
        let mut words = Self::ALL.iter().copied().filter(|word| {
            let rest = word.name().strip_prefix(written);
            rest.is_some_and(|rest| rest.starts_with('_'))
        });
        words.next().filter(|_| words.next().is_none())
    }

    /// Every name, to follow on "one of".
    fn names() -> String {
        let names: Vec<_> = Self::ALL
            .iter()
            .map(|word| format!("`{}`", word.name()))
            .collect();
        names.join(", ")
    }

    /// Every name, to follow on "expected".
    fn alternatives() -> String {
        let names = Self::names();
        match names.rsplit_once(", ") {
            Some((others, last)) => format!("{others} or {last}"),
            None => names,
        }
    }
}
