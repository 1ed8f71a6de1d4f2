//! Reading passwords: from standard input, never from the arguments.

use super::{Failure, exit};
use crate::model::Secret;
use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use std::io::{self, IsTerminal, Read, Write};

/// Longest password that is read, in bytes; the rules for passwords are the server's.
const BYTES_MAX: u64 = 4_096;

/// A new password: from standard input when `from_stdin`, else asked for twice on the terminal.
pub fn new_password(from_stdin: bool) -> Result<Secret, Failure> {
    if from_stdin {
        return one_line();
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            exit::USAGE,
            "Nobody is there to be asked for a password. Give it on standard input, with --password-stdin.",
        ));
    }
    let first = ask("New password: ")?;
    if ask("The same again: ")? == first {
        Ok(first)
    } else {
        Err(Failure::new(exit::DATA, "The two passwords are not the same; nothing was changed."))
    }
}

/// The first line of standard input, without its end. On a terminal it is asked for and not shown.
pub fn one_line() -> Result<Secret, Failure> {
    if io::stdin().is_terminal() {
        return ask("Password: ");
    }
    let mut text = String::new();
    io::stdin().lock().take(BYTES_MAX).read_to_string(&mut text).map_err(|error| {
        Failure::new(exit::DATA, format!("The password cannot be read from standard input: {error}."))
    })?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line)),
        _ => Err(Failure::new(exit::USAGE, "Standard input is empty; the password is expected there, in one line.")),
    }
}

/// Asks on the terminal, without showing what is typed.
pub fn ask(question: &str) -> Result<Secret, Failure> {
    let failed = |error: io::Error| Failure::new(exit::DATA, format!("The terminal cannot be asked: {error}."));
    eprint!("{question}");
    io::stderr().flush().map_err(failed)?;
    enable_raw_mode().map_err(failed)?;
    let typed = type_in();
    disable_raw_mode().map_err(failed)?;
    eprintln!();
    match typed.map_err(failed)? {
        Some(password) => Ok(Secret::new(password)),
        None => Err(Failure::new(exit::USAGE, "Nothing was changed.")),
    }
}

/// What is typed until Enter; none when it was broken off.
fn type_in() -> io::Result<Option<String>> {
    let mut text = String::new();
    loop {
        let Event::Key(key) = read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => return Ok(Some(text)),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => return Ok(None),
            KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => text.clear(),
            KeyCode::Char(typed) if text.len() < BYTES_MAX as usize => text.push(typed),
            KeyCode::Backspace => {
                text.pop();
            }
            KeyCode::Esc => return Ok(None),
            _ => {}
        }
    }
}
