//! How the platform's JSON objects are read.
//!
//! Two rules hold for all of them, because the platform adds things and its local stand-ins leave
//! things out: a key that is not known is skipped, one that is missing or `null` leaves the
//! field's default, or is an error where the field is `required`.

mod decode;
mod into_owned;
mod number;
mod text;

pub(crate) use self::decode::{Decode, Value};
pub(crate) use self::into_owned::{IntoOwned, borrow_nothing};
pub(crate) use self::number::Millis;
pub(crate) use self::text::string;

/// Says which key goes into which field of a struct with a `Default`: its `Deserialize`.
macro_rules! object {
    ($type:ident<$de:lifetime> { $($fields:tt)+ }) => {
        $crate::json::object!(@ $de $type<$de> { $($fields)+ });
    };
    ($type:ident { $($fields:tt)+ }) => {
        $crate::json::object!(@ 'de $type { $($fields)+ });
    };
    (@ $de:lifetime $type:ty { $($($required:ident)? $key:literal => $field:ident),+ $(,)? }) => {
        impl<$de> serde_core::Deserialize<$de> for $type {
            fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
            where
                D: serde_core::Deserializer<$de>,
            {
                struct Object;

                impl<$de> serde_core::de::Visitor<$de> for Object {
                    type Value = $type;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        formatter.write_str("a JSON object")
                    }

                    fn visit_map<A>(self, mut map: A) -> Result<$type, A::Error>
                    where
                        A: serde_core::de::MapAccess<$de>,
                    {
                        use $crate::json::Value;

                        $(let mut $field = None;)+
                        while let Some(Value(key)) = map.next_key::<Value<std::borrow::Cow<'_, str>>>()? {
                            match &*key {
                                $($key => $field = map.next_value::<Value<Option<_>>>()?.0,)+
                                _ => {
                                    map.next_value::<serde_core::de::IgnoredAny>()?;
                                }
                            }
                        }
                        let mut object = <$type>::default();
                        $(object.$field = $crate::json::object!(@value $($required)? $key $field);)+
                        Ok(object)
                    }
                }

                deserializer.deserialize_map(Object)
            }
        }

        impl<$de> $crate::json::Decode<$de> for $type {
            fn decode<D>(deserializer: D) -> Result<Self, D::Error>
            where
                D: serde_core::Deserializer<$de>,
            {
                serde_core::Deserialize::deserialize(deserializer)
            }
        }
    };
    (@value required $key:literal $field:ident) => {
        $field.ok_or_else(|| <A::Error as serde_core::de::Error>::missing_field($key))?
    };
    (@value $key:literal $field:ident) => {
        $field.unwrap_or_default()
    };
}
pub(crate) use object;

/// Declares a struct that borrows its strings from the JSON that it is read from, and how it is
/// read and kept.
macro_rules! borrowed {
    (
        $(#[$meta:meta])*
        pub struct $type:ident<$de:lifetime> {
            $(
                $(#[$doc:meta])*
                pub $field:ident: $of:ty = $($key:literal)? $(required $required:literal)?,
            )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $type<$de> {
            $($(#[$doc])* pub $field: $of,)+
        }

        $crate::json::object!($type<$de> {
            $($($key => $field)? $(required $required => $field)?,)+
        });

        impl $type<'_> {
            /// The same, with nothing borrowed: what can be kept.
            #[must_use]
            pub fn into_owned(self) -> $type<'static> {
                $crate::json::IntoOwned::into_owned(self)
            }
        }

        impl $crate::json::IntoOwned for $type<'_> {
            type Owned = $type<'static>;

            fn into_owned(self) -> $type<'static> {
                $type {
                    $($field: $crate::json::IntoOwned::into_owned(self.$field),)+
                }
            }
        }
    };
}
pub(crate) use borrowed;
