//! Server-sent events as a pure state machine: bytes in, the `data` of whole events out. Only what chat completions need of the
//! standard (HTML, section 9.2): names, ids and retries are passed over.

/// Longest event, in bytes.
pub const EVENT_BYTES_MAX: usize = 512 * 1024;

/// An event is longer than any should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// What has come of the events.
#[derive(Debug, Default)]
pub struct Events {
    /// The line that is not whole yet.
    line: Vec<u8>,
    /// The last byte was a carriage return, so a line feed that follows belongs to it.
    after_return: bool,
    /// The data of the event that is not whole yet.
    data: String,
    /// It has some, though it may be empty.
    has_data: bool,
}

impl Events {
    /// Takes bytes as they came, split anywhere, and gives the data of every event that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLong> {
        let mut events = Vec::new();
        for &byte in bytes {
            let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => events.extend(self.end_of_line()),
                byte => self.line.push(byte),
            }
            if self.line.len() + self.data.len() > EVENT_BYTES_MAX {
                return Err(TooLong);
            }
        }
        Ok(events)
    }

    fn end_of_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            let has_data = std::mem::take(&mut self.has_data);
            let data = std::mem::take(&mut self.data);
            return has_data.then_some(data);
        }
        let line = String::from_utf8_lossy(&line);
        let value = match line.split_once(':') {
            Some(("data", value)) => value.strip_prefix(' ').unwrap_or(value),
            None if line == "data" => "",
            Some(_) | None => return None,
        };
        if self.has_data {
            self.data.push('\n');
        }
        self.has_data = true;
        self.data.push_str(value);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(pieces: &[&[u8]]) -> Vec<String> {
        let mut events = Events::default();
        pieces.iter().flat_map(|piece| events.push(piece).unwrap()).collect()
    }

    #[test]
    fn events_come_out_whatever_ends_their_lines() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!(
                "event: x{end}data: one{end}{end}: comment{end}data:two{end}data: three{end}id: 4{end}{end}data: open"
            );
            assert_eq!(all(&[text.as_bytes()]), ["one", "two\nthree"], "{end:?}");
        }
        assert_eq!(all(&[b"data\n\n", b"\n\n", b"data: \n\n"]), ["", ""]);
    }

    #[test]
    fn what_is_no_utf8_is_replaced_and_harms_nobody() {
        assert_eq!(all(&[b"data: a\xffb\n\n"]), ["a\u{fffd}b"]);
    }

    #[test]
    fn a_line_without_an_end_is_given_up() {
        let mut events = Events::default();
        let piece = vec![b'x'; 64 * 1024];
        let taken = (0..1_000).take_while(|_| events.push(&piece).is_ok()).count();
        assert_eq!(taken, EVENT_BYTES_MAX / piece.len());
        let mut events = Events::default();
        assert!((0..100_000).any(|_| events.push(b"data: xxxxxxxxxx\n").is_err()), "lines without an end, too");
    }

    proptest! {
        #[test]
        fn where_the_bytes_are_split_makes_no_difference(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), Just(b' '), Just(b'd'), Just(b'a'), Just(b't'), any::<u8>()], 0..200),
            cut in 0_usize..200,
        ) {
            let cut = cut.min(bytes.len());
            prop_assert_eq!(all(&[&bytes[..cut], &bytes[cut..]]), all(&[&bytes]));
        }
    }
}
