"""What a program asks for, by name. Each command is put into the outbox and waited for; each raises `Refused` when the server says no.

`to` is a user's id (the direct chat with them, made when it is not there yet) or the number of a conversation.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from .codec import decode, decode_list, encode
from .events import Message
from .keys import derived_key
from .outbox import Command
from .pending import Pending
from .records import (
    Availability, BotCommand, Button, Card, Contact, ContactRequest, Entry, Found, GroupCard, GroupPreview, GroupRules, Invite, JoinRequest, Label,
    Me, MediaInfo, MediaKind, Member, OfferedCommand, OwnPresence, Presence, Profile, PushSubscription, Receipts, Relation, Session as SessionRecord, UserSettings,
)
from .rest import Rest, quoted
from .session import Fields, Outcome, Session

T = TypeVar("T")
To: TypeAlias = "str | int"
#: Buttons, row by row.
Rows: TypeAlias = "Iterable[Iterable[Button]]"


@dataclass(frozen=True)
class Sent:
    """A message is on the server's disk. `duplicate`: it was there already, under the same key."""

    conversation: int
    seq: int
    ordinal: int
    at: int
    key: str
    duplicate: bool


class Calls:
    """The commands and questions of a `Client`."""

    rest: Rest

    def submit(self, command: Command, made: Callable[[Outcome], T], key: str | None = None) -> Pending[T]:
        raise NotImplementedError

    async def query(self, query: Fields) -> Fields:
        raise NotImplementedError

    def new_key(self) -> str:
        raise NotImplementedError

    def _say(self, act: Callable[[Session], None]) -> None:
        raise NotImplementedError

    async def _do(self, name: str, key: str | None = None, /, **fields: Any) -> Outcome:
        return await self.submit({name: fields}, lambda outcome: outcome, key)

    # --- Messages ---

    def post(
        self,
        to: To,
        text: str,
        *,
        markdown: bool = False,
        reply_to: int | None = None,
        mentions: Iterable[str] = (),
        mention_all: bool = False,
        buttons: Rows = (),
        key: str | None = None,
    ) -> Pending[Sent]:
        """Puts a message into the outbox and returns at once, with something to await for what becomes of it (a `Sent`). `buttons` are rows
        of buttons below it, which bots may send."""
        words = _text(text, markdown, reply_to, mentions, mention_all)
        content = {"buttons": {"text": words, "rows": rows}} if (rows := _rows(buttons)) else {"text": words}
        return self.submit({"send": {"to": target(to), "content": content}}, sent, key)

    async def send(
        self,
        to: To,
        text: str,
        *,
        markdown: bool = False,
        reply_to: int | None = None,
        mentions: Iterable[str] = (),
        mention_all: bool = False,
        buttons: Rows = (),
        key: str | None = None,
    ) -> Sent:
        """Sends a message and waits until it is on the server's disk, over as many connections as it takes."""
        return await self.post(
            to, text, markdown=markdown, reply_to=reply_to, mentions=mentions, mention_all=mention_all, buttons=buttons, key=key
        )

    async def answer(
        self, message: Message, text: str, *, markdown: bool = False, quote: bool = False, buttons: Rows = ()
    ) -> Sent:
        """Answers a message, once: the key is made from the message, so answering it again (after a crash, say) with the same words
        gives the first answer back, and with other words is refused with `idempotency_conflict`."""
        entry = message.entry
        key = derived_key(entry.at, "answer", message.conversation, entry.seq)
        reply_to = entry.seq if quote else None
        return await self.send(message.conversation, text, markdown=markdown, reply_to=reply_to, buttons=buttons, key=key)

    async def send_custom(
        self, to: To, kind: str, data: object, *, reply_to: int | None = None, key: str | None = None
    ) -> Sent:
        """Sends a message of one's own kind (`order.shipped`) with anything that JSON can say."""
        content = {"kind": kind, "json": json.dumps(data, ensure_ascii=False), "reply_to": reply_to}
        return await self._send(to, "custom", content, key)

    async def send_location(
        self, to: To, latitude: float, longitude: float, *, name: str | None = None, key: str | None = None
    ) -> Sent:
        """Sends a place, in degrees north and east."""
        content = {"latitude_e6": round(latitude * 1e6), "longitude_e6": round(longitude * 1e6), "name": name, "reply_to": None}
        return await self._send(to, "location", content, key)

    async def send_contact_card(self, to: To, user: str, *, key: str | None = None) -> Sent:
        """Sends somebody's contact card."""
        return await self._send(to, "contact_card", {"user": user, "reply_to": None}, key)

    async def send_sticker(self, to: To, name: str, *, pack: str | None = None, key: str | None = None) -> Sent:
        """Sends a sticker of a set, or (without one) a single large emoji."""
        return await self._send(to, "sticker", {"set": pack, "name": name, "reply_to": None}, key)

    async def send_file(
        self,
        to: To,
        file: str | os.PathLike[str] | bytes | MediaInfo,
        *,
        name: str | None = None,
        kind: MediaKind = "file",
        caption: str = "",
        key: str | None = None,
    ) -> Sent:
        """Uploads a file (a path, or its bytes and a name) and sends it; or sends one that was uploaded."""
        media = file if isinstance(file, MediaInfo) else await self.upload(file, name=name)
        content = {"kind": kind, "media": media.media, "caption": _text(caption)}
        return await self._send(to, "media", content, key)

    async def _send(self, to: To, kind: str, content: Fields, key: str | None) -> Sent:
        return await self.submit({"send": {"to": target(to), "content": {kind: content}}}, sent, key)

    async def forward(self, message: Message, to: To, *, key: str | None = None) -> Sent:
        """Sends a message to another place, with who said it first."""
        fields = {"from": message.conversation, "seq": message.entry.seq, "to": target(to)}
        return await self.submit({"forward": fields}, sent, key)

    async def edit(self, conversation: int, seq: int, text: str) -> None:
        """Replaces the words of an own message."""
        await self._do("edit", conversation=conversation, seq=seq, text=text)

    async def recall(self, conversation: int, seq: int) -> None:
        """Takes back a message."""
        await self._do("recall", conversation=conversation, seq=seq)

    async def react(self, conversation: int, seq: int, emoji: str, on: bool = True) -> None:
        """Puts a reaction on a message, or takes it away."""
        await self._do("react", conversation=conversation, seq=seq, emoji=emoji, on=on)

    async def pin_entry(self, conversation: int, seq: int, on: bool = True) -> None:
        """Pins a message for all members, or takes the pin away."""
        await self._do("pin_entry", conversation=conversation, seq=seq, on=on)

    def read(self, message: Message | int, seq: int | None = None) -> None:
        """The user has read everything up to a message: `read(message)`, or `read(conversation, seq)`."""
        if isinstance(message, Message):
            conversation, seq = message.conversation, message.entry.seq
        else:
            conversation = message
            if seq is None:
                raise TypeError("read(conversation, seq) needs both")
        upto = seq
        self._say(lambda session: session.read(conversation, upto))

    def typing(self, conversation: int, active: bool = True) -> None:
        """The user is typing (say it at most every 5 s), or has stopped."""
        self._say(lambda session: session.typing(conversation, active))

    # --- Bots ---

    async def set_commands(self, commands: Iterable[BotCommand]) -> None:
        """Says what commands this bot offers, all of them."""
        await self._do("set_commands", commands=[encode(command) for command in commands])

    async def edit_buttons(self, conversation: int, seq: int, text: str, buttons: Rows = ()) -> None:
        """Replaces the words and the buttons of an own message with buttons, at any time."""
        await self._do("edit_buttons", conversation=conversation, seq=seq, text=text, rows=_rows(buttons))

    async def press(self, conversation: int, seq: int, button: str) -> None:
        """Presses a button of a message; its author is told."""
        await self._do("press", conversation=conversation, seq=seq, button=button)

    async def bot_commands(self, conversation: int) -> list[OfferedCommand]:
        """The commands that bots offer in a conversation."""
        return decode_list(OfferedCommand, (await self.query({"bot_commands": {"conversation": conversation}}))["commands"])

    # --- Conversations ---

    async def open_direct(self, user: str) -> int:
        """Has a direct chat without sending anything yet; gives its number."""
        return _conversation(await self._do("open_direct", user=user))

    async def open_assistant(self, assistant: str, title: str | None = None) -> int:
        """Opens another chat with an assistant; gives its number. Whatever is sent there is a question."""
        return _conversation(await self._do("open_assistant", assistant=assistant, title=title))

    async def stop_answer(self, conversation: int) -> None:
        """Has the assistant stop what it is writing; what it has said stays."""
        await self._do("stop_answer", conversation=conversation)

    async def regenerate(self, conversation: int, seq: int) -> None:
        """Has an answer written again, in its place."""
        await self._do("regenerate", conversation=conversation, seq=seq)

    async def create_group(self, title: str, members: Iterable[str] = (), *, rules: GroupRules | None = None) -> int:
        """Creates a group; gives its number."""
        fields: Fields = {"title": title, "members": list(members)}
        if rules is not None:
            fields["rules"] = encode(rules)
        return _conversation(await self._do("create_group", **fields))

    async def add_members(self, conversation: int, users: Iterable[str]) -> None:
        await self._do("add_members", conversation=conversation, users=list(users))

    async def remove_member(self, conversation: int, user: str) -> None:
        await self._do("remove_member", conversation=conversation, user=user)

    async def leave(self, conversation: int) -> None:
        await self._do("leave", conversation=conversation)

    async def rename(self, conversation: int, title: str) -> None:
        await self._do("rename", conversation=conversation, title=title)

    async def set_group_rules(self, conversation: int, rules: GroupRules) -> None:
        await self._do("set_group_rules", conversation=conversation, rules=encode(rules))

    async def set_group_card(self, conversation: int, card: GroupCard) -> None:
        """Sets what a group says of itself, all of it."""
        await self._do("set_group_card", conversation=conversation, card=encode(card))

    async def join(self, conversation: int, greeting: str | None = None) -> None:
        """Joins a public group, or asks to."""
        await self._do("join", conversation=conversation, greeting=greeting)

    async def join_by_code(self, code: str) -> int:
        """Joins a group by the code of an invite link; gives its number."""
        outcome = await self._do("join_by_code", code=code)
        return int(outcome.result["appended"]["conversation"])

    async def answer_join(self, conversation: int, user: str, accept: bool) -> None:
        await self._do("answer_join", conversation=conversation, user=user, accept=accept)

    async def create_invite(self, conversation: int, *, expires: int | None = None, uses_max: int | None = None) -> str:
        """Makes an invite link into a group; gives its code."""
        code = secrets.token_urlsafe(16)
        await self._do("create_invite", conversation=conversation, code=code, expires=expires, uses_max=uses_max)
        return code

    async def revoke_invite(self, conversation: int, code: str) -> None:
        await self._do("revoke_invite", conversation=conversation, code=code)

    async def set_manager(self, conversation: int, user: str, manager: bool) -> None:
        await self._do("set_manager", conversation=conversation, user=user, manager=manager)

    async def transfer(self, conversation: int, user: str) -> None:
        """Hands a group over."""
        await self._do("transfer", conversation=conversation, user=user)

    async def dissolve(self, conversation: int) -> None:
        """Ends a group for good."""
        await self._do("dissolve", conversation=conversation)

    async def mute_group(self, conversation: int, on: bool) -> None:
        """Lets only the owner and managers speak, or everybody again."""
        await self._do("mute_group", conversation=conversation, on=on)

    async def silence_member(self, conversation: int, user: str, until: int | None) -> None:
        await self._do("silence_member", conversation=conversation, user=user, until=until)

    async def set_alias(self, conversation: int, user: str, alias: str | None) -> None:
        await self._do("set_alias", conversation=conversation, user=user, alias=alias)

    async def pin(self, conversation: int, pinned: bool = True) -> None:
        """Keeps a conversation at the top of the own list, or not."""
        await self._do("pin", conversation=conversation, pinned=pinned)

    async def mute(self, conversation: int, until: int | None) -> None:
        """Silences a conversation for oneself until a time; None ends it."""
        await self._do("mute", conversation=conversation, until=until)

    async def hide(self, conversation: int, hidden: bool = True) -> None:
        await self._do("hide", conversation=conversation, hidden=hidden)

    async def mark_unread(self, conversation: int) -> None:
        await self._do("mark_unread", conversation=conversation)

    async def clear_history(self, conversation: int) -> None:
        """Deletes the history up to now, for oneself alone."""
        await self._do("clear_history", conversation=conversation)

    async def history(
        self, conversation: int, *, before: int | None = None, after: int | None = None, limit: int = 50
    ) -> list[Entry]:
        """Entries, oldest first: the newest ones, those before a seq, or those after one. The server gives at most 200."""
        span: Fields = {"conversation": conversation, "limit": limit}
        if before is not None:
            span["to"] = before - 1
        if after is not None:
            span["from"] = after + 1
        answer = await self.query({"entries": span})
        # Before the range come entries that notices inside of it rewrote.
        return [
            entry
            for entry in decode_list(Entry, answer["entries"])
            if (after is None or entry.seq > after) and (before is None or entry.seq < before)
        ]

    async def members(self, conversation: int) -> AsyncIterator[Member]:
        """All members, by id."""
        async for member in self._pages("members", Member, "members", lambda m: m.user, conversation=conversation, limit=500):
            yield member

    async def receipts(self, conversation: int, seq: int) -> Receipts:
        """Who has read an entry."""
        return decode(Receipts, await self.query({"receipts": {"conversation": conversation, "seq": seq}}))

    async def pins(self, conversation: int) -> list[Entry]:
        """The pinned messages, newest first."""
        return decode_list(Entry, (await self.query({"pins": {"conversation": conversation}}))["entries"])

    async def invites(self, conversation: int) -> list[Invite]:
        return decode_list(Invite, (await self.query({"invites": {"conversation": conversation}}))["invites"])

    async def join_requests(self, conversation: int) -> AsyncIterator[JoinRequest]:
        """Who asked to join a group."""
        fields = {"conversation": conversation, "limit": 50}
        async for request in self._pages("join_requests", JoinRequest, "requests", lambda r: r.user, **fields):
            yield request

    async def find_groups(self, text: str) -> list[GroupPreview]:
        """Public groups by the beginning of a word of their title: the first 50."""
        answer = await self.query({"find_groups": {"text": text, "after": None, "limit": 50}})
        return decode_list(GroupPreview, answer["groups"])

    async def search(
        self, words: str, *, conversation: int | None = None, author: str | None = None, cursor: str | None = None, limit: int = 20
    ) -> Found:
        """Messages that have all the words, newest first; `found.next` is the `cursor` for more."""
        fields = {"q": words, "conversation": conversation, "from": author, "cursor": cursor, "limit": limit}
        return decode(Found, await self.query({"search": fields}))

    # --- People ---

    async def me(self) -> Me:
        """The own profile, settings and presence."""
        return decode(Me, await self.query({"me": {}}))

    async def set_profile(self, name: str, card: Card) -> None:
        """Sets the own name and card, all of it."""
        await self._do("set_profile", name=name, card=encode(card))

    async def set_name(self, name: str) -> None:
        """Sets the own display name alone."""
        await self.set_profile(name, (await self.me()).profile.card)

    async def set_avatar(self, media: MediaInfo | None) -> None:
        """Sets the own picture, which was uploaded, alone."""
        profile = (await self.me()).profile
        await self.set_profile(profile.name, replace(profile.card, avatar=media.media if media else None))

    async def set_settings(self, settings: UserSettings) -> None:
        await self._do("set_settings", settings=encode(settings))

    async def set_presence(
        self, availability: Availability = "online", text: str | None = None, *, emoji: str | None = None, until: int | None = None
    ) -> None:
        """Says how the user is."""
        await self._do("set_presence", presence=encode(OwnPresence(availability, text, emoji, until)))

    async def presences(self, users: Iterable[str]) -> list[Presence]:
        """Whether users are there now."""
        return decode_list(Presence, (await self.query({"presences": {"users": list(users)}}))["presences"])

    def watch(self, users: Iterable[str], seconds: int = 600) -> None:
        """Tells the presence of up to 100 users as events, now and on change. Another call takes the place of the last."""
        whom = list(users)
        self._say(lambda session: session.watch(whom, seconds))

    async def users(self, users: Iterable[str]) -> list[Profile]:
        """Profiles; users that are not there are left out."""
        return decode_list(Profile, (await self.query({"users": {"users": list(users)}}))["users"])

    async def find_users(self, text: str) -> list[Profile]:
        """Users, as far as the server's directory allows it: the first 50."""
        answer = await self.query({"find_users": {"text": text, "after": None, "limit": 50}})
        return decode_list(Profile, answer["users"])

    async def relations(self, users: Iterable[str]) -> list[Relation]:
        return decode_list(Relation, (await self.query({"relations": {"users": list(users)}}))["relations"])

    async def contacts(self, *, blocked: bool = False) -> AsyncIterator[Contact]:
        """The own contacts, or those that are blocked."""
        async for contact in self._pages("contacts", Contact, "contacts", lambda c: c.user, blocked=blocked, limit=200):
            yield contact

    async def contact_requests(self, *, sent: bool = False) -> AsyncIterator[ContactRequest]:
        """Who asks to be a contact, or who was asked."""
        pages = self._pages(
            "contact_requests", ContactRequest, "requests", lambda r: r.to if sent else r.sender, sent=sent, limit=200
        )
        async for request in pages:
            yield request

    async def request_contact(self, user: str, greeting: str | None = None, *, remark: str | None = None) -> None:
        """Asks a user to be a contact."""
        await self._do("request_contact", user=user, greeting=greeting, remark=remark, source=None)

    async def answer_contact(self, user: str, accept: bool) -> None:
        await self._do("answer_contact", user=user, accept=accept)

    async def set_contact(
        self, user: str, *, remark: str | None = None, labels: Iterable[int] = (), extra: dict[str, str] | None = None
    ) -> None:
        """Sets what is kept with a contact, all of it."""
        await self._do("set_contact", user=user, remark=remark, labels=list(labels), extra=extra or {})

    async def delete_contacts(self, users: Iterable[str]) -> None:
        await self._do("delete_contacts", users=list(users))

    async def delete_all_contacts(self) -> int:
        """Ends all friendships; gives how many."""
        count = 0
        while True:
            removed = (await self._do("delete_all_contacts")).result["removed"]
            count += int(removed["count"])
            if not removed["more"]:
                return count

    async def block(self, user: str, on: bool = True) -> None:
        await self._do("block", user=user, on=on)

    async def labels(self) -> list[Label]:
        return decode_list(Label, (await self.query({"labels": {}}))["labels"])

    async def create_label(self, name: str) -> int:
        """Creates a label for contacts; gives its id."""
        return int((await self._do("create_label", name=name)).result["label"]["label"])

    async def rename_label(self, label: int, name: str) -> None:
        await self._do("rename_label", label=label, name=name)

    async def delete_label(self, label: int) -> None:
        await self._do("delete_label", label=label)

    async def label_contacts(self, label: int, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        await self._do("label_contacts", label=label, add=list(add), remove=list(remove))

    # --- Sessions ---

    async def sessions(self) -> list[SessionRecord]:
        """The own devices."""
        return decode_list(SessionRecord, (await self.query({"sessions": {}}))["sessions"])

    async def end_session(self, session: int) -> None:
        await self._do("end_session", session=session)

    async def log_out(self) -> None:
        """Ends this session; the client is over then."""
        await self._do("log_out")

    async def set_push(self, subscription: PushSubscription | None) -> None:
        """Where this session is told of messages while it is not connected; None: nowhere."""
        await self._do("set_push", subscription=encode(subscription))

    # --- Files ---

    async def upload(self, file: str | os.PathLike[str] | bytes, *, name: str | None = None) -> MediaInfo:
        """Uploads a file: a path, or its bytes. It is the user's alone until a message, a profile or a group shows it."""
        if isinstance(file, bytes):
            content, called = file, name or "file"
        else:
            content = await asyncio.to_thread(Path(file).read_bytes)
            called = name or Path(file).name
        return decode(MediaInfo, await self.rest.upload(called, content, self.new_key()))

    async def download(self, media: MediaInfo | str) -> bytes:
        """A file that the user may see, whole."""
        return await self.rest.fetch("GET", f"/media/{quoted(_media(media))}/content")

    async def thumbnail(self, media: MediaInfo | str) -> bytes:
        """The small picture of a picture."""
        return await self.rest.fetch("GET", f"/media/{quoted(_media(media))}/thumbnail")

    async def _pages(
        self, name: str, kind: type[T], rows: str, key: Callable[[T], str], /, **fields: Any
    ) -> AsyncIterator[T]:
        after: str | None = None
        while True:
            answer = await self.query({name: {**fields, "after": after}})
            page = decode_list(kind, answer[rows])
            for row in page:
                yield row
            if not answer["more"] or not page:
                return
            after = key(page[-1])


def target(to: To) -> Fields:
    """Where a message goes, as the wire says it."""
    if isinstance(to, bool) or not isinstance(to, (str, int)):
        raise TypeError("`to` is the id of a user (str) or the number of a conversation (int)")
    return {"user": to} if isinstance(to, str) else {"conversation": to}


def sent(outcome: Outcome) -> Sent:
    """What became of a `send`."""
    at = outcome.result["appended"]
    return Sent(at["conversation"], at["seq"], at["ordinal"], at["at"], outcome.key, outcome.duplicate)


def _conversation(outcome: Outcome) -> int:
    return int(outcome.result["conversation"]["conversation"])


def _media(media: MediaInfo | str) -> str:
    return media if isinstance(media, str) else media.media


def _rows(rows: Rows) -> list[list[Fields]]:
    return [[encode(button) for button in row] for row in rows]


def _text(
    text: str, markdown: bool = False, reply_to: int | None = None, mentions: Iterable[str] = (), mention_all: bool = False
) -> Fields:
    return {"text": text, "markdown": markdown, "reply_to": reply_to, "mentions": list(mentions), "mention_all": mention_all}
