"""What travels: the records of docs/protocol.md as frozen dataclasses, under the names they have there.

Ids of users are strings, all other ids numbers; times are milliseconds since 1970 UTC. `decode` makes them from JSON: fields that it
does not know are passed over, and a body of a kind that it does not know is an `UnknownBody`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

Availability: TypeAlias = Literal["online", "away", "busy", "invisible"]
MediaKind: TypeAlias = Literal["image", "file", "voice", "video"]
Platform: TypeAlias = Literal["web", "ios", "android", "macos", "windows", "linux", "api"]
Role: TypeAlias = Literal["member", "manager", "owner"]


@dataclass(frozen=True)
class Device:
    id: str
    platform: Platform
    name: str


@dataclass(frozen=True)
class Limits:
    """What the server takes: bytes of a frame, submits in flight, submits a second (0: not limited)."""

    max_frame: int
    window: int
    rate: int


@dataclass(frozen=True)
class Welcome:
    protocol: int
    server: str
    time: int
    epoch: int
    cursor: int
    app: int
    user: str
    session: int
    token: str | None
    limits: Limits


# --- Bodies -----------------------------------------------------------------------------------------------------------


class Body:
    """What an entry says; `kind` is its name on the wire."""

    kind: ClassVar[str] = ""
    #: Messages count as unread, all others are notices.
    is_message: ClassVar[bool] = False


@dataclass(frozen=True)
class Text(Body):
    kind: ClassVar[str] = "text"
    is_message: ClassVar[bool] = True
    text: str
    markdown: bool = False
    reply_to: int | None = None
    mentions: list[str] = field(default_factory=list)
    mention_all: bool = False


@dataclass(frozen=True)
class Custom(Body):
    """A message of the sender's own kind; `json` is a JSON document as text."""

    kind: ClassVar[str] = "custom"
    is_message: ClassVar[bool] = True
    type: str = field(metadata={"wire": "kind"})
    json: str
    reply_to: int | None = None


@dataclass(frozen=True)
class MediaInfo:
    media: str
    name: str
    content_type: str
    bytes: int
    width: int | None
    height: int | None
    duration_ms: int | None
    thumbnail: bool
    created: int


@dataclass(frozen=True)
class Media(Body):
    """A message with a file."""

    kind: ClassVar[str] = "media"
    is_message: ClassVar[bool] = True
    shown_as: MediaKind = field(metadata={"wire": "kind"})
    info: MediaInfo
    caption: Text


@dataclass(frozen=True)
class Location(Body):
    kind: ClassVar[str] = "location"
    is_message: ClassVar[bool] = True
    latitude_e6: int
    longitude_e6: int
    name: str | None = None
    reply_to: int | None = None


@dataclass(frozen=True)
class ContactCard(Body):
    kind: ClassVar[str] = "contact_card"
    is_message: ClassVar[bool] = True
    user: str
    reply_to: int | None = None


@dataclass(frozen=True)
class Sticker(Body):
    kind: ClassVar[str] = "sticker"
    is_message: ClassVar[bool] = True
    set: str | None
    name: str
    reply_to: int | None = None


@dataclass(frozen=True)
class Recalled(Body):
    """What is left of a message that was recalled."""

    kind: ClassVar[str] = "recalled"
    is_message: ClassVar[bool] = True


@dataclass(frozen=True)
class Edited(Body):
    kind: ClassVar[str] = "edited"
    target: int


@dataclass(frozen=True)
class RecalledEntry(Body):
    kind: ClassVar[str] = "recalled_entry"
    target: int


@dataclass(frozen=True)
class Reacted(Body):
    kind: ClassVar[str] = "reacted"
    target: int
    emoji: str
    on: bool


@dataclass(frozen=True)
class GroupCreated(Body):
    kind: ClassVar[str] = "group_created"
    title: str
    members: list[str]


@dataclass(frozen=True)
class MembersAdded(Body):
    kind: ClassVar[str] = "members_added"
    users: list[str]


@dataclass(frozen=True)
class MemberRemoved(Body):
    kind: ClassVar[str] = "member_removed"
    user: str


@dataclass(frozen=True)
class MemberLeft(Body):
    kind: ClassVar[str] = "member_left"


@dataclass(frozen=True)
class Renamed(Body):
    kind: ClassVar[str] = "renamed"
    title: str


@dataclass(frozen=True)
class EntryPinned(Body):
    kind: ClassVar[str] = "entry_pinned"
    entry: int
    on: bool


@dataclass(frozen=True)
class GroupRules:
    kind: Literal["private", "public"] = "private"
    invite: Literal["members", "managers"] = "members"
    join: Literal["free", "approval", "closed"] = "free"
    edit: Literal["members", "managers"] = "members"
    pin: Literal["members", "managers"] = "members"
    history: Literal["from_joining", "all"] = "from_joining"
    keep_reading: bool = True
    members_max: int | None = None


@dataclass(frozen=True)
class RulesChanged(Body):
    kind: ClassVar[str] = "rules_changed"
    rules: GroupRules


@dataclass(frozen=True)
class CardChanged(Body):
    kind: ClassVar[str] = "card_changed"


@dataclass(frozen=True)
class JoinRequested(Body):
    kind: ClassVar[str] = "join_requested"


@dataclass(frozen=True)
class MemberJoined(Body):
    kind: ClassVar[str] = "member_joined"


@dataclass(frozen=True)
class JoinAnswered(Body):
    kind: ClassVar[str] = "join_answered"
    conversation: int
    user: str
    accepted: bool


@dataclass(frozen=True)
class InviteChanged(Body):
    kind: ClassVar[str] = "invite_changed"
    on: bool


@dataclass(frozen=True)
class ManagerChanged(Body):
    kind: ClassVar[str] = "manager_changed"
    user: str
    manager: bool


@dataclass(frozen=True)
class Transferred(Body):
    kind: ClassVar[str] = "transferred"
    user: str


@dataclass(frozen=True)
class Dissolved(Body):
    kind: ClassVar[str] = "dissolved"


@dataclass(frozen=True)
class GroupMuted(Body):
    kind: ClassVar[str] = "group_muted"
    on: bool


@dataclass(frozen=True)
class MemberSilenced(Body):
    kind: ClassVar[str] = "member_silenced"
    user: str
    until: int | None


@dataclass(frozen=True)
class AliasChanged(Body):
    kind: ClassVar[str] = "alias_changed"
    user: str
    alias: str | None


@dataclass(frozen=True)
class ContactRequested(Body):
    kind: ClassVar[str] = "contact_requested"
    user: str
    greeting: str | None


@dataclass(frozen=True)
class ContactAnswered(Body):
    kind: ClassVar[str] = "contact_answered"
    user: str
    accepted: bool


@dataclass(frozen=True)
class ContactsChanged(Body):
    kind: ClassVar[str] = "contacts_changed"
    users: list[str]


@dataclass(frozen=True)
class LabelsChanged(Body):
    kind: ClassVar[str] = "labels_changed"


@dataclass(frozen=True)
class UnknownBody(Body):
    """Something that a newer server sends; show a placeholder."""

    name: str
    fields: dict[str, object]


def target_of(body: Body) -> int | None:
    """The entry that a notice says was rewritten."""
    return body.target if isinstance(body, (Edited, RecalledEntry, Reacted)) else None


# --- Conversations ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reaction:
    emoji: str
    users: list[str]


@dataclass(frozen=True)
class Origin:
    """Who said a forwarded message first, and when."""

    author: str
    at: int


@dataclass(frozen=True)
class Entry:
    """One thing that happened in a conversation."""

    seq: int
    lsn: int
    changed: int
    ordinal: int
    at: int
    author: str
    body: Body
    key: str | None = None
    reactions: list[Reaction] = field(default_factory=list)
    edited_at: int | None = None
    recalled_at: int | None = None
    origin: Origin | None = None

    @property
    def text(self) -> str | None:
        """The words, of a text message or of a file's caption."""
        if isinstance(self.body, Text):
            return self.body.text
        return self.body.caption.text if isinstance(self.body, Media) else None


@dataclass(frozen=True)
class Inbox:
    """One user's own side of a conversation."""

    conversation: int
    lsn: int
    read: int
    unread: int
    mentions: int
    pinned: bool
    muted_until: int | None
    hidden: bool
    marked_unread: bool
    floor: int
    gone: bool


@dataclass(frozen=True)
class Cursor:
    """How far a member has got; `delivered` is absent in groups."""

    user: str
    delivered: int | None
    read: int


@dataclass(frozen=True)
class GroupCard:
    avatar: str | None = None
    introduction: str | None = None
    notice: str | None = None
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GroupView:
    owner: str
    rules: GroupRules
    card: GroupCard
    muted: bool
    dissolved: int | None
    alias: str | None
    silenced_until: int | None


@dataclass(frozen=True)
class Conversation:
    """A conversation as one user sees it at one moment."""

    id: int
    kind: Literal["direct", "group", "feed"]
    title: str | None
    peer: str | None
    role: Role
    group: GroupView | None
    members: int
    head: int
    head_ordinal: int
    at: int
    changed: int
    inbox: Inbox
    cursors: list[Cursor]
    entries: list[Entry]


@dataclass(frozen=True)
class Member:
    user: str
    role: Role
    alias: str | None
    silenced_until: int | None
    joined: int


@dataclass(frozen=True)
class Receipts:
    """Who has read an entry: at most 500 of them, and how many in all."""

    cursors: list[Cursor]
    read: int


@dataclass(frozen=True)
class Invite:
    code: str
    by: str | None
    created: int
    expires: int | None
    uses_max: int | None
    uses: int


@dataclass(frozen=True)
class JoinRequest:
    user: str
    greeting: str | None
    asked: int


@dataclass(frozen=True)
class GroupPreview:
    conversation: int
    title: str
    avatar: str | None
    introduction: str | None
    members: int
    join: Literal["free", "approval", "closed"]
    joined: bool
    asked: bool


@dataclass(frozen=True)
class Highlight:
    part: Literal["text", "caption", "file_name"]
    start: int
    end: int


@dataclass(frozen=True)
class Hit:
    conversation: int
    entry: Entry
    highlights: list[Highlight]


@dataclass(frozen=True)
class Found:
    """One page of a search; `next` is the cursor for the one that follows."""

    hits: list[Hit]
    next: str | None
    complete: bool


# --- People -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Card:
    avatar: str | None = None
    gender: str | None = None
    birthday: str | None = None
    location: str | None = None
    signature: str | None = None
    language: str | None = None
    phone: str | None = None
    email: str | None = None
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Profile:
    user: str
    name: str
    kind: Literal["person", "bot", "assistant", "service"]
    card: Card
    deleted: bool
    changed: int


@dataclass(frozen=True)
class UserSettings:
    contact_policy: Literal["open", "approve", "closed"]
    strangers: Literal["anyone", "contacts"] | None
    last_seen: Literal["everyone", "contacts", "nobody"]
    show_phone: bool
    show_email: bool


@dataclass(frozen=True)
class OwnPresence:
    availability: Availability = "online"
    text: str | None = None
    emoji: str | None = None
    until: int | None = None


@dataclass(frozen=True)
class Me:
    profile: Profile
    settings: UserSettings
    presence: OwnPresence
    feed: int
    administrator: bool
    media_bytes: int
    #: How long own messages can be edited and recalled; None: an older server does not say.
    edit_window_ms: int | None = None
    recall_window_ms: int | None = None


@dataclass(frozen=True)
class Presence:
    user: str
    state: Literal["offline", "online", "away", "busy"]
    text: str | None
    emoji: str | None
    until: int | None
    platforms: list[Platform]
    last_seen: int | None


@dataclass(frozen=True)
class Contact:
    user: str
    profile: Profile
    contact: bool
    blocked: bool
    remark: str | None
    labels: list[int]
    extra: dict[str, str]
    since: int | None
    changed: int


@dataclass(frozen=True)
class ContactRequest:
    sender: str = field(metadata={"wire": "from"})
    to: str
    profile: Profile
    state: Literal["pending", "accepted", "declined"]
    greeting: str | None
    source: str | None
    asked: int
    answered: int | None
    unread: bool


@dataclass(frozen=True)
class Label:
    label: int
    name: str


@dataclass(frozen=True)
class Relation:
    user: str
    contact: bool
    contact_of: bool
    blocked: bool
    blocked_by: bool


@dataclass(frozen=True)
class Session:
    session: int
    device: Device
    created: int
    seen: int
    address: str
    current: bool
