"""What travels: the records of docs/protocol.md as frozen dataclasses, under the names they have there.

Ids of users are strings, all other ids numbers; times are milliseconds since 1970 UTC. `decode` makes them from JSON: fields that it
does not know are passed over, and a body of a kind that it does not know is an `UnknownBody`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

Availability: TypeAlias = Literal["online", "away", "busy", "invisible"]
ButtonStyle: TypeAlias = Literal["plain", "primary", "danger"]
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
    """What an entry says; `kind` is its name on the wire, which the name of the class gives: `ContactCard` is `contact_card`."""

    kind: ClassVar[str]
    #: Messages count as unread, all others are notices.
    is_message: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class MessageBody(Body):
    """What somebody says."""

    is_message: ClassVar[bool] = True


@dataclass(frozen=True)
class Text(MessageBody):
    text: str
    markdown: bool = False
    reply_to: int | None = None
    mentions: list[str] = field(default_factory=list)
    mention_all: bool = False


@dataclass(frozen=True)
class Custom(MessageBody):
    """A message of the sender's own kind; `json` is a JSON document as text."""

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
class Media(MessageBody):
    """A message with a file."""

    shown_as: MediaKind = field(metadata={"wire": "kind"})
    info: MediaInfo
    caption: Text


@dataclass(frozen=True)
class Location(MessageBody):
    latitude_e6: int
    longitude_e6: int
    name: str | None = None
    reply_to: int | None = None


@dataclass(frozen=True)
class ContactCard(MessageBody):
    user: str
    reply_to: int | None = None


@dataclass(frozen=True)
class Sticker(MessageBody):
    set: str | None
    name: str
    reply_to: int | None = None


@dataclass(frozen=True)
class TokenUsage:
    """How many tokens an answer cost: what the model was given, and what it wrote."""

    prompt_tokens: int
    answer_tokens: int


@dataclass(frozen=True)
class Answer(MessageBody):
    """What an assistant says; `question` is the entry that it answers. `text` is Markdown, and may be empty when it did not end well."""

    question: int
    text: str
    model: str
    end: Literal["complete", "stopped", "limit", "failed"]
    problem: str | None
    usage: TokenUsage | None


@dataclass(frozen=True)
class PostImage:
    url: str
    alt: str


@dataclass(frozen=True)
class PostButton:
    label: str
    url: str


@dataclass(frozen=True)
class PostField:
    title: str
    value: str
    short: bool


@dataclass(frozen=True)
class PostAttachment:
    """A box of a post."""

    color: str | None
    pretext: str
    author: str
    author_url: str | None
    title: str
    title_url: str | None
    text: str
    fields: list[PostField]
    image: PostImage | None
    thumb: PostImage | None
    footer: str
    at: int | None
    buttons: list[PostButton]


@dataclass(frozen=True)
class Post(MessageBody):
    """A message of another system, through a webhook. Each of `blocks` is an object of one kind, as docs/protocol.md has them."""

    text: str
    username: str | None
    icon: str | None
    blocks: list[dict[str, object]]
    attachments: list[PostAttachment]


@dataclass(frozen=True)
class Button:
    """A button under a message: made with `Button.press` or `Button.open`."""

    label: str
    does: dict[str, str]
    style: ButtonStyle = "plain"

    @staticmethod
    def press(label: str, id: str, style: ButtonStyle = "plain") -> Button:
        """One that calls the bot back with `id`: 1 to 64 bytes, as the bot likes, once in a message."""
        return Button(label, {"press": id}, style)

    @staticmethod
    def open(label: str, url: str, style: ButtonStyle = "plain") -> Button:
        """One that opens a page of the web."""
        return Button(label, {"open": url}, style)


@dataclass(frozen=True)
class Buttons(MessageBody):
    """Words with rows of buttons below them."""

    text: Text
    rows: list[list[Button]] = field(default_factory=list)


@dataclass(frozen=True)
class BotCommand:
    """A command that a bot offers: people write `/name` and what `hint` says."""

    name: str
    description: str
    hint: str | None = None


@dataclass(frozen=True)
class OfferedCommand:
    """A command as it is offered in a conversation."""

    bot: str
    command: BotCommand


@dataclass(frozen=True)
class Recalled(MessageBody):
    """What is left of a message that was recalled."""


@dataclass(frozen=True)
class Edited(Body):
    target: int


@dataclass(frozen=True)
class RecalledEntry(Body):
    target: int


@dataclass(frozen=True)
class Reacted(Body):
    target: int
    emoji: str
    on: bool


@dataclass(frozen=True)
class GroupCreated(Body):
    title: str
    members: list[str]


@dataclass(frozen=True)
class MembersAdded(Body):
    users: list[str]


@dataclass(frozen=True)
class MemberRemoved(Body):
    user: str


@dataclass(frozen=True)
class MemberLeft(Body):
    pass


@dataclass(frozen=True)
class Renamed(Body):
    title: str


@dataclass(frozen=True)
class Pressed(Body):
    """In the feed of who wrote a message with buttons: the author of this pressed one."""

    conversation: int
    entry: int
    button: str


@dataclass(frozen=True)
class EntryPinned(Body):
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
    rules: GroupRules


@dataclass(frozen=True)
class CardChanged(Body):
    pass


@dataclass(frozen=True)
class JoinRequested(Body):
    pass


@dataclass(frozen=True)
class MemberJoined(Body):
    pass


@dataclass(frozen=True)
class JoinAnswered(Body):
    conversation: int
    user: str
    accepted: bool


@dataclass(frozen=True)
class InviteChanged(Body):
    on: bool


@dataclass(frozen=True)
class ManagerChanged(Body):
    user: str
    manager: bool


@dataclass(frozen=True)
class Transferred(Body):
    user: str


@dataclass(frozen=True)
class Dissolved(Body):
    pass


@dataclass(frozen=True)
class GroupMuted(Body):
    on: bool


@dataclass(frozen=True)
class MemberSilenced(Body):
    user: str
    until: int | None


@dataclass(frozen=True)
class AliasChanged(Body):
    user: str
    alias: str | None


@dataclass(frozen=True)
class ContactRequested(Body):
    user: str
    greeting: str | None


@dataclass(frozen=True)
class ContactAnswered(Body):
    user: str
    accepted: bool


@dataclass(frozen=True)
class ContactsChanged(Body):
    users: list[str]


@dataclass(frozen=True)
class LabelsChanged(Body):
    pass


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
        """The words: of a text message (with buttons or without), an answer, what another system posted, or a file's caption."""
        if isinstance(self.body, (Text, Answer, Post)):
            return self.body.text
        if isinstance(self.body, Buttons):
            return self.body.text.text
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
    kind: Literal["direct", "group", "feed", "assistant"]
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


@dataclass(frozen=True)
class PushSubscription:
    """What a browser's push service has given: its address and two keys in base64url. `show_text`: what is pushed says what a message says."""

    endpoint: str
    p256dh: str
    auth: str
    show_text: bool
