"""`Client`: connects, resumes, keeps a local copy of the conversations, keeps what is not acknowledged in an outbox, and comes back
after every break."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import logging
import platform
import ssl as ssl_module
import time
import urllib.parse
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import TypeAlias, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException
from websockets.typing import Subprotocol

from .backoff import Backoff
from .calls import Calls
from .errors import Over, Refused, Unreachable
from .events import Connection, Event, Message, Missed, Notice, Press
from .keys import new_key
from .outbox import Command, Outbox
from .pending import Pending
from .records import Device, Platform
from .replica import Backlog, Chat, same
from .rest import Rest
from .session import Answered, Fields, Options, Outcome, Session, Verdict
from .store import MemoryStore, Store

_log = logging.getLogger("tidings")
T = TypeVar("T")
#: Gives a token that an app's own backend has signed for its user.
Signer: TypeAlias = "Callable[[], str | Awaitable[str]]"

VERSION = "0.1.0"
#: Events that wait to be taken, before entries are left with the server until there is room again.
EVENTS_MAX = 4_000
#: Writing that takes longer than this means that the connection is dead.
_WRITE_SECONDS = 30.0
_FRAME_MAX = 16 << 20
#: After these ends the token may be good again; after all others it is forgotten.
_TOKEN_STAYS = frozenset({"replaced_by_same_device", "suspended"})


class SystemClock:
    """This computer's clocks."""

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def steady_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


class Client(Calls):
    """A user's device at a server.

    `url` is where its web client is: `https://chat.example.org`. Who it is: `token` (of a session that is open already), or `user` and
    `password`, which open one, or `signed`: a function (`async` or not) that gives a token which an app's own backend signs for its
    user. It is asked whenever a session is to be opened: at the start, and when the one that there was has expired or is gone; when it
    raises `OSError`, `TimeoutError` or `Unreachable` it is asked again later, any other error ends the client. With a `store` the
    session's token is kept and tried first. Use it as `async with Client(...) as client:`.

    A program that never reads `events()` says `keep_events=False`: then none are kept for it, and the local copy always follows.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        user: str | None = None,
        password: str | None = None,
        app: int = 1,
        signed: Signer | None = None,
        store: Store | None = None,
        device_name: str | None = None,
        device_platform: Platform = "api",
        name: str = f"tidings-python {VERSION}",
        backlog: Backlog = "unread",
        entries_kept: int = 500,
        hole_max: int = 10_000,
        outbox_max: int = 1_000,
        connect_within: float = 30.0,
        ssl: ssl_module.SSLContext | None = None,
        backoff: Backoff | None = None,
        keep_events: bool = True,
    ) -> None:
        self._web, self._socket_url = addresses(url)
        self._tls = ssl or (ssl_module.create_default_context() if self._web.startswith("https:") else None)
        self._store: Store = store or MemoryStore()
        if token is not None:
            self._store.keep_token(token)
        self._login = None if user is None or password is None else {"app": app, "user": user, "password": password}
        if self._login is not None and signed is not None:
            raise ValueError("say who this is in one way: user and password, or signed")
        self._signed = signed
        if self._store.token is None and not self._can_log_in:
            raise ValueError("say who this is: a token, user and password, signed, or a store that has a token")
        device = Device(self._store.device, device_platform, device_name or platform.node() or "Python")
        self._clock = SystemClock()
        outbox = Outbox(outbox_max, self._store.outbox())
        options = Options(device, name, backlog, entries_kept, hole_max, outbox_max)
        self._session = Session(options, self._clock, outbox)
        self._connect_within = connect_within
        self._backoff = backoff or Backoff()
        self.rest = Rest(self._web, lambda: self._store.token, self._tls)
        self._outcomes: dict[str, asyncio.Future[Outcome]] = {}
        self._answers: dict[int, asyncio.Future[Fields]] = {}
        self._queue: deque[Event] = deque()
        self._keep_events, self._missed = keep_events, False
        self._taken = asyncio.Event()
        self._wake = asyncio.Event()
        self._happened = asyncio.Condition()
        self._closing = False
        self._over: Exception | None = None
        self._trouble = ""
        self._task: asyncio.Task[None] | None = None

    # --- Its life ---

    async def __aenter__(self) -> Client:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Connects, logs in, and waits until everything that the server has is here. From then on it comes back by itself."""
        if self._task is not None:
            raise RuntimeError("a client is opened once; make another")
        self._task = asyncio.create_task(self._run(), name="tidings client")
        try:
            # Whoever has very much unread gets to read it before the rest comes.
            await asyncio.wait_for(self.until(lambda: self._session.synced or self._session.hold or None), self._connect_within)
        except (TimeoutError, asyncio.TimeoutError):
            await self.close()
            raise Unreachable(self._trouble or "the server did not answer in time") from None
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Closes the connection. The session stays, and so does what is in the outbox of a store that outlives the program."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                done, _ = await asyncio.wait({self._task}, timeout=5)
                if not done:
                    self._task.cancel()
                    await asyncio.wait({self._task})
        await self._finish(self._over or Over("closed"))

    async def synced(self) -> None:
        """Waits until everything that the server has is here; raises when that will never be."""
        await self.until(lambda: self._session.synced or None)

    async def settled(self) -> None:
        """The same, and everything that was asked for is decided."""
        await self.until(lambda: self._session.settled or None)

    async def until(self, look: Callable[[], T | None]) -> T:
        """Waits until `look` finds something (not None) in the local copy; raises when the session is over before."""
        async with self._happened:
            while True:
                found = look()
                if found is not None:
                    return found
                if self._over is not None:
                    raise self._over
                await self._happened.wait()

    # --- What it knows ---

    @property
    def user(self) -> str:
        """The user, as the server spells it."""
        return self._session.me

    @property
    def token(self) -> str | None:
        """The session's token. Keep it as you would a password."""
        return self._store.token

    @property
    def online(self) -> bool:
        """Whether there is a connection now."""
        return self._session.online

    @property
    def chats(self) -> list[Chat]:
        """The conversations, the last changed first; without those that are hidden, and without the feed."""
        shown = [c for c in self._session.chats.values() if c.about and c.kind != "feed" and not c.about.inbox.hidden]
        return sorted(shown, key=lambda c: (c.about.inbox.pinned, c.about.at) if c.about else (False, 0), reverse=True)

    def chat(self, conversation: int) -> Chat | None:
        """One conversation, if it is known here."""
        return self._session.chats.get(conversation)

    def chat_with(self, user: str) -> Chat | None:
        """The direct chat with a user, if there is one."""
        return next((c for c in self._session.chats.values() if c.peer is not None and same(c.peer, user)), None)

    @property
    def pending(self) -> list[tuple[str, Command]]:
        """What was asked for and is not decided, with its keys, oldest first."""
        return self._session.outbox.items()

    def new_key(self) -> str:
        """A new idempotency key, made with the server's time."""
        return new_key(self._session.server_ms())

    # --- Events ---

    def events(self) -> AsyncIterator[Event]:
        """What happens, in order, from where the last reader stopped. One reader at a time: two would share the events out. It ends when
        the client is closed, and raises when the session ends (`Over`) or the server does not let this client in (`Refused`).

        Messages and notices are never dropped: when nobody takes events, further ones stay with the server until there is room.
        """
        return _Events(self)

    async def messages(self) -> AsyncIterator[Message]:
        """Messages of others alone. Each is marked as read when the next one is asked for, so that one whose handling failed comes
        again when the program starts anew."""
        async for event in self.events():
            if isinstance(event, Message) and not event.mine:
                yield event
                self.read(event)

    async def heard(self) -> AsyncIterator[Message | Press]:
        """What a bot lives of: messages of others, and presses of buttons of its own messages. Each is marked as read when the next one is
        asked for, as in `messages()`."""
        async for event in self.events():
            if isinstance(event, (Message, Press)) and (isinstance(event, Press) or not event.mine):
                yield event
                self.read(event.chat.id, event.entry.seq)

    async def presses(self) -> AsyncIterator[Press]:
        """Presses of buttons of own messages alone; see `heard()`."""
        async for event in self.events():
            if isinstance(event, Press):
                yield event
                self.read(event.chat.id, event.entry.seq)

    async def _next_event(self) -> Event:
        while True:
            if self._missed:
                self._missed = False
                return Missed()
            if self._queue:
                event = self._queue.popleft()
                if self._session.hold and len(self._queue) <= EVENTS_MAX // 2:
                    self._session.hold = False
                    self._wake.set()
                return event
            if self._over is not None:
                if isinstance(self._over, Over) and self._over.reason == "closed":
                    raise StopAsyncIteration
                raise self._over
            self._taken.clear()
            await self._taken.wait()

    def _queued(self, event: Event) -> None:
        if not self._keep_events:
            return
        if len(self._queue) >= EVENTS_MAX:
            self._session.hold = True
            # Entries are bounded by that: only those on their way still come. Here is the bound of everything else.
            if len(self._queue) >= 4 * EVENTS_MAX and not isinstance(event, (Message, Notice)):
                self._missed = True
                return
        self._queue.append(event)

    # --- Asking ---

    def submit(self, command: Command, made: Callable[[Outcome], T], key: str | None = None) -> Pending[T]:
        """Puts a command (as docs/protocol.md has it) into the outbox. Sent until the server decided, always under the same key."""
        if self._over is not None:
            raise self._over
        key = key or self.new_key()
        future = self._outcomes.get(key)
        if future is None:
            self._session.outbox.put(key, command)
            self._store.put(key, command)
            future = self._outcomes[key] = asyncio.get_running_loop().create_future()
            future.add_done_callback(lambda done: _quietly(key, done))
            self._session.tick()
            self._wake.set()
        return Pending(key, future, made)

    def withdraw(self, key: str) -> bool:
        """Takes a command out of the outbox that was not sent yet. False: it is on its way, or decided."""
        dropped = self._session.outbox.drop(key)
        if dropped:
            self._store.drop(key)
            future = self._outcomes.pop(key, None)
            if future is not None and not future.done():
                future.set_exception(Over("withdrawn"))
        return dropped

    async def query(self, query: Fields) -> Fields:
        """Asks a question (as docs/protocol.md has it), across as many connections as it takes. Gives the fields of the answer."""
        if self._over is not None:
            raise self._over
        ticket = self._session.query(query)
        future: asyncio.Future[Fields] = asyncio.get_running_loop().create_future()
        self._answers[ticket] = future
        self._wake.set()
        try:
            return await future
        finally:
            self._answers.pop(ticket, None)

    def _say(self, act: Callable[[Session], None]) -> None:
        act(self._session)
        self._wake.set()

    # --- The background task ---

    async def _run(self) -> None:
        try:
            over = await self._connect_for_ever()
        except Exception as error:
            _log.exception("the client stopped because of an error of its own")
            over = error
        await self._finish(over)

    async def _finish(self, over: Exception) -> None:
        self._over = self._over or over
        self._session.closed()
        for outcome in self._outcomes.values():
            _fail(outcome, self._over)
        for answer in self._answers.values():
            _fail(answer, self._over)
        self._outcomes.clear()
        self._answers.clear()
        self._taken.set()
        async with self._happened:
            self._happened.notify_all()

    async def _connect_for_ever(self) -> Exception:
        """Connects again and again. Gives why it will not any more."""
        while True:
            self._tell(Connection("connecting"))
            token = self._store.token
            try:
                auth = {"token": token} if token is not None else await self._credentials()
            except (OSError, TimeoutError, asyncio.TimeoutError, Unreachable) as error:
                verdict = Verdict("reconnect", f"no token was signed: {error or type(error).__name__}")
            except Exception as error:
                # The program's own: it is the one to hear of it.
                return error
            else:
                verdict = await self._connection(auth)
            self._session.closed()
            if self._closing:
                return Over("closed")
            if verdict.what == "over":
                reason = verdict.error.reason if isinstance(verdict.error, Over) else None
                if reason is not None and reason not in _TOKEN_STAYS:
                    self._store.keep_token(None)
                # Nobody has decided that this device is out: its session was too old.
                if reason == "expired" and self._can_log_in:
                    continue
                return verdict.error or Over(verdict.reason)
            if verdict.what == "log_in":
                if token is None or not self._can_log_in:
                    return verdict.error or Over(verdict.reason)
                # The session is gone, but another can be opened.
                self._store.keep_token(None)
                continue
            self._trouble = verdict.reason
            wait = max(self._backoff.next_wait(), verdict.after_ms / 1_000)
            self._tell(Connection("offline", verdict.reason, wait))
            if not await self._sleep(wait):
                return Over("closed")

    @property
    def _can_log_in(self) -> bool:
        """Whether a session can be opened when there is none."""
        return self._login is not None or self._signed is not None

    async def _credentials(self) -> Fields:
        """What opens a session."""
        if self._signed is None:
            return {"password": self._login}
        token = self._signed()
        return {"signed": await token if inspect.isawaitable(token) else token}

    async def _connection(self, auth: Fields) -> Verdict:
        """One connection, from hello to its end."""
        tls = {"ssl": self._tls} if self._tls is not None else {}
        try:
            async with connect(
                self._socket_url,
                subprotocols=[Subprotocol("tidings.v1.json")],
                compression=None,
                ping_interval=None,
                close_timeout=1,
                open_timeout=10,
                max_size=_FRAME_MAX,
                **tls,  # type: ignore[arg-type]
            ) as socket:
                return await self._serve(socket, auth)
        except (OSError, TimeoutError, asyncio.TimeoutError, WebSocketException) as error:
            if isinstance(error, InvalidURI):
                return Verdict("over", str(error), error=error)
            words = "this address does not speak Tidings: " if isinstance(error, InvalidHandshake) else ""
            return Verdict("reconnect", words + (str(error) or type(error).__name__))

    async def _serve(self, socket: ClientConnection, auth: Fields) -> Verdict:
        self._session.opened(auth)
        reader = asyncio.create_task(self._read(socket))
        try:
            while True:
                self._wake.clear()
                await asyncio.wait_for(self._write(socket), _WRITE_SECONDS)
                if self._closing:
                    self._session.last_words()
                    await asyncio.wait_for(self._write(socket), _WRITE_SECONDS)
                    return Verdict("over", "closed")
                self._session.tick()
                await self._collect()
                # What came just before the end may say why it ended.
                if self._session.verdict is not None:
                    return self._session.verdict
                if reader.done():
                    return Verdict("reconnect", reader.result())
                if self._session.frames:
                    continue
                deadline = self._session.deadline_ms()
                wait = None if deadline is None else max(0, deadline - self._clock.steady_ms()) / 1_000
                await self._woken(wait)
        finally:
            reader.cancel()
            await asyncio.wait({reader})

    async def _write(self, socket: ClientConnection) -> None:
        while self._session.frames:
            await socket.send(json.dumps(self._session.frames.popleft(), ensure_ascii=False, separators=(",", ":")))

    async def _read(self, socket: ClientConnection) -> str:
        """Takes frames until the connection ends; gives why it did."""
        try:
            async for message in socket:
                ((kind, fields),) = json.loads(message).items()
                if kind == "welcome":
                    self._backoff.reset()
                    self._trouble = ""
                self._session.frame(kind, fields)
                await self._collect()
                if self._session.frames or self._session.verdict is not None:
                    self._wake.set()
            return "the connection ended"
        except (ValueError, AttributeError) as error:
            return f"the server said something that is no frame: {error}"
        except (OSError, WebSocketException) as error:
            return str(error) or "the connection broke"
        finally:
            self._wake.set()

    async def _collect(self) -> None:
        """Takes what the session has for callers and readers."""
        session = self._session
        if not (session.events or session.replies or session.token):
            return
        if session.token is not None:
            self._store.keep_token(session.token)
            session.token = None
        while session.replies:
            reply = session.replies.popleft()
            if isinstance(reply, Answered):
                _settle(self._answers.pop(reply.ticket, None), reply.result)
                continue
            self._store.drop(reply.key)
            future = self._outcomes.pop(reply.key, None)
            if future is None and isinstance(reply.result, Refused):
                _log.warning("a command that an earlier run left (key %s) was refused: %s", reply.key, reply.result)
            _settle(future, reply.result)
        while session.events:
            self._queued(session.events.popleft())
        self._taken.set()
        async with self._happened:
            self._happened.notify_all()

    def _tell(self, event: Connection) -> None:
        self._queued(event)
        self._taken.set()

    async def _woken(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _sleep(self, seconds: float) -> bool:
        """Waits before the next attempt; only closing ends it early. False: the client is being closed."""
        until = time.monotonic() + seconds
        while not self._closing and time.monotonic() < until:
            self._wake.clear()
            await self._woken(until - time.monotonic())
        return not self._closing


class _Events:
    """The events of a client, to iterate over."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __aiter__(self) -> _Events:
        return self

    async def __anext__(self) -> Event:
        return await self._client._next_event()


def addresses(url: str) -> tuple[str, str]:
    """Where REST is and where the socket is, for the address of a server."""
    parts = urllib.parse.urlsplit(url)
    schemes = {"http": ("http", "ws"), "https": ("https", "wss"), "ws": ("http", "ws"), "wss": ("https", "wss")}
    if parts.scheme not in schemes or not parts.netloc:
        raise ValueError(f"{url!r} is no address of a server; it looks like https://chat.example.org")
    web, socket = schemes[parts.scheme]
    path = parts.path.rstrip("/").removesuffix("/ws")
    return f"{web}://{parts.netloc}{path}", f"{socket}://{parts.netloc}{path}/ws"


def _fail(future: asyncio.Future[T], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        # It is no fault of the program's when nobody waits for it.
        future.exception()


def _settle(future: asyncio.Future[T] | None, result: T | Refused) -> None:
    if future is None or future.done():
        return
    if isinstance(result, Refused):
        future.set_exception(result)
    else:
        future.set_result(result)


def _quietly(key: str, done: asyncio.Future[Outcome]) -> None:
    """A refusal that nobody waits for is logged, once, without its content."""
    if not done.cancelled() and isinstance(done.exception(), Refused):
        _log.info("the command with key %s was refused: %s", key, done.exception())
