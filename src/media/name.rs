//! The name a file is offered under when it is saved. What the uploader said is never a path and never part of one; here it is
//! made harmless for the machine it is saved on, and for the eyes of who saves it.

/// Longest name, in bytes of UTF-8: what common file systems take.
const BYTES_MAX: usize = 200;
/// Longest ending (with its dot) that survives when a name is cut.
const ENDING_BYTES_MAX: usize = 16;
/// What a file is called when nothing is left of its name.
const NAMELESS: &str = "file";
/// Names that Windows keeps for devices, with any ending.
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];

/// Makes a name harmless: its last step only, no control or direction characters, nothing a file system treats specially.
pub fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).find(|step| !step.is_empty()).unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|c| !c.is_control() && !is_direction(*c))
        .map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c })
        .collect();
    let mut kept = cut(kept.trim_matches(|c: char| c.is_whitespace() || c == '.'));
    if kept.is_empty() {
        NAMELESS.clone_into(&mut kept);
    }
    if is_device(&kept) {
        kept.insert(0, '_');
    }
    kept
}

/// Characters that turn the direction of writing or are not seen: with them `exe.gpj` reads as something else.
const fn is_direction(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Cuts a name to its length, and keeps a short ending.
fn cut(name: &str) -> String {
    if name.len() <= BYTES_MAX {
        return name.to_owned();
    }
    let ending = name.rfind('.').map_or("", |dot| &name[dot..]);
    let ending = if ending.len() <= ENDING_BYTES_MAX { ending } else { "" };
    let mut end = BYTES_MAX - ending.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", name[..end].trim_end())
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    DEVICES.contains(&stem.as_str()) || numbered.is_some_and(|n| n.len() == 1 && n.bytes().all(|c| c.is_ascii_digit()))
}

/// The value of `Content-Disposition` (RFC 6266): shown in place or saved, with the name in both of its forms.
pub fn disposition(inline: bool, name: &str) -> String {
    let name = clean(name);
    let kind = if inline { "inline" } else { "attachment" };
    let plain: String =
        name.chars().map(|c| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '%') { c } else { '_' }).collect();
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", percent(&name))
}

/// Percent-encodes everything but the attribute characters of RFC 8187.
fn percent(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_what_could_harm() {
        for (given, kept) in [
            ("photo.jpg", "photo.jpg"),
            ("Übersicht 2026 – 図.pdf", "Übersicht 2026 – 図.pdf"),
            ("../../x", "x"),
            ("..\\..\\windows\\system32\\x.dll", "x.dll"),
            ("/etc/passwd", "passwd"),
            ("..", "file"),
            ("", "file"),
            ("\0", "file"),
            ("a\0b.png", "ab.png"),
            ("a\r\nSet-Cookie: x.png", "aSet-Cookie_ x.png"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("lpt1.html", "_lpt1.html"),
            ("console.txt", "console.txt"),
            ("a<b>:\"c|d?*.txt", "a_b___c_d__.txt"),
            ("trailing. . ", "trailing"),
            (".htaccess", "htaccess"),
            ("x/", "x"),
        ] {
            assert_eq!(clean(given), kept, "{given:?}");
        }
    }

    #[test]
    fn a_name_of_four_kilobytes_is_cut_and_keeps_its_ending() {
        let cut = clean(&format!("{}.jpeg", "é".repeat(2_048)));
        assert!(cut.len() <= BYTES_MAX && cut.ends_with("é.jpeg"), "{cut}");
        assert!(clean(&format!("a.{}", "b".repeat(4_096))).len() <= BYTES_MAX);
    }

    #[test]
    fn the_disposition_is_one_line_of_ascii() {
        assert_eq!(
            disposition(false, "naïve \"x\".html"),
            "attachment; filename=\"na_ve _x_.html\"; filename*=UTF-8''na%C3%AFve%20_x_.html"
        );
        for hostile in ["a\"; filename=evil.html", "a\r\nX: y", "100%.png", "図\u{202e}.svg"] {
            let value = disposition(true, hostile);
            assert!(value.bytes().all(|c| (b' '..=b'~').contains(&c)), "{value}");
            assert_eq!(value.matches('"').count(), 2, "{value}");
        }
    }
}
