//! The loop between the terminal, the client library and the model.

use super::model::{Action, End, Input, Model};
use super::picture::Picture;
use super::screen::Screen;
use super::view;
use crate::cli::{Failure, exit};
use crate::client::{Client, ClientError, Events};
use crate::model::{Answer, Clock, ConversationId, Timestamp};
use crossterm::event::{Event as TerminalEvent, EventStream};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What moves by itself (waits, people who stop typing) is drawn again this often.
const TICK: Duration = Duration::from_millis(500);
/// Inputs that are taken before the screen is drawn again, so that a flood of them does not draw for each.
const INPUTS_BEFORE_DRAWING_MAX: usize = 1_000;
/// Older entries that are loaded at once.
const OLDER: u32 = 100;
/// Leaving waits this long for what is still on its way out.
const LAST_WORDS: Duration = Duration::from_millis(1_500);

/// What the client was asked and has not answered yet.
enum Reply {
    Answer(Result<Answer, ClientError>),
    Older(ConversationId, Result<usize, ClientError>),
}

type Asking<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = Reply> + Send + 'a>>>;

/// The signals that end the program.
struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Shows the chat until it ends; gives back the terminal and says how it ended.
pub async fn run(mut model: Model, client: Client, mut events: Events, clock: Clock) -> Result<End, Failure> {
    let failed = |error: io::Error| Failure::new(exit::UNAVAILABLE, format!("The terminal cannot be used: {error}."));
    let mut signals = Signals::new().map_err(failed)?;
    let mut screen = Screen::take().map_err(failed)?;
    let ended = show(&mut model, &client, &mut events, &clock, &mut screen, &mut signals).await;
    drop(screen);
    if matches!(ended, Ok(End::Quit)) && model.is_online() {
        // What was typed last should go out, and what was read be told; but nobody waits long for that.
        drop(tokio::time::timeout(LAST_WORDS, client.settled()).await);
    }
    let left = client.look_at_state(|state| state.pending().count());
    client.close().await;
    if left > 0 {
        eprintln!("{left} of the things you asked for had no answer of the server yet; they are not kept.");
    }
    ended.map_err(failed)
}

async fn show(
    model: &mut Model,
    client: &Client,
    events: &mut Events,
    clock: &Clock,
    screen: &mut Screen,
    signals: &mut Signals,
) -> io::Result<End> {
    let mut keys = EventStream::new();
    let mut asking = Asking::new();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let size = screen.terminal.size()?;
    let mut inputs = vec![Input::Size(size.width, size.height)];
    loop {
        let mut look = false;
        let mut queue: std::collections::VecDeque<Input> = inputs.drain(..).collect();
        loop {
            let Some(input) = queue.pop_front() else {
                if look {
                    look = false;
                    let open = model.open;
                    queue.push_back(Input::Picture(client.look_at_state(|state| Picture::take(state, open))));
                    continue;
                }
                break;
            };
            look |= matches!(input, Input::Client(_) | Input::Older(..));
            for action in model.update(now(client, clock), input) {
                match action {
                    Action::End(end) => return Ok(end),
                    Action::Look => look = true,
                    Action::Submit(command, asked) => queue.push_back(match client.submit(command) {
                        Ok(key) => Input::Submitted(key, asked),
                        Err(error) => Input::NotSubmitted(asked, error.to_string()),
                    }),
                    Action::Query(query) => {
                        asking.push(Box::pin(async { Reply::Answer(client.query(query).await) }));
                    }
                    Action::LoadOlder(id) => {
                        asking.push(Box::pin(async move { Reply::Older(id, client.load_older(id, OLDER).await) }));
                    }
                    Action::Read(id, seq) => client.read(id, seq),
                    Action::Typing(id, active) => client.typing(id, active),
                    Action::Watch(users, seconds) => client.watch(users, seconds),
                }
            }
        }
        screen.terminal.draw(|frame| {
            let position = view::draw(model, frame.buffer_mut());
            frame.set_cursor_position(position);
        })?;
        tokio::select! {
            key = keys.next() => match key {
                Some(key) => {
                    inputs.extend(typed(key?));
                    // Asked with this task's own waker: the stream keeps the first one it gets until that was woken.
                    while inputs.len() < INPUTS_BEFORE_DRAWING_MAX
                        && let Poll::Ready(Some(key)) =
                            std::future::poll_fn(|context| Poll::Ready(keys.poll_next_unpin(context))).await
                    {
                        inputs.extend(typed(key?));
                    }
                }
                None => return Ok(End::Quit),
            },
            event = events.next() => match event {
                Some(event) => {
                    inputs.push(Input::Client(event));
                    while inputs.len() < INPUTS_BEFORE_DRAWING_MAX && let Some(event) = events.try_next() {
                        inputs.push(Input::Client(event));
                    }
                }
                None => return Ok(End::Quit),
            },
            Some(reply) = asking.next(), if !asking.is_empty() => inputs.push(match reply {
                Reply::Answer(answer) => Input::Answered(answer),
                Reply::Older(id, result) => Input::Older(id, result),
            }),
            _ = ticks.tick() => inputs.push(Input::Tick),
            () = signals.any() => return Ok(End::Quit),
        }
    }
}

/// Now, by the server's clock as far as it is known.
fn now(client: &Client, clock: &Clock) -> Timestamp {
    client.look_at_state(|state| state.server_time(clock.now()))
}

fn typed(event: TerminalEvent) -> Option<Input> {
    match event {
        TerminalEvent::Key(key) => Some(Input::Key(key)),
        TerminalEvent::Paste(text) => Some(Input::Paste(text)),
        TerminalEvent::Resize(columns, rows) => Some(Input::Size(columns, rows)),
        TerminalEvent::FocusGained => Some(Input::Focus(true)),
        TerminalEvent::FocusLost => Some(Input::Focus(false)),
        TerminalEvent::Mouse(_) => None,
    }
}
