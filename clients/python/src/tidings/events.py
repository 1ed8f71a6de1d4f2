"""What `Client.events()` gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .records import Cursor, Entry, Presence, Profile
from .replica import Chat, mentions_user


@dataclass(frozen=True)
class _InChat:
    """Something in a conversation. `chat` is the local copy of it."""

    chat: Chat
    entry: Entry

    @property
    def conversation(self) -> int:
        return self.chat.id

    @property
    def author(self) -> str:
        return self.entry.author

    @property
    def mine(self) -> bool:
        """It is by the user of this client, from this device or another."""
        return self.chat.is_mine(self.entry)


@dataclass(frozen=True)
class Message(_InChat):
    """Somebody said something. Each message comes once and in the order of its conversation."""

    @property
    def text(self) -> str:
        """The words; empty when there are none."""
        return self.entry.text or ""

    @property
    def mentions_me(self) -> bool:
        return mentions_user(self.entry.body, self.chat._me)


@dataclass(frozen=True)
class Notice(_InChat):
    """Something happened that is no message: somebody joined, reacted, edited; in the feed, a contact asked."""


@dataclass(frozen=True)
class Changed(_InChat):
    """An entry that came before is another now: edited, recalled, or with other reactions."""


@dataclass(frozen=True)
class ConversationChanged:
    """Title, members, or the own side of a conversation changed."""

    chat: Chat

    @property
    def conversation(self) -> int:
        return self.chat.id


@dataclass(frozen=True)
class Receipt:
    """Members have received or read more."""

    conversation: int
    moved: list[Cursor]


@dataclass(frozen=True)
class Typing:
    conversation: int
    user: str
    active: bool


@dataclass(frozen=True)
class PresenceChanged:
    presence: Presence


@dataclass(frozen=True)
class ProfileChanged:
    profile: Profile


@dataclass(frozen=True)
class Draft:
    """A piece of what an assistant is writing; `offset` counts bytes of UTF-8."""

    conversation: int
    author: str
    draft: int
    offset: int
    text: str
    done: bool


@dataclass(frozen=True)
class Connection:
    """`online`: logged in. `synced`: everything that the server has is here. `offline`: the next attempt comes by itself."""

    state: Literal["connecting", "online", "synced", "offline"]
    reason: str = ""
    retry_in: float = 0.0


@dataclass(frozen=True)
class CaughtUp:
    """Everything that the server was known to have came before this event."""


@dataclass(frozen=True)
class Reset:
    """The server's data is another (a restored backup): the local copy was dropped and is fetched anew."""


@dataclass(frozen=True)
class Missed:
    """Something was left out because nobody took events for too long: of a conversation more messages than `hole_max`, or (without
    one) other events. Look at the local copy, or at `history`."""

    conversation: int | None = None


Event: TypeAlias = (
    "Message | Notice | Changed | ConversationChanged | Receipt | Typing | PresenceChanged | ProfileChanged | Draft | Connection"
    " | CaughtUp | Reset | Missed"
)
