"""The local copy of one conversation: what is applied, what is missing, what is stale. No clock, no sockets.

What must stay true: the entries that are kept are contiguous and end at `head`; what came above a hole waits; an entry is replaced only
by one with a higher `changed`; nothing is kept below `floor`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from .records import Body, Buttons, Conversation, Cursor, Entry, GroupCreated, Inbox, Media, Text, target_of
from .records import (
    AliasChanged, CardChanged, Dissolved, GroupMuted, JoinAnswered, ManagerChanged, MemberJoined, MemberLeft, MemberRemoved,
    MembersAdded, MemberSilenced, Renamed, RulesChanged, Transferred,
)

#: Where a conversation that is new here starts: with what is not read, with what is new from now on, or with all of it.
Backlog: TypeAlias = Literal["unread", "new", "all"]

#: Entries above a hole that are kept until it is filled; more are fetched again.
_AHEAD_MAX = 2_000
#: Entries that are gone on with when a hole is too long.
_NEWEST = 20
_PAGE = 200
#: After one of these the record of a group is asked for anew.
_ABOUT_CHANGES = (
    AliasChanged, CardChanged, Dissolved, GroupCreated, GroupMuted, JoinAnswered, ManagerChanged, MemberJoined, MemberLeft,
    MemberRemoved, MembersAdded, MemberSilenced, Renamed, RulesChanged, Transferred,
)


def same(a: str, b: str) -> bool:
    """User ids are compared without regard to case."""
    return a.lower() == b.lower()


@dataclass(frozen=True)
class Missing:
    """What is to be fetched: the record of a conversation, a hole, or entries that were rewritten."""

    what: Literal["record", "hole", "stale"]
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Change:
    """An entry was added after the head, or a newer version took the place of one that was there."""

    entry: Entry
    rewritten: bool


class Chat:
    """One conversation, as far as this client has it. What a program reads is up to date after every event."""

    def __init__(self, id: int, me: str, keep: int) -> None:
        self.id = id
        #: The record without its entries; None until it was fetched.
        self.about: Conversation | None = None
        #: Everything up to here is applied, or was left out on purpose.
        self.head = 0
        #: The first entry that the user may see.
        self.floor = 1
        self._me = me
        self._keep = keep
        self._entries: dict[int, Entry] = {}
        self._lowest = 1
        self._ahead: dict[int, Entry] = {}
        self._stale: dict[int, int] = {}
        self._about_as_of = 0
        self._about_wanted = 0
        self._inbox_as_of = 0
        self._known_head = 0
        self._known_lsn = 0
        self._read_wanted = 0

    # --- What a program reads ---

    @property
    def kind(self) -> str:
        """`direct`, `group`, or `feed` (what happens to the own account and its contacts)."""
        return self.about.kind if self.about else ""

    @property
    def title(self) -> str:
        """The title of a group, the other one of a direct chat."""
        if self.about is None:
            return ""
        return self.about.title or self.about.peer or ""

    @property
    def peer(self) -> str | None:
        """The other one of a direct chat."""
        return self.about.peer if self.about else None

    @property
    def inbox(self) -> Inbox | None:
        return self.about.inbox if self.about else None

    @property
    def unread(self) -> int:
        """How many messages of others are not read."""
        return self.about.inbox.unread if self.about else 0

    @property
    def cursors(self) -> list[Cursor]:
        """How far members have got, where the server tells it: direct chats and small groups."""
        return self.about.cursors if self.about else []

    @property
    def entries(self) -> list[Entry]:
        """The entries that are kept: without holes, oldest first, the last one is `head`."""
        return [self._entries[seq] for seq in range(self._lowest, self.head + 1) if seq in self._entries]

    def entry(self, seq: int) -> Entry | None:
        """One entry, if it is kept."""
        return self._entries.get(seq)

    def newest(self) -> Iterator[Entry]:
        """The entries that are kept, newest first."""
        for seq in range(self.head, self._lowest - 1, -1):
            if seq in self._entries:
                yield self._entries[seq]

    @property
    def complete(self) -> bool:
        """Whether everything that is known to exist above the lowest kept entry is here in its newest known version."""
        return self.about is not None and self.missing() is None

    # --- What the session does ---

    @property
    def known_head(self) -> int:
        return self._known_head

    @property
    def read_wanted(self) -> int:
        return self._read_wanted

    def is_mine(self, entry: Entry) -> bool:
        return same(entry.author, self._me)

    def missing(self) -> Missing | None:
        """What to fetch next. A hole comes before stale entries, because it may bring them."""
        if self.about is None or self._about_as_of < self._about_wanted:
            return Missing("record")
        if self.head < self._known_head:
            start = self.head + 1
            end = min(self._ahead) - 1 if self._ahead else self._known_head
            return Missing("hole", start, max(start, end))
        if self._stale:
            start = min(self._stale)
            return Missing("stale", start, min(max(self._stale), start + _PAGE - 1))
        return None

    def exists(self, seq: int, lsn: int) -> None:
        """An entry with this seq exists as of `lsn`."""
        if seq > self._known_head:
            self._known_head, self._known_lsn = seq, lsn

    def offer(self, entry: Entry) -> list[Change]:
        """Takes one entry, new or rewritten. Says what changed."""
        seq = entry.seq
        if seq < self.floor:
            return []
        self.exists(seq, entry.lsn)
        if seq <= self.head:
            held = self._entries.get(seq)
            if held is None or entry.changed <= held.changed:
                return []
            if self._stale.get(seq, entry.changed + 1) <= entry.changed:
                del self._stale[seq]
            self._entries[seq] = entry
            return [Change(entry, True)]
        held = self._ahead.get(seq)
        if held is None or entry.changed > held.changed:
            self._ahead[seq] = entry
        changes = self._drain()
        while len(self._ahead) > _AHEAD_MAX:
            del self._ahead[max(self._ahead)]
        return changes

    def snapshot(self, record: Conversation, as_of: int, backlog: Backlog, news: int | None) -> list[Change]:
        """Takes the whole record as it was at `as_of`. `news`: this client has caught up once; what has this lsn or a higher one happened
        since then, so it is told whatever the backlog."""
        entries = record.entries
        about = replace(record, entries=[])
        self._raise_floor(about.inbox.floor)
        fresh = self.about is None
        if fresh:
            self.head = max(self.head, self._first_head(record, backlog, news))
            self._lowest = self.head + 1
        if fresh or as_of >= self._about_as_of:
            self.floor = min(self.floor, about.inbox.floor)
            self._take_about(about, as_of)
        self.exists(record.head, as_of)
        changes: list[Change] = []
        for entry in entries:
            changes += self.offer(entry)
        changes += self._drain()
        if fresh:
            self._take_context(entries)
        return changes

    def take_inbox(self, inbox: Inbox) -> None:
        """Takes the user's side as it is after `inbox.lsn`."""
        self._raise_floor(inbox.floor)
        if self.about is None or inbox.lsn < max(self.about.inbox.lsn, self._inbox_as_of):
            return
        if self.about.inbox.gone != inbox.gone:
            self._about_wanted = max(self._about_wanted, inbox.lsn)
        self._inbox_as_of = inbox.lsn
        self.floor = min(self.floor, inbox.floor)
        self.about = replace(self.about, inbox=inbox)
        self._count_newer(inbox.lsn)
        self.mark_read(self._read_wanted)

    def change_inbox(self, **fields: object) -> None:
        """Changes the user's own side after the server accepted the change."""
        if self.about is not None:
            inbox = replace(self.about.inbox, **fields)  # type: ignore[arg-type]
            self.about = replace(self.about, inbox=inbox)

    def take_cursors(self, moved: Iterable[Cursor]) -> None:
        """Takes cursors of members; they only move forward."""
        if self.about is not None:
            self.about = replace(self.about, cursors=_merged(self.about.cursors, moved))

    def mark_read(self, seq: int) -> None:
        """The user has read everything up to `seq` on this device."""
        self._read_wanted = max(self._read_wanted, seq)
        if self.about is None or seq <= self.about.inbox.read:
            return
        unread = self.about.inbox.unread
        at = self._entries.get(seq)
        if seq >= self.about.head:
            unread = 0
        elif at is not None:
            unread = max(0, self.about.head_ordinal - at.ordinal)
        mentions = self.about.inbox.mentions if unread else 0
        self.change_inbox(read=seq, unread=unread, mentions=mentions, marked_unread=False)

    def take_answer(self, asked: Missing, entries: list[Entry], floor: int, head: int, as_of: int) -> list[Change]:
        """An answer to a fetch says which entries there are."""
        self._raise_floor(floor)
        before = self.head
        changes: list[Change] = []
        for entry in entries:
            changes += self.offer(entry)
        if asked.what == "hole":
            # Entries above the head of the answer are not for this user (they left in between).
            if head < self._known_head and as_of >= self._known_lsn and not self._ahead:
                self._known_head = max(head, self.head)
            # No progress although the server has answered: what is missing cannot be had. Leave the hole.
            if self.head == before < asked.start:
                changes += self.leave_hole(min(self._ahead) - 1 if self._ahead else asked.end)
        elif asked.what == "stale":
            # What the server has just sent is the newest there is, whatever the notice says. A page may end early.
            end = min(entries[-1].seq, asked.end) if entries else asked.end
            self.forget_stale(asked.start, end, as_of)
        return changes

    def leave_hole(self, to: int) -> list[Change]:
        """Gives up what is missing up to `to`, and with it everything below, so that what is kept stays contiguous."""
        if to <= self.head:
            return []
        self._entries.clear()
        self._stale.clear()
        self.head = to
        self._lowest = to + 1
        return self._drain()

    def skip_to_newest(self) -> list[Change]:
        """The hole is too long to fetch: goes on with the newest entries."""
        first = self._known_head + 1
        while first - 1 in self._ahead:
            first -= 1
        if first > self._known_head:
            first = max(self._known_head - _NEWEST, self.head) + 1
        return self.leave_hole(first - 1)

    def forget_stale(self, start: int, end: int, as_of: int | None = None) -> None:
        """Takes entries as they are, although notices up to `as_of` say that they were rewritten."""
        for seq in [seq for seq in self._stale if start <= seq <= end]:
            if as_of is None or self._stale[seq] <= as_of:
                del self._stale[seq]

    # --- How ---

    def _first_head(self, record: Conversation, backlog: Backlog, news: int | None) -> int:
        lowest = max(record.inbox.floor, 1) - 1
        if backlog == "all":
            return lowest
        start = record.head if backlog == "new" and news is None else min(record.inbox.read, record.head)
        if news is not None:
            for entry in reversed(record.entries):
                if entry.lsn < news:
                    break
                start = min(start, entry.seq - 1)
        return max(start, lowest)

    def _take_context(self, entries: list[Entry]) -> None:
        """What came with the record from before the start is kept to be looked at; it is no news."""
        for entry in reversed(entries):
            if entry.seq == self._lowest - 1 and entry.seq >= self.floor:
                self._entries[entry.seq] = entry
                self._lowest = entry.seq

    def _take_about(self, new: Conversation, as_of: int) -> None:
        self._about_as_of = as_of
        if self.about is not None:
            new = replace(new, cursors=_merged(self.about.cursors, new.cursors))
            if self._inbox_as_of > as_of:
                new = replace(new, inbox=self.about.inbox)
            else:
                self._inbox_as_of = as_of
        else:
            self._inbox_as_of = as_of
        newest = max(new.head, self.head)
        self.about = replace(new, head=newest)
        if new.inbox.lsn <= as_of:
            self._count_newer(as_of)
        self.mark_read(self._read_wanted)

    def _count_newer(self, since: int) -> None:
        """Entries that are newer than the user's side say what has changed of it since."""
        newer: list[Entry] = []
        for entry in self.newest():
            if entry.lsn <= since:
                break
            newer.append(entry)
        for entry in reversed(newer):
            self._count(entry)

    def _drain(self) -> list[Change]:
        """Applies what now follows the head. Nothing is applied before it is known what the conversation is."""
        changes: list[Change] = []
        if self.about is None:
            return changes
        while self._ahead:
            entry = self._ahead.pop(self.head + 1, None)
            if entry is None:
                break
            self.head = entry.seq
            self._entries[entry.seq] = entry
            self._follow(entry)
            changes.append(Change(entry, False))
        while len(self._entries) > self._keep:
            self._entries.pop(self._lowest, None)
            self._stale.pop(self._lowest, None)
            self._lowest += 1
        return changes

    def _follow(self, entry: Entry) -> None:
        """Takes over what a new entry says about the conversation, unless the record knows it already."""
        about = self.about
        assert about is not None
        self.about = replace(
            about,
            head=max(about.head, entry.seq),
            head_ordinal=max(about.head_ordinal, entry.ordinal),
            at=max(about.at, entry.at),
            changed=max(about.changed, entry.changed),
        )
        if entry.lsn > self._about_as_of and about.kind == "group" and isinstance(entry.body, _ABOUT_CHANGES):
            self._about_wanted = max(self._about_wanted, entry.lsn)
        if entry.lsn > self._inbox_as_of:
            self._count(entry)
        target = target_of(entry.body)
        held = self._entries.get(target) if target is not None else None
        if held is not None and held.changed < entry.lsn:
            self._stale[held.seq] = max(entry.lsn, self._stale.get(held.seq, 0))

    def _count(self, entry: Entry) -> None:
        if not entry.body.is_message or self.about is None:
            return
        inbox = self.about.inbox
        if self.is_mine(entry):
            read = max(inbox.read, entry.seq)
            self.change_inbox(hidden=False, read=read, unread=0, mentions=0, marked_unread=False)
        elif entry.seq > inbox.read:
            mentions = inbox.mentions + int(mentions_user(entry.body, self._me))
            self.change_inbox(hidden=False, unread=inbox.unread + 1, mentions=mentions)

    def _raise_floor(self, floor: int) -> None:
        if floor <= self.floor:
            return
        self.floor = floor
        for held in (self._entries, self._ahead, self._stale):
            for seq in [seq for seq in held if seq < floor]:
                del held[seq]
        self._lowest = max(self._lowest, floor)
        self.head = max(self.head, floor - 1)


def mentions_user(body: Body, user: str) -> bool:
    """Whether a message names the user, or everybody."""
    text = body if isinstance(body, Text) else body.caption if isinstance(body, Media) else body.text if isinstance(body, Buttons) else None
    return text is not None and (text.mention_all or any(same(each, user) for each in text.mentions))


def _merged(held: list[Cursor], moved: Iterable[Cursor]) -> list[Cursor]:
    merged = {cursor.user.lower(): cursor for cursor in held}
    for cursor in moved:
        before = merged.get(cursor.user.lower(), cursor)
        delivered = [each.delivered for each in (before, cursor) if each.delivered is not None]
        merged[cursor.user.lower()] = Cursor(cursor.user, max(delivered, default=None), max(before.read, cursor.read))
    return list(merged.values())
