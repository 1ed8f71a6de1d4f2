//! Lists that a peer fills: cut off while they are read, so that a frame of a megabyte cannot become tens of megabytes of
//! entries in memory before any rule looks at it. The rules set their own, lower limits.

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Most elements that are read of a list in a client's frame.
pub const LIST_READ_MAX: usize = 1_024;

/// Reads a list of at most [`LIST_READ_MAX`] elements; for `#[serde(deserialize_with = "…")]`.
pub fn read<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct Short<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Short<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {LIST_READ_MAX} elements")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut elements = Vec::new();
            while let Some(element) = list.next_element()? {
                if elements.len() == LIST_READ_MAX {
                    return Err(A::Error::custom(format_args!("a list has more than {LIST_READ_MAX} elements")));
                }
                elements.push(element);
            }
            Ok(elements)
        }
    }
    deserializer.deserialize_seq(Short(PhantomData))
}
