"""The Python client of Tidings.

    async with Client("https://chat.example.org", user="ada", password="...") as client:
        await client.send("bob", "Hello")
        async for message in client.messages():
            print(message.author, message.text)

README.md shows the rest. The protocol is in docs/protocol.md of the server's repository.
"""

from . import events, records
from .backoff import Backoff
from .calls import Sent
from .client import Client
from .errors import Full, Over, Refused, StoreDamaged, TidingsError, Unreachable
from .events import Changed, ConversationChanged, Event, Message, Missed, Notice, Press
from .feed import FeedPage, follow_app
from .keys import derived_key, new_key
from .pending import Pending
from .records import BotCommand, Button, Entry, GroupRules, MediaInfo, Profile
from .replica import Chat
from .session import Outcome
from .store import FileStore, MemoryStore, Store

__all__ = [
    "Backoff", "BotCommand", "Button", "Changed", "Chat", "Client", "ConversationChanged", "Entry", "Event", "FeedPage", "FileStore", "Full", "GroupRules", "MediaInfo",
    "MemoryStore", "Message", "Missed", "Notice", "Outcome", "Over", "Pending", "Press", "Profile", "Refused", "Sent", "Store", "StoreDamaged",
    "TidingsError", "Unreachable", "derived_key", "events", "follow_app", "new_key", "records",
]
