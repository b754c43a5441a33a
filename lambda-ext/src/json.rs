//! How the wire's JSON objects are read.
//!
//! Two rules hold for all of them, because the platform adds things and its local stand-ins leave
//! things out: a key that is not known is skipped, one that is missing or `null` leaves the
//! field's default.

use std::borrow::Cow;
use std::fmt;

use serde_core::de::{Deserialize, Deserializer, Error, Visitor};

/// Implements `Deserialize` for a struct with a `Default`: which key goes into which field.
macro_rules! object {
    ($type:ident { $($key:literal => $field:ident),+ $(,)? }) => {
        impl<'de> serde_core::Deserialize<'de> for $type {
            fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
            where
                D: serde_core::Deserializer<'de>,
            {
                struct Object;

                impl<'de> serde_core::de::Visitor<'de> for Object {
                    type Value = $type;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        formatter.write_str("a JSON object")
                    }

                    fn visit_map<A>(self, mut map: A) -> Result<$type, A::Error>
                    where
                        A: serde_core::de::MapAccess<'de>,
                    {
                        let mut object = <$type>::default();
                        while let Some(key) = map.next_key::<$crate::json::Key<'de>>()? {
                            match &*key.0 {
                                $($key => {
                                    object.$field = map.next_value::<Option<_>>()?.unwrap_or_default();
                                })+
                                _ => {
                                    map.next_value::<serde_core::de::IgnoredAny>()?;
                                }
                            }
                        }
                        Ok(object)
                    }
                }

                deserializer.deserialize_map(Object)
            }
        }
    };
}
pub(crate) use object;

/// An object's key, borrowed where it has no escapes.
pub(crate) struct Key<'de>(pub(crate) Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// A time in milliseconds since the epoch: a number, or a numeric string.
///
/// A number or a string that is no time becomes 0, 'unknown': an event is worth more than its
/// deadline.
#[derive(Debug, Default)]
pub(crate) struct Millis(pub(crate) u64);

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = Millis;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("milliseconds since the epoch")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Millis, E> {
                Ok(Millis(number))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Millis, E> {
                Ok(Millis(u64::try_from(number).unwrap_or(0)))
            }

            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates
            fn visit_f64<E: Error>(self, number: f64) -> Result<Millis, E> {
                Ok(Millis(number as u64))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Millis, E> {
                Ok(Millis(text.trim().parse().unwrap_or(0)))
            }
        }

        deserializer.deserialize_any(Number)
    }
}
