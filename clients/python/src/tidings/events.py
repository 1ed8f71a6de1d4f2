"""What `Client.events()` gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from .records import Cursor, Entry, Presence, Pressed, Profile
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
    def command(self) -> tuple[str, str] | None:
        """The name and the rest of a message that begins with `/`: `/roll 2 dice` is `("roll", "2 dice")`."""
        found = re.fullmatch(r"/([a-z0-9_-]{1,32})(?:\s+(.*))?", self.text.strip(), re.DOTALL)
        return (found[1], (found[2] or "").strip()) if found else None

    @property
    def mentions_me(self) -> bool:
        return mentions_user(self.entry.body, self.chat._me)


@dataclass(frozen=True)
class Notice(_InChat):
    """Something happened that is no message: somebody joined, reacted, edited; in the feed, a contact asked."""


@dataclass(frozen=True)
class Press(Notice):
    """Somebody pressed a button of a message of this user. `author` did; `conversation` and `seq` say which message it is."""

    @property
    def pressed(self) -> Pressed:
        assert isinstance(self.entry.body, Pressed)
        return self.entry.body

    @property
    def conversation(self) -> int:
        return self.pressed.conversation

    @property
    def seq(self) -> int:
        return self.pressed.entry

    @property
    def button(self) -> str:
        """The id of the button."""
        return self.pressed.button


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
class Pushed:
    """An event of the app's own, told by its backend. It is kept nowhere: what comes while there is no connection is lost."""

    #: What the backend calls it: `order.shipped`.
    kind: str
    #: What it carries, as read from JSON.
    data: Any


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
    "Message | Notice | Press | Changed | ConversationChanged | Receipt | Typing | PresenceChanged | ProfileChanged | Draft | Pushed"
    " | Connection | CaughtUp | Reset | Missed"
)
