//! When something was told.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde_core::Deserializer;

use crate::json::{Decode, IntoOwned};

/// A time as the platform wrote it, `2026-03-04T09:15:00.101Z`: raw, and parsed on demand.
///
/// Empty where the platform told none.
///
/// See [Telemetry API: event](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Timestamp<'a>(Cow<'a, str>);

impl Timestamp<'_> {
    /// The text, as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The time, where the text is one.
    ///
    /// Any precision is read, an offset such as `+02:00`, and a colon before the fraction, as one
    /// of the platform's own examples has it. Without an offset it is UTC.
    #[must_use]
    pub fn system_time(&self) -> Option<SystemTime> {
        parse(&self.0)
    }

    /// The same, with nothing borrowed: what can be kept.
    #[must_use]
    pub fn into_owned(self) -> Timestamp<'static> {
        IntoOwned::into_owned(self)
    }
}

impl fmt::Display for Timestamp<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'a> From<&'a str> for Timestamp<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Timestamp<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl<'a> From<Cow<'a, str>> for Timestamp<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self(text)
    }
}

impl<'de> Decode<'de> for Timestamp<'de> {
    fn decode<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::decode(deserializer).map(Self)
    }
}

impl IntoOwned for Timestamp<'_> {
    type Owned = Timestamp<'static>;

    fn into_owned(self) -> Timestamp<'static> {
        Timestamp(IntoOwned::into_owned(self.0))
    }
}

fn parse(text: &str) -> Option<SystemTime> {
    let mut digits = Digits(text.trim());
    let year = digits.number(4)?;
    let month = digits.mark("-")?.number(2)?;
    let day = digits.mark("-")?.number(2)?;
    let hour = digits.mark("Tt ")?.number(2)?;
    let minute = digits.mark(":")?.number(2)?;
    let second = digits.mark(":")?.number(2)?;
    let nanos = match digits.mark(".,:") {
        Some(digits) => digits.fraction()?,
        None => 0,
    };
    let offset = digits.offset()?;

    // A leap second is the first second of the next minute.
    let is_time = hour < 24 && minute < 60 && second <= 60;
    let days = days_since_epoch(year, month, day).filter(|_| is_time)?;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - offset;
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let start = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(whole)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(whole)
    };
    start?.checked_add(Duration::from_nanos(nanos))
}

/// What is left of the text.
struct Digits<'a>(&'a str);

impl Digits<'_> {
    /// Takes one of these characters.
    fn mark(&mut self, marks: &str) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(|mark| marks.contains(mark))?;
        Some(self)
    }

    /// Takes a number of so many digits.
    fn number(&mut self, length: usize) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(length)?;
        let all = number.bytes().all(|digit| digit.is_ascii_digit());
        self.0 = rest;
        number.parse().ok().filter(|_| all)
    }

    /// Takes the digits of a fraction of a second; what is finer than nanoseconds is cut off.
    fn fraction(&mut self) -> Option<u64> {
        let rest = self
            .0
            .trim_start_matches(|digit: char| digit.is_ascii_digit());
        let digits = self
            .0
            .strip_suffix(rest)
            .filter(|digits| !digits.is_empty())?;
        self.0 = rest;
        let padded = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
        Some(padded.fold(0, |nanos, digit| nanos * 10 + u64::from(digit - b'0')))
    }

    /// Takes the rest, which is an offset from UTC in seconds.
    fn offset(&mut self) -> Option<i64> {
        let west = self.0.starts_with('-');
        if self.mark("+-").is_none() {
            let _ = self.mark("Zz");
            return self.0.is_empty().then_some(0);
        }
        let mut minutes = self.number(2)? * 60;
        // `+02:00`, `+0200` and `+02` are all in use.
        if !self.0.is_empty() {
            let _ = self.mark(":");
            minutes += self.number(2)?;
        }
        let seconds = if west { -minutes * 60 } else { minutes * 60 };
        self.0.is_empty().then_some(seconds)
    }
}

/// The days from 1970-01-01, by the proleptic Gregorian calendar.
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = i64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    let lengths = [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month).ok()?.checked_sub(1)?;
    let length = *lengths.get(index)?;
    // The days of so many years from year 0 on, which was a leap year.
    let before =
        |years: i64| years * 365 + (years + 3) / 4 - (years + 99) / 100 + (years + 399) / 400;
    let in_year = lengths.iter().take(index).sum::<i64>() + day - 1;
    (1..=length)
        .contains(&day)
        .then(|| before(year) - before(1970) + in_year)
}
