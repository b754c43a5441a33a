//! Numbers, however they are written.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde_core::de::{Deserializer, Error, MapAccess, Unexpected, Visitor};

use super::decode::{Decode, Value};

/// The key under which serde_json hands over the digits of a decimal where any crate of the
/// program has its feature `arbitrary_precision`.
const DIGITS: &str = "$serde_json::private::Number";

/// A number, zero where it is negative, or a string that should be one.
enum Number {
    Whole(u64),
    Decimal(f64),
    Words,
}

impl Number {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates
    fn whole(self) -> Option<u64> {
        match self {
            Self::Whole(number) => Some(number),
            Self::Decimal(number) => Some(number as u64),
            Self::Words => None,
        }
    }
}

impl<'de> Decode<'de> for Number {
    fn decode<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;

        impl<'de> Visitor<'de> for Digits {
            type Value = Number;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
                Ok(Number::Whole(number))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
                Ok(Number::Whole(u64::try_from(number).unwrap_or(0)))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
                Ok(Number::Decimal(number))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                let text = text.trim();
                let whole = text.parse().map(Number::Whole);
                // serde_json's way to read decimals is in the program anyway, and the standard
                // library's would be a hundredth of it.
                let decimal = || serde_json::from_str(text).map_or(Number::Words, Number::Decimal);
                Ok(whole.unwrap_or_else(|_| decimal()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Number, A::Error> {
                match map.next_key::<Value<Cow<'_, str>>>()? {
                    Some(Value(key)) if key == DIGITS => Ok(map.next_value::<Value<_>>()?.0),
                    _ => Err(A::Error::invalid_type(Unexpected::Map, &self)),
                }
            }
        }

        deserializer.deserialize_any(Digits)
    }
}

impl<'de> Decode<'de> for u64 {
    fn decode<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Number::decode(deserializer)?.whole();
        number.ok_or_else(no_number)
    }
}

/// From milliseconds, which the platform tells to the microsecond.
impl<'de> Decode<'de> for Duration {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates
    fn decode<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Number::decode(deserializer)? {
            // Rounded, because 1.001 is a little less in binary.
            Number::Decimal(millis) => Ok(Self::from_nanos((millis * 1e6).round() as u64)),
            number => number.whole().map(Self::from_millis).ok_or_else(no_number),
        }
    }
}

fn no_number<E: Error>() -> E {
    E::custom("a number was expected")
}

/// A time in milliseconds since the epoch.
///
/// A number or a string that is no time becomes 0, 'unknown': an event is worth more than its
/// deadline.
#[derive(Debug, Default)]
pub(crate) struct Millis(pub(crate) u64);

impl<'de> Decode<'de> for Millis {
    fn decode<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Number::decode(deserializer)?.whole().unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use serde_core::de::value::{Error, MapDeserializer};

    use super::*;

    /// Reads what serde_json's `arbitrary_precision` makes of a decimal. The feature itself would be
    /// that of every test.
    fn read<'de, T: Decode<'de>>(key: &'de str, digits: &'de str) -> Option<T> {
        let map = MapDeserializer::<_, Error>::new([(key, digits)].into_iter());
        T::decode(map).ok()
    }

    #[test]
    fn decimal_is_a_number_with_every_feature_of_serde_json() {
        let millis = read(DIGITS, "231.705");
        assert_eq!(millis, Some(Duration::from_micros(231_705)));
        assert_eq!(read(DIGITS, "300.0"), Some(300_u64));
        assert_eq!(read(DIGITS, "1e3").map(|Millis(time)| time), Some(1000));
        assert_eq!(read::<u64>("durationMs", "231.705"), None);
    }
}
