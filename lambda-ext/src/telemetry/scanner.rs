//! A scanner of JSON, value by value.

use std::borrow::Cow;

use serde_core::de::IgnoredAny;

use crate::json::{self, Decode};

/// The rest of a text. After a `None` its position is undefined.
pub(super) struct Scanner<'a>(pub(super) &'a str);

impl<'a> Scanner<'a> {
    /// Takes a literal, which must come next.
    pub(super) fn literal(&mut self, literal: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(literal)?;
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

    /// Takes a value as JSON, however deep.
    pub(super) fn json(&mut self) -> Option<&'a str> {
        self.0 = self.0.trim_ascii_start();
        let text = self.0;
        self.value::<IgnoredAny>()?;
        self.taken_of(text)
    }

    /// Returns what was taken since `text` was the rest.
    pub(super) fn taken_of(&self, text: &'a str) -> Option<&'a str> {
        text.get(..text.len() - self.0.len())
    }
}

/// A record that is read by a scanner.
pub(super) trait FromScanner<'a>: Sized {
    fn take(scanner: &mut Scanner<'a>) -> Option<Self>;
}

impl<'a, T: Decode<'a>> FromScanner<'a> for Box<T> {
    fn take(scanner: &mut Scanner<'a>) -> Option<Self> {
        scanner.value().map(Box::new)
    }
}
