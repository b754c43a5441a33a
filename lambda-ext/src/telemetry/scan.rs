//! JSON read from the front, value by value.

use std::borrow::Cow;

use serde_core::de::IgnoredAny;

use crate::json::{self, Decode};

/// What is left of a text. After a `None` that is anywhere.
pub(super) struct Scan<'a>(pub(super) &'a str);

impl<'a> Scan<'a> {
    /// Takes what must come now.
    pub(super) fn mark(&mut self, mark: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(mark)?;
        Some(())
    }

    /// Takes a string.
    pub(super) fn string(&mut self) -> Option<Cow<'a, str>> {
        let (text, rest) = json::string(self.0)?;
        self.0 = rest;
        Some(text)
    }

    /// Takes a value.
    pub(super) fn value<T: Decode<'a>>(&mut self) -> Option<T> {
        let mut deserializer = serde_json::Deserializer::from_str(self.0);
        let value = T::decode(&mut deserializer).ok()?;
        // Only this iterator tells where its deserializer is.
        let length = deserializer.into_iter::<IgnoredAny>().byte_offset();
        self.0 = self.0.get(length..)?;
        Some(value)
    }

    /// Takes a value as the JSON that it is, however deep.
    pub(super) fn json(&mut self) -> Option<&'a str> {
        self.0 = self.0.trim_ascii_start();
        let text = self.0;
        self.value::<IgnoredAny>()?;
        self.taken_of(text)
    }

    /// What was taken since this was what is left.
    pub(super) fn taken_of(&self, text: &'a str) -> Option<&'a str> {
        text.get(..text.len() - self.0.len())
    }
}
