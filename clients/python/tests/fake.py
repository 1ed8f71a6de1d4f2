"""What the tests without a server need: a clock that they move, and the other end of a session."""

from __future__ import annotations

import random
from typing import Any

from tidings.outbox import Outbox
from tidings.records import Device
from tidings.replica import Backlog
from tidings.session import Answered, Options, Session, Settled

Fields = dict[str, Any]


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.ms = 1_000

    def wall_ms(self) -> int:
        return 1_730_000_000_000 + self.ms

    def steady_ms(self) -> int:
        return self.ms


def session(clock: FakeClock, backlog: Backlog = "unread", **options: Any) -> Session:
    device = Device("test", "api", "A test")
    return Session(Options(device, "test 1", backlog, **options), clock, Outbox())


def text(words: str) -> Fields:
    return {"text": {"text": words, "markdown": False, "reply_to": None, "mentions": [], "mention_all": False}}


class FakeServer:
    """One direct chat (number 1) of ada, whose session this is the other end of, and bob."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self.chance = chance or random.Random(1)
        self.epoch = 7
        self.lsn = 10
        self.entries: list[Fields] = []
        self.read = 0
        self.changed = 0
        self.keys: dict[str, Fields] = {}
        self.window = 64

    # --- What happens there ---

    def append(self, author: str, body: Fields, key: str | None = None) -> Fields:
        self.lsn += 1
        self.changed = self.lsn
        seq = len(self.entries) + 1
        entry = {
            "seq": seq, "lsn": self.lsn, "changed": self.lsn, "ordinal": seq, "at": 1_730_000_000_000 + self.lsn, "author": author,
            "key": key, "body": body, "reactions": [], "edited_at": None, "recalled_at": None, "origin": None,
        }
        self.entries.append(entry)
        return entry

    def says(self, words: str, author: str = "bob") -> Fields:
        """Somebody says something: the frame that tells it."""
        return {"conversation": 1, "entry": self.append(author, text(words))}

    def edits(self, seq: int, words: str, author: str = "bob") -> tuple[Fields, Fields]:
        """A rewritten entry and the notice of it."""
        notice = self.append(author, {"edited": {"target": seq}})
        target = self.entries[seq - 1]
        self.entries[seq - 1] = target = {**target, "body": text(words), "changed": notice["lsn"], "edited_at": notice["at"]}
        return {"conversation": 1, "entry": target}, {"conversation": 1, "entry": notice}

    # --- What it answers ---

    def welcome(self, token: str | None = None) -> Fields:
        return {
            "protocol": 1, "server": "fake", "time": 1_730_000_000_000, "epoch": self.epoch, "cursor": self.lsn + 1, "app": 1,
            "user": "ada", "session": 3, "token": token, "limits": {"max_frame": 1 << 20, "window": self.window, "rate": 0},
        }

    def record(self, newest: int = 20) -> Fields:
        head = len(self.entries)
        inbox = {
            "conversation": 1, "lsn": 1, "read": self.read, "unread": head - self.read, "mentions": 0, "pinned": False,
            "muted_until": None, "hidden": False, "marked_unread": False, "floor": 1, "gone": False,
        }
        return {
            "id": 1, "kind": "direct", "title": None, "peer": "bob", "role": "member", "group": None, "members": 2, "head": head,
            "head_ordinal": head, "at": 1_730_000_000_000, "changed": self.changed, "inbox": inbox, "cursors": [],
            "entries": self.entries[-newest:],
        }

    def changes(self, request: int, cursor: int) -> Fields:
        conversations = [self.record()] if self.changed >= cursor and self.entries else []
        return {
            "request": request, "conversations": conversations, "users": [], "cursor": self.lsn + 1, "more": False, "as_of": self.lsn,
        }

    def serve(self, client: Session) -> list[Fields]:
        """Answers everything that the client has said; gives the frames that need no answer."""
        others = []
        while client.frames:
            ((kind, fields),) = client.frames.popleft().items()
            if kind == "hello":
                client.frame("welcome", self.welcome())
                if fields["resume"] is not None:
                    self._sync(client, {**fields["resume"], "request": 0})
            elif kind == "sync":
                self._sync(client, fields)
            elif kind == "query":
                client.frame("answer", {"request": fields["request"], "answer": self._answer(fields["query"])})
            elif kind == "submit":
                client.frame("outcome", self.submit(fields))
            else:
                others.append({kind: fields})
        return others

    def _sync(self, client: Session, asked: Fields) -> None:
        if asked["epoch"] != self.epoch:
            client.frame("restart", {"epoch": self.epoch})
        else:
            client.frame("changes", self.changes(asked["request"], asked["cursor"]))

    def _answer(self, query: Fields) -> Fields:
        ((kind, fields),) = query.items()
        if kind == "conversation":
            return {"conversation": {"conversation": self.record(), "as_of": self.lsn}}
        assert kind == "entries", kind
        start, end = fields.get("from") or 1, fields.get("to") or len(self.entries)
        entries = [each for each in self.entries if start <= each["seq"] <= end][: fields["limit"]]
        return {
            "entries": {"conversation": 1, "entries": entries, "floor": 1, "head": len(self.entries), "as_of": self.lsn}
        }

    def submit(self, fields: Fields) -> Fields:
        """A command takes effect once for each key."""
        request, key = fields["request"], fields["key"]
        if key in self.keys:
            return {**self.keys[key], "request": request, "duplicate": True}
        words = fields["command"]["send"]["content"]["text"]["text"]
        entry = self.append("ada", text(words), key)
        appended = {"conversation": 1, "seq": entry["seq"], "ordinal": entry["ordinal"], "at": entry["at"]}
        self.keys[key] = {"request": request, "lsn": entry["lsn"], "duplicate": False, "result": {"appended": appended}}
        return self.keys[key]


def connected(server: FakeServer, client: Session) -> None:
    """Opens a connection and lets both say what they have."""
    client.opened({"token": "tds_1"})
    server.serve(client)


def said(client: Session) -> list[str]:
    """The words of the messages that were told since the last call, in order."""
    from tidings.events import Message

    words = [event.text for event in client.events if isinstance(event, Message)]
    client.events.clear()
    return words


def replies(client: Session) -> list[Settled | Answered]:
    found = list(client.replies)
    client.replies.clear()
    return found
