//! Base64 for URLs without padding (RFC 4648, section 5).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Writes bytes.
pub fn encode_url(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let block = chunk.iter().fold(0u32, |block, byte| block << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(block >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}

/// Reads bytes; `None` for everything that [`encode_url`] would not have written, but for padding at the end, which some write.
pub fn decode_url(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    if text.len() % 4 == 1 {
        return None;
    }
    let (mut bytes, mut block, mut bits) = (Vec::with_capacity(text.len() * 3 / 4), 0u32, 0);
    for c in text.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == c)? as u32;
        block = block << 6 | digit;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((block >> bits) as u8);
            block &= (1 << bits) - 1;
        }
    }
    (block == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_for_urls_reads_back() {
        assert_eq!(encode_url(b"\xfb\xff\xfe"), "-__-");
        assert_eq!((encode_url(b"f"), encode_url(b"fo"), encode_url(b"")), ("Zg".into(), "Zm8".into(), String::new()));
        for length in 0..70 {
            let bytes: Vec<u8> = (0..length).map(|n| n * 7).collect();
            assert_eq!(decode_url(&encode_url(&bytes)), Some(bytes));
        }
        assert_eq!(decode_url("Zg=="), Some(b"f".to_vec()));
        for wrong in ["Z", "Zh", "Zm9", "Zm+v", "Z m8", "Zé"] {
            assert_eq!(decode_url(wrong), None, "{wrong}");
        }
        assert_eq!(decode_url(&format!("{}B", "A".repeat(42))), None, "bits after the end");
    }
}
