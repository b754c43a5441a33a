//! Closed sets of names that the attribute accepts. Each set is a table.

use crate::edit_distance;

/// A member of a closed set of names.
pub trait Keyword: Copy + PartialEq + 'static {
    /// All members, in the order in which messages list them.
    const ALL: &'static [Self];
    /// The article and the noun for a member in messages.
    const NOUN: (&'static str, &'static str);

    /// Returns the name as the author writes it.
    fn name(self) -> &'static str;

    /// Returns the keyword with exactly this name.
    fn from_name(name: &str) -> Option<Self> {
        let mut keywords = Self::ALL.iter().copied();
        keywords.find(|keyword| keyword.name() == name)
    }

    /// Returns the keyword that the author probably meant.
    fn closest(text: &str) -> Option<Self> {
        edit_distance::closest(text, Self::ALL.iter().copied(), Self::name)
    }

    /// Returns the only keyword whose first word this is: `tick_ms` for `tick`.
    fn by_prefix(text: &str) -> Option<Self> {
        let mut keywords = Self::ALL.iter().copied().filter(|keyword| {
            let rest = keyword.name().strip_prefix(text);
            rest.is_some_and(|rest| rest.starts_with('_'))
        });
        keywords.next().filter(|_| keywords.next().is_none())
    }

    /// Renders all names, to follow "one of".
    fn names() -> String {
        let names: Vec<_> = Self::ALL
            .iter()
            .map(|keyword| format!("`{}`", keyword.name()))
            .collect();
        names.join(", ")
    }

    /// Renders all names, to follow "expected".
    fn alternatives() -> String {
        let names = Self::names();
        match names.rsplit_once(", ") {
            Some((others, last)) => format!("{others} or {last}"),
            None => names,
        }
    }
}
