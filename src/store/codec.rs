//! Stored values: `version (1 byte) · postcard · checksum (4 bytes, little-endian)`.
//!
//! The checksum is the low half of XXH3-64 over the table's name, the key, the version and the postcard bytes, so that a value that
//! was damaged, or stands under a wrong key, is never served as truth.

use super::fault::Fault;
use super::records::Record;
use crate::model::text::hex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::Xxh3;

const CHECKSUM_BYTES: usize = 4;

fn checksum(table: &str, key: &[u8], value: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut hash = Xxh3::new();
    hash.update(table.as_bytes());
    hash.update(key);
    hash.update(value);
    (hash.digest() as u32).to_le_bytes()
}

/// Encodes a value for a table and key.
pub fn seal<T: Serialize>(table: &'static str, key: &[u8], version: u8, value: &T) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::with_capacity(128);
    bytes.push(version);
    let mut bytes = postcard::to_extend(value, bytes).map_err(|_| Fault::Misuse("a value cannot be encoded"))?;
    bytes.extend_from_slice(&checksum(table, key, &bytes));
    Ok(bytes)
}

/// Decodes a value and checks it.
pub fn unseal<T: DeserializeOwned>(table: &'static str, key: &[u8], version: u8, bytes: &[u8]) -> Result<T, Fault> {
    let damaged = |reason: String| Fault::Damaged { table, key: hex(key), reason };
    match unseal_first::<T>(table, key, version, bytes)? {
        (value, []) => Ok(value),
        (_, rest) => Err(damaged(format!("{} bytes are left over", rest.len()))),
    }
}

/// Decodes a row and checks it; one of the version before becomes what it is now.
pub fn unseal_row<R: Record>(key: &[u8], bytes: &[u8]) -> Result<R, Fault> {
    let table = R::TABLE.name();
    if R::VERSION > 1 && bytes.first() == Some(&(R::VERSION - 1)) {
        return unseal::<R::Before>(table, key, R::VERSION - 1, bytes).map(Into::into);
    }
    unseal(table, key, R::VERSION, bytes)
}

/// Checks a value, and decodes what it begins with; the rest comes back as it is.
pub fn unseal_first<'a, T: DeserializeOwned>(
    table: &'static str,
    key: &[u8],
    version: u8,
    bytes: &'a [u8],
) -> Result<(T, &'a [u8]), Fault> {
    let damaged = |reason: String| Fault::Damaged { table, key: hex(key), reason };
    let Some((value, sum)) = bytes.split_last_chunk::<CHECKSUM_BYTES>() else {
        return Err(damaged(format!("it has {} bytes", bytes.len())));
    };
    if checksum(table, key, value) != *sum {
        return Err(damaged("its checksum does not match".to_owned()));
    }
    match value.split_first() {
        Some((found, fields)) if *found == version => {
            postcard::take_from_bytes::<T>(fields).map_err(|error| damaged(error.to_string()))
        }
        Some((found, _)) => Err(damaged(format!("it has version {found}; this program reads version {version}"))),
        None => Err(damaged("it is empty".to_owned())),
    }
}

/// Decodes what a value begins with, for finding one's way among many: the checksum is not looked at.
pub fn peek<T: DeserializeOwned>(table: &'static str, key: &[u8], version: u8, bytes: &[u8]) -> Result<T, Fault> {
    let damaged = |reason: String| Fault::Damaged { table, key: hex(key), reason };
    match bytes.split_first() {
        Some((found, fields)) if *found == version => {
            postcard::take_from_bytes(fields).map(|(value, _)| value).map_err(|error| damaged(error.to_string()))
        }
        Some((found, _)) => Err(damaged(format!("it has version {found}; this program reads version {version}"))),
        None => Err(damaged("it is empty".to_owned())),
    }
}
