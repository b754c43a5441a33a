//! How the events of a delivery are separated.

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    /// HTTP: elements of a JSON array.
    #[default]
    Array,
    /// TCP: lines.
    Lines,
}
