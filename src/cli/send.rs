//! `tidings send`: send one message and wait until it is safe.

use super::reach::{Reach, passing_device};
use super::{Failure, exit, print};
use crate::client::{Client, ClientError};
use crate::model::{Command, CommandResult, Content, ConversationId, Key, Target, Text, UserId};
use std::io::Read;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

/// Longest text that is read from standard input, in bytes; what a message may have is the server's rule.
const TEXT_BYTES_MAX: u64 = 1024 * 1024;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
The password comes from TIDINGS_PASSWORD or, without that, from standard input; never from an argument, because arguments are
visible to everybody on the machine. The command ends when the server has the message on its disk, and prints the number
of the conversation and of the message in it.

Examples:
  echo secret-word | tidings send --user ada --to bob 'Lunch?'
  TIDINGS_PASSWORD=... tidings send --user ada --to group:17 'The build is green.'
  TIDINGS_PASSWORD=... make 2>&1 | tail -n 20 | tidings send --user ci --to group:17 -

A script that may be run twice for one message gives it a key of its own; the server then makes it one message:
  tidings send --user ada --to bob --key 0192d4e0-7b1a-7cc3-98c4-dc0c0c07398f 'Once.'

Exit codes: 0 it is stored, 65 refused, 69 no server, 75 not known in time (run again with the key that is printed), 77 not
allowed.";

/// What `tidings send` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Server and user.
    #[command(flatten)]
    pub reach: Reach,
    /// Who gets it: the id of a user, or group:NUMBER.
    #[arg(long, value_name = "USER|group:ID")]
    pub to: Receiver,
    /// The message; `-` reads it from standard input.
    pub text: String,
    /// The text is Markdown.
    #[arg(long)]
    pub markdown: bool,
    /// The message's key (a UUID of version 7), so that sending it again is not a second message.
    #[arg(long, value_name = "UUID")]
    pub key: Option<Key>,
    /// Give up after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub within: u64,
}

/// Who gets a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver(Target);

impl FromStr for Receiver {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("group:") {
            Some(number) => number
                .parse()
                .map(|number| Self(Target::Conversation(ConversationId(number))))
                .map_err(|_| format!("`{number}` is not the number of a group; `tidings chat` and `tail` show it")),
            None => UserId::new(text).map(|user| Self(Target::User(user))).map_err(|error| error.to_string()),
        }
    }
}

/// Runs it.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    let credentials = args.reach.credentials()?;
    let text = if args.text == "-" { standard_input()? } else { args.text };
    let mut options = args.reach.options(passing_device("tidings send")?);
    options.state.follow = None;
    let limit = Duration::from_secs(args.within);
    let (client, _events) = tokio::time::timeout(limit, Client::connect(&args.reach.server, credentials, options))
        .await
        .unwrap_or(Err(ClientError::TimedOut))?;
    let key = args.key.unwrap_or_else(|| client.new_key());
    let content = Content::Text(Text { markdown: args.markdown, ..Text::plain(text) });
    let command = Command::Send { to: args.to.0, content };
    let outcome = match tokio::time::timeout(limit, client.execute_with_key(key, command)).await {
        Ok(outcome) => outcome?,
        Err(_) => {
            return Err(Failure::new(
                exit::TEMPORARY,
                format!(
                    "The server did not confirm the message within {} s. Run the same command again with --key {key}: if the \
                     message arrived after all, that does not send it twice.",
                    args.within
                ),
            ));
        }
    };
    // The session was made for this message; one that stays behind ends by itself.
    drop(tokio::time::timeout(Duration::from_secs(2), client.execute(Command::LogOut {})).await);
    client.close().await;
    match outcome.result {
        CommandResult::Appended { conversation, seq, .. } => {
            print(&format!("{conversation} {seq}\n"))?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(super::unexpected()),
    }
}

fn standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().lock().take(TEXT_BYTES_MAX).read_to_string(&mut text).map_err(|error| {
        Failure::new(exit::DATA, format!("The message cannot be read from standard input: {error}."))
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_a_user_or_a_group() {
        assert_eq!("group:17".parse(), Ok(Receiver(Target::Conversation(ConversationId(17)))));
        assert_eq!("ada".parse(), Ok(Receiver(Target::User(UserId::new("ada").unwrap()))));
        assert!("group:x".parse::<Receiver>().is_err());
        assert!("a b".parse::<Receiver>().is_err());
    }
}
