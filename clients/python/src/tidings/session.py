"""The client as a state machine: frames and time go in, frames and events come out. No sockets, no tasks.

The driver (`client`) calls `opened` with a new connection, `frame` for each frame, `tick` when `deadline_ms` has come and `closed` when
the connection is gone; after each call it writes `frames`, hands on `events` and `replies`, and obeys `verdict`. The rules are
those of docs/protocol.md, "Rules for clients".
"""

from __future__ import annotations

import itertools
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from . import events as happened
from .codec import Malformed, decode, decode_list
from .errors import Full, Over, Refused
from .outbox import Command, Item, Outbox
from .records import (
    Body, Buttons, ContactCard, Conversation, Cursor, Custom, Device, Edited, Entry, Inbox, Limits, Location, Presence, Pressed, Profile, Reacted,
    RecalledEntry, Sticker, Text, Welcome,
)
from .replica import Backlog, Change, Chat, Missing

_log = logging.getLogger("tidings")

#: Cursors are told after so many entries, or so long after the first one.
CURSOR_ENTRIES = 32
CURSOR_WAIT_MS = 50
#: A notice and the entry it rewrote come together; after this the entry is fetched instead.
STALE_WAIT_MS = 100
AGAIN_MS = 1_000
QUERIES_IN_FLIGHT = 4
_PAGE_ENTRIES = 200
_PAGE_CONVERSATIONS = 100
_HELLO_SYNC = 0
_LOG_IN_AGAIN = frozenset({"unauthenticated", "token_expired", "session_revoked"})
_COME_BACK = frozenset({"overloaded", "rate_limited", "unavailable"})
_GONE = frozenset({"not_found", "forbidden", "not_member"})

Fields: TypeAlias = "dict[str, Any]"


class Clock(Protocol):
    """The time: of day, and on a clock that only moves forward, both in milliseconds."""

    def wall_ms(self) -> int: ...

    def steady_ms(self) -> int: ...


@dataclass(frozen=True)
class Options:
    """How a client behaves."""

    device: Device
    client: str
    backlog: Backlog = "unread"
    #: Entries kept of each conversation.
    entries_kept: int = 500
    #: The longest hole that is fetched; beyond it the client goes on with the newest entries and says `Missed`.
    hole_max: int = 10_000
    outbox_max: int = 1_000
    queries_max: int = 1_000
    ping_ms: int = 30_000
    dead_ms: int = 75_000
    hello_ms: int = 20_000


@dataclass(frozen=True)
class Outcome:
    """A command was accepted and is on the server's disk. `duplicate`: the same key came before."""

    key: str
    lsn: int
    duplicate: bool
    result: Fields


@dataclass(frozen=True)
class Verdict:
    """What is to happen with the connection. `log_in`: the token or password is not accepted (any more)."""

    what: Literal["reconnect", "log_in", "over"]
    reason: str = ""
    after_ms: int = 0
    error: Exception | None = None


@dataclass(frozen=True)
class Settled:
    """A command is decided."""

    key: str
    result: Outcome | Refused


@dataclass(frozen=True)
class Answered:
    """A query is answered: the fields of the answer."""

    ticket: int
    result: Fields | Refused


@dataclass
class _Ask:
    query: Fields
    #: Who asked: a caller, or the session for a conversation. Neither: nobody wants it any more.
    ticket: int | None = None
    fetch: tuple[int, Missing] | None = None


@dataclass
class _Due:
    seq: int
    at_ms: int
    entries: int = 0


@dataclass
class _Sync:
    """How far the sync of this connection is."""

    running: bool = False
    request: int | None = None
    ask_at_ms: int | None = None
    #: Pushes were dropped during the sync; another one starts from here.
    again: int | None = None
    #: The cursor does not pass what the first page reflects before the sync is over: what changed after it comes as pushes.
    base: int | None = None
    #: It began because pushes were dropped, and more are dropped until its last page.
    lagged: bool = False
    #: It is the first of this connection.
    first: bool = True


@dataclass
class Session:
    """The client without its sockets."""

    options: Options
    clock: Clock
    outbox: Outbox
    welcome: Welcome | None = None
    epoch: int | None = None
    cursor: int = 0
    chats: dict[int, Chat] = field(default_factory=dict)
    frames: deque[Fields] = field(default_factory=deque)
    events: deque[happened.Event] = field(default_factory=deque)
    replies: deque[Settled | Answered] = field(default_factory=deque)
    verdict: Verdict | None = None
    #: A new token to keep.
    token: str | None = None
    #: Nobody takes events: entries are not applied but fetched when there is room again.
    hold: bool = False
    #: The difference of the server's clock and the own one.
    offset_ms: int = 0
    phase: Literal["offline", "greeting", "live"] = "offline"
    caught_up: bool = False
    synced_once: bool = False

    def __post_init__(self) -> None:
        self._sync = _Sync()
        #: Where the first sync stopped: what came later is news.
        self._news: int | None = None
        self._limits = Limits(max_frame=1 << 20, window=1, rate=0)
        self._request = _HELLO_SYNC
        self._tickets = itertools.count(1)
        self._asks: deque[_Ask] = deque()
        self._asked: dict[int, _Ask] = {}
        self._needs: dict[int, int] = {}
        self._fetching: set[int] = set()
        self._delivered: dict[int, _Due] = {}
        self._read: dict[int, _Due] = {}
        self._watched: tuple[list[str], int] | None = None
        self._said_ms = self._heard_ms = self._pinged_ms = self._greeted_ms = 0

    # --- What a caller may look at ---

    @property
    def me(self) -> str:
        return self.welcome.user if self.welcome else ""

    @property
    def limits(self) -> Limits:
        return self._limits

    @property
    def online(self) -> bool:
        return self.phase == "live"

    @property
    def synced(self) -> bool:
        """Everything that the server is known to have is here."""
        return self.online and self.synced_once and not self._sync.running and not self._needs and not self._fetching

    @property
    def settled(self) -> bool:
        """The same, and everything that was asked for is decided and told."""
        return self.synced and not len(self.outbox) and not self._read and not self._delivered

    def server_ms(self) -> int:
        """The server's time: what keys are made with."""
        return self.clock.wall_ms() + self.offset_ms

    # --- What a caller may ask for ---

    def submit(self, key: str, command: Command) -> None:
        """Puts a command in the outbox."""
        self.outbox.put(key, command)
        self._pump()

    def query(self, query: Fields) -> int:
        """Asks a question, again on the next connection if this one breaks. Gives the ticket of the answer."""
        if len(self._asks) >= self.options.queries_max:
            raise Full(f"{self.options.queries_max} questions are waiting for the server; wait for some answers")
        ticket = next(self._tickets)
        self._asks.append(_Ask(query, ticket=ticket))
        self._pump()
        return ticket

    def read(self, conversation: int, seq: int) -> None:
        """The user has read everything up to `seq`."""
        chat = self.chats.get(conversation)
        if chat is not None:
            chat.mark_read(seq)
            self.events.append(happened.ConversationChanged(chat))
        self._note(self._read, conversation, seq, 1)
        self._pump()

    def typing(self, conversation: int, active: bool) -> None:
        """The user is typing or has stopped; said only while there is a connection."""
        if self.online:
            self._send("typing", conversation=conversation, active=active)

    def watch(self, users: list[str], seconds: int) -> None:
        """Tells the presence of these users, now and for a time on change; goes on after a reconnect."""
        self._watched = (users, self.clock.steady_ms() + seconds * 1_000)
        self._send_watch()

    # --- What the driver does ---

    def opened(self, auth: Fields) -> None:
        """A connection is open: say hello."""
        now = self.clock.steady_ms()
        self.phase, self.verdict = "greeting", None
        self.frames.clear()
        self._heard_ms = self._pinged_ms = self._greeted_ms = now
        resume = None if self.epoch is None else {"epoch": self.epoch, "cursor": self.cursor}
        self._sync = _Sync(running=True, request=None if resume is None else _HELLO_SYNC)
        device = {"id": self.options.device.id, "platform": self.options.device.platform, "name": self.options.device.name}
        self._send("hello", auth=auth, device=device, resume=resume, client=self.options.client)

    def closed(self) -> None:
        """The connection is gone."""
        self.phase = "offline"
        self.frames.clear()
        self.outbox.lost()
        self._sync = _Sync()
        for ask in reversed(self._asked.values()):
            if ask.fetch is not None:
                self._fetching.discard(ask.fetch[0])
                self._needs[ask.fetch[0]] = 0
            elif ask.ticket is not None:
                self._asks.appendleft(ask)
        self._asked.clear()
        self.caught_up = False

    def last_words(self) -> None:
        """The connection is about to be closed on purpose: says what else would wait for a moment."""
        if self.online:
            for kind, held in (("delivered", self._delivered), ("read", self._read)):
                self._tell(kind, held, max((due.at_ms for due in held.values()), default=0))

    def deadline_ms(self) -> int | None:
        """When `tick` has something to do, if nothing comes before."""
        if self.phase == "offline":
            return None
        if self.phase == "greeting":
            return self._greeted_ms + self.options.hello_ms
        due = [self._ping_at_ms(), self._heard_ms + self.options.dead_ms]
        if self._sync.ask_at_ms is not None and not self.hold:
            due.append(self._sync.ask_at_ms)
        gate = self.outbox.deadline_ms(self.clock.steady_ms())
        if gate is not None:
            due.append(gate)
        if self._needs and not self.hold and len(self._asked) < QUERIES_IN_FLIGHT:
            due.append(min(self._needs.values()))
        due += [each.at_ms for held in (self._delivered, self._read) for each in held.values()]
        return min(due)

    def tick(self) -> None:
        """Time has passed."""
        now = self.clock.steady_ms()
        if self.phase == "greeting" and now >= self._greeted_ms + self.options.hello_ms:
            self.verdict = Verdict("reconnect", "the server did not answer the greeting")
        if self.phase != "live":
            return
        if now >= self._heard_ms + self.options.dead_ms:
            self.verdict = Verdict("reconnect", "the server has been silent for too long")
        elif now >= self._ping_at_ms():
            self._pinged_ms = now
            self._send("ping", nonce=now & 0xFFFF_FFFF)
        self._pump()

    def frame(self, kind: str, fields: Fields) -> None:
        """The server said something. Frames that are not known, and those that cannot be read, are passed over."""
        self._heard_ms = self.clock.steady_ms()
        handler = getattr(self, f"_on_{kind}", None)
        if handler is not None:
            try:
                handler(fields)
            except (Malformed, KeyError, TypeError) as error:
                _log.warning("a frame of kind %s cannot be read and is passed over: %s", kind, error)
        self._pump()

    # --- Logging in and synchronising ---

    def _on_welcome(self, fields: Fields) -> None:
        welcome = decode(Welcome, fields)
        self.phase = "live"
        self.welcome = welcome
        self._limits = welcome.limits
        self.offset_ms = welcome.time - self.clock.wall_ms()
        if welcome.token is not None:
            self.token = welcome.token
        self.events.append(happened.Connection("online"))
        if self._sync.request is None:
            self.epoch = welcome.epoch
            self._ask_page()
        self._send_watch()

    def _on_pong(self, fields: Fields) -> None:
        self.offset_ms = int(fields["time"]) - self.clock.wall_ms()

    def _ask_page(self) -> None:
        self._sync.running = True
        self._sync.request = self._next_request()
        self._sync.ask_at_ms = None
        self._send("sync", request=self._sync.request, epoch=self.epoch, cursor=self.cursor, limit=_PAGE_CONVERSATIONS)

    def _on_changes(self, fields: Fields) -> None:
        sync = self._sync
        if sync.request != fields["request"]:
            return
        sync.request = None
        as_of = int(fields["as_of"])
        for conversation in fields["conversations"]:
            self._snapshot(decode(Conversation, conversation), as_of)
        for profile in decode_list(Profile, fields["users"]):
            self.events.append(happened.ProfileChanged(profile))
        base = as_of + 1 if sync.base is None else sync.base
        sync.base = base
        self.cursor = max(min(int(fields["cursor"]), base), self.cursor)
        if fields["more"]:
            # Asked for by `_pump`, once there is room for what it brings.
            sync.ask_at_ms = self.clock.steady_ms()
            return
        lagged, sync.lagged = sync.lagged, sync.again is not None
        if lagged and base <= as_of:
            # Pushes were dropped until this page: what changed since the first one may be missing.
            sync.again = base if sync.again is None else min(sync.again, base)
        sync.base = None
        if sync.again is not None:
            self.cursor, sync.again = min(self.cursor, sync.again), None
            self._ask_page()
        else:
            self._finish_sync()

    def _finish_sync(self) -> None:
        self._sync.running = False
        self.synced_once = True
        if self._news is None:
            self._news = self.cursor
        if self._sync.first:
            self._sync.first = False
            # A `read` told on the last connection may be lost, on its way or with the server.
            for chat in self.chats.values():
                if chat.read_wanted > 0 and chat.inbox and chat.inbox.read <= chat.read_wanted and not chat.inbox.gone:
                    self._note(self._read, chat.id, chat.read_wanted, 1)
        self.events.append(happened.Connection("synced"))

    def _on_lagging(self, _: Fields) -> None:
        sync = self._sync
        if sync.running:
            sync.again = self.cursor if sync.again is None else min(sync.again, self.cursor)
        else:
            sync.lagged = True
            self._ask_page()

    def _on_restart(self, fields: Fields) -> None:
        self.epoch = int(fields["epoch"])
        self.cursor = 0
        self._sync.lagged |= self._sync.again is not None
        self._sync.again = self._sync.base = None
        self.synced_once = False
        self._news = None
        for held in (self.chats, self._needs, self._delivered, self._read):
            held.clear()
        self._fetching.clear()
        for ask in self._asked.values():
            ask.fetch = None
        self.events.append(happened.Reset())
        self._ask_page()

    def _move_cursor(self, lsn: int) -> None:
        if self.online and not self._sync.running:
            self.cursor = max(self.cursor, lsn)

    def _on_kicked(self, fields: Fields) -> None:
        self.verdict = Verdict("over", str(fields["reason"]), error=Over(str(fields["reason"]), fields.get("by")))

    def _on_closing(self, fields: Fields) -> None:
        self.verdict = Verdict("reconnect", str(fields["reason"]), int(fields["retry_after_ms"]))

    # --- The local copy ---

    def _chat(self, id: int) -> Chat:
        if id not in self.chats:
            self.chats[id] = Chat(id, self.me, self.options.entries_kept)
        return self.chats[id]

    def _snapshot(self, record: Conversation, as_of: int) -> None:
        chat = self._chat(record.id)
        changes = chat.snapshot(record, as_of, self.options.backlog, self._news)
        if chat.read_wanted > record.inbox.read:
            self._note(self._read, chat.id, chat.read_wanted, 1)
        self.events.append(happened.ConversationChanged(chat))
        self._changed(chat, changes)

    def _on_entry(self, fields: Fields) -> None:
        entry = decode(Entry, fields["entry"])
        self._entry(int(fields["conversation"]), entry)
        self._move_cursor(entry.changed)

    def _entry(self, conversation: int, entry: Entry) -> None:
        chat = self._chat(conversation)
        if self.hold and entry.seq > chat.head:
            chat.exists(entry.seq, entry.lsn)
            self._changed(chat, [])
        else:
            self._changed(chat, chat.offer(entry))

    def _on_receipt(self, fields: Fields) -> None:
        moved = decode_list(Cursor, fields["moved"])
        chat = self.chats.get(fields["conversation"])
        if chat is not None:
            chat.take_cursors(moved)
        self.events.append(happened.Receipt(int(fields["conversation"]), moved))
        self._move_cursor(int(fields["lsn"]))

    def _on_inbox(self, fields: Fields) -> None:
        inbox = decode(Inbox, fields)
        chat = self._chat(inbox.conversation)
        chat.take_inbox(inbox)
        self.events.append(happened.ConversationChanged(chat))
        self._changed(chat, [])
        self._move_cursor(inbox.lsn)

    def _on_user(self, fields: Fields) -> None:
        self.events.append(happened.ProfileChanged(decode(Profile, fields)))

    def _on_presence(self, fields: Fields) -> None:
        self.events.append(happened.PresenceChanged(decode(Presence, fields)))

    def _on_typing(self, fields: Fields) -> None:
        self.events.append(happened.Typing(fields["conversation"], fields["user"], fields["active"]))

    def _on_draft(self, fields: Fields) -> None:
        self.events.append(happened.Draft(
            fields["conversation"], fields["author"], fields["draft"], fields["offset"], fields["text"], fields["done"]
        ))

    def _on_pushed(self, fields: Fields) -> None:
        self.events.append(happened.Pushed(fields["kind"], fields["data"]))

    def _changed(self, chat: Chat, changes: list[Change]) -> None:
        """Tells what changed in a conversation, and notes what is missing there now."""
        news = 0
        for change in changes:
            entry = change.entry
            if change.rewritten:
                self.events.append(happened.Changed(chat, entry))
            elif entry.body.is_message:
                self.events.append(happened.Message(chat, entry))
            else:
                kind = happened.Press if isinstance(entry.body, Pressed) else happened.Notice
                self.events.append(kind(chat, entry))
            news += not change.rewritten
        missing = chat.missing()
        if missing is None:
            self._needs.pop(chat.id, None)
        elif chat.id not in self._fetching:
            at = self.clock.steady_ms() + (STALE_WAIT_MS if missing.what == "stale" else 0)
            self._needs[chat.id] = min(at, self._needs.get(chat.id, at))
        if news and chat.kind == "direct" and not chat.is_mine(changes[-1].entry) and self._is_news(chat):
            self._note(self._delivered, chat.id, chat.head, news)

    def _is_news(self, chat: Chat) -> bool:
        """Whether the server does not know yet that the newest entry was delivered to this user."""
        mine = [each.delivered or 0 for each in chat.cursors if each.user.lower() == self.me.lower()]
        return not mine or max(mine) < chat.head

    # --- The outbox ---

    def _on_outcome(self, fields: Fields) -> None:
        item = self.outbox.accepted(fields["request"])
        if item is None:
            return
        outcome = Outcome(item.key, int(fields["lsn"]), bool(fields["duplicate"]), fields["result"])
        self._apply_own(item, outcome)
        if not outcome.duplicate:
            self._move_cursor(outcome.lsn)
        self.replies.append(Settled(item.key, outcome))
        if "log_out" in item.command:
            self.verdict = Verdict("over", "logged_out", error=Over("logged_out"))

    def _apply_own(self, item: Item, outcome: Outcome) -> None:
        """The server sends a device the outcome of its own command instead of the entry: make the entry from what was asked for, or
        note that it is there to be fetched."""
        ((kind, result),) = outcome.result.items()
        if kind == "appended":
            body = None if outcome.duplicate else own_body(item.command)
            if body is not None:
                entry = Entry(
                    seq=result["seq"], lsn=outcome.lsn, changed=outcome.lsn, ordinal=result["ordinal"], at=result["at"],
                    author=self.me, key=item.key, body=body,
                )
                self._entry(result["conversation"], entry)
            else:
                chat = self._chat(result["conversation"])
                chat.exists(result["seq"], outcome.lsn)
                self._changed(chat, [])
        elif kind == "conversation":
            self._changed(self._chat(result["conversation"]), [])
        elif kind == "done":
            self._apply_done(item.command)

    def _apply_done(self, command: Command) -> None:
        """The server does not tell a device of its own changes to its side of a conversation."""
        ((kind, fields),) = command.items()
        chat = self.chats.get(fields.get("conversation", 0))
        if chat is None or kind not in ("pin", "mute", "hide", "mark_unread"):
            return
        if kind == "mark_unread":
            chat.change_inbox(marked_unread=True)
        else:
            name = {"pin": "pinned", "mute": "until", "hide": "hidden"}[kind]
            chat.change_inbox(**{"muted_until" if kind == "mute" else name: fields[name]})
        self.events.append(happened.ConversationChanged(chat))

    def _on_refused(self, fields: Fields) -> None:
        no = Refused(fields["code"], fields["message"], fields.get("retry_after_ms"))
        if fields.get("fatal"):
            self._fatal(no)
            return
        request = fields.get("request")
        if request is None:
            return
        found = self.outbox.refused(request, no, self.clock.steady_ms())
        if found is not None:
            if found[0] == "final":
                self.replies.append(Settled(found[1].key, no))
            return
        if self._sync.request == request:
            self._sync.request = None
            self._sync.ask_at_ms = self.clock.steady_ms() + (AGAIN_MS if no.retry_after_ms is None else no.retry_after_ms)
            return
        ask = self._asked.pop(request, None)
        if ask is None:
            return
        if ask.ticket is not None:
            self.replies.append(Answered(ask.ticket, no))
        elif ask.fetch is not None:
            self._fetch_refused(*ask.fetch, no)

    def _fatal(self, no: Refused) -> None:
        if no.code in _LOG_IN_AGAIN:
            self.verdict = Verdict("log_in", no.message, error=no)
        elif no.retry_after_ms is not None or no.code in _COME_BACK:
            self.verdict = Verdict("reconnect", no.message, no.retry_after_ms or 0)
        else:
            self.verdict = Verdict("over", no.message, error=no)

    def _settle_expired(self) -> None:
        """What became of commands whose key is too old shows in the log once it is complete: an own entry carries its key."""
        if not self.synced:
            return
        for item in self.outbox.take_expired():
            found = next(
                ((chat, entry) for chat in self.chats.values() for entry in chat.newest() if entry.key == item.key), None
            )
            if found is None:
                words = "this waited for too long and did not arrive; send it again if it still matters"
                self.replies.append(Settled(item.key, Refused("key_expired", words)))
                continue
            chat, entry = found
            appended = {"conversation": chat.id, "seq": entry.seq, "ordinal": entry.ordinal, "at": entry.at}
            self.replies.append(Settled(item.key, Outcome(item.key, entry.lsn, True, {"appended": appended})))

    # --- Questions ---

    def _on_answer(self, fields: Fields) -> None:
        ask = self._asked.pop(fields["request"], None)
        if ask is None:
            return
        ((_, answer),) = fields["answer"].items()
        if ask.ticket is not None:
            self.replies.append(Answered(ask.ticket, answer))
        elif ask.fetch is not None:
            self._fetched(*ask.fetch, answer)

    def _fetched(self, id: int, missing: Missing, answer: Fields) -> None:
        self._fetching.discard(id)
        try:
            if missing.what == "record":
                self._snapshot(decode(Conversation, answer["conversation"]), int(answer["as_of"]))
                return
            chat = self._chat(id)
            entries = decode_list(Entry, answer["entries"])
            self._changed(chat, chat.take_answer(missing, entries, answer["floor"], answer["head"], answer["as_of"]))
        except (Malformed, KeyError):
            self._needs[id] = self.clock.steady_ms() + AGAIN_MS
            raise

    def _fetch_refused(self, id: int, missing: Missing, no: Refused) -> None:
        self._fetching.discard(id)
        if no.code not in _GONE:
            self._needs[id] = self.clock.steady_ms() + (AGAIN_MS if no.retry_after_ms is None else no.retry_after_ms)
            return
        chat = self.chats.get(id)
        if missing.what == "record" or chat is None:
            self.chats.pop(id, None)
            self._needs.pop(id, None)
        elif missing.what == "hole":
            self._changed(chat, chat.leave_hole(missing.end))
        else:
            chat.forget_stale(missing.start, missing.end)
            self._changed(chat, [])

    def _fetch(self) -> None:
        """Fetches what is missing."""
        now = self.clock.steady_ms()
        while not self.hold and len(self._asked) < QUERIES_IN_FLIGHT:
            id = next((id for id, at_ms in self._needs.items() if at_ms <= now), None)
            if id is None:
                return
            del self._needs[id]
            chat = self.chats.get(id)
            missing = chat.missing() if chat else None
            if chat is None or missing is None:
                continue
            if missing.what == "hole" and chat.known_head - missing.start >= self.options.hole_max:
                self.events.append(happened.Missed(id))
                self._changed(chat, chat.skip_to_newest())
                continue
            if missing.what == "record":
                query: Fields = {"conversation": {"conversation": id}}
            else:
                span = {"from": missing.start, "to": missing.end, "limit": _PAGE_ENTRIES}
                query = {"entries": {"conversation": id, **span}}
            self._fetching.add(id)
            self._send_query(_Ask(query, fetch=(id, missing)))

    # --- Sending ---

    def _next_request(self) -> int:
        self._request = self._request % 0xFFFF_FFFF + 1
        return self._request

    def _send(self, kind: str, /, **fields: Any) -> None:
        self._said_ms = self.clock.steady_ms()
        self.frames.append({kind: fields})

    def _send_query(self, ask: _Ask) -> None:
        request = self._next_request()
        self._asked[request] = ask
        self._send("query", request=request, query=ask.query)

    def _send_watch(self) -> None:
        now = self.clock.steady_ms()
        if self._watched is not None and self.online and self._watched[1] >= now:
            self._send("watch", users=self._watched[0], seconds=(self._watched[1] - now) // 1_000)

    def _ping_at_ms(self) -> int:
        return max(min(self._said_ms, self._heard_ms), self._pinged_ms) + self.options.ping_ms

    def _pump(self) -> None:
        """Sends whatever may go now."""
        if not self.online:
            return
        now = self.clock.steady_ms()
        self._settle_expired()
        if self._sync.ask_at_ms is not None and self._sync.ask_at_ms <= now and not self.hold:
            self._ask_page()
        while True:
            request = self._next_request()
            item = self.outbox.send_next(now, max(1, self._limits.window), request)
            if item is None:
                break
            self._send("submit", request=request, key=item.key, command=item.command)
        while self._asks and len(self._asked) < QUERIES_IN_FLIGHT:
            self._send_query(self._asks.popleft())
        self._fetch()
        self._tell("delivered", self._delivered, now)
        self._tell("read", self._read, now)
        if self.synced and not self.caught_up:
            self.events.append(happened.CaughtUp())
        self.caught_up = self.synced

    def _note(self, held: dict[int, _Due], conversation: int, seq: int, entries: int) -> None:
        """Notes that a cursor moved and is to be told soon."""
        due = held.setdefault(conversation, _Due(seq, self.clock.steady_ms() + CURSOR_WAIT_MS))
        due.seq = max(due.seq, seq)
        due.entries += entries
        if due.entries >= CURSOR_ENTRIES:
            due.at_ms = self.clock.steady_ms()

    def _tell(self, kind: str, held: dict[int, _Due], now: int) -> None:
        for conversation in [id for id, due in held.items() if due.at_ms <= now]:
            self._send(kind, conversation=conversation, seq=held.pop(conversation).seq)


def own_body(command: Command) -> Body | None:
    """The body of the entry that an own command made, where it is certain what the server made of it."""
    ((kind, fields),) = command.items()
    if kind == "edit":
        return Edited(fields["seq"])
    if kind == "recall":
        return RecalledEntry(fields["seq"])
    if kind == "react":
        return Reacted(fields["seq"], fields["emoji"], fields["on"])
    if kind != "send":
        return None
    ((name, content),) = fields["content"].items()
    # The server may write the names of mentioned users differently.
    known: dict[str, type[Body]] = {"text": Text, "custom": Custom, "location": Location, "contact_card": ContactCard, "sticker": Sticker, "buttons": Buttons}
    if name not in known or (content["text"] if name == "buttons" else content).get("mentions"):
        return None
    return decode(known[name], content)
