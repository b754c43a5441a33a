//! The separators of the events in a delivery.

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    /// HTTP: elements of a JSON array.
    #[default]
    Array,
    /// TCP: lines.
    Lines,
}
