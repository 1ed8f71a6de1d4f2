"""What was asked for and is not decided yet, in the order in which it was asked. No clock, no sockets.

What must stay true: commands reach the server in this order, also when some are refused "for now" in between. So after such a refusal
nothing is sent until everything in flight was answered. A command keeps its key for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from .errors import Full, Refused

#: A command as it stands in docs/protocol.md: `{"send": {...}}`.
Command: TypeAlias = "dict[str, dict[str, Any]]"

#: How long to wait after "not now" when the server names no time.
RETRY_MS = 1_000
_LATER = frozenset({"rate_limited", "overloaded", "unavailable", "window_exceeded", "read_only"})


@dataclass
class Item:
    """One command on its way. `request` is its number while it is in flight."""

    key: str
    command: Command
    request: int | None = None
    #: The server does not know the key any more; whether it took effect shows once the sync is through.
    expired: bool = False


class Outbox:
    """The queue."""

    def __init__(self, most: int = 1_000, items: Iterable[tuple[str, Command]] = ()) -> None:
        self._most = most
        self._items: dict[str, Item] = {key: Item(key, command) for key, command in items}
        self._requests: dict[int, str] = {}
        self._gate_ms = 0
        self._draining = False

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: str) -> bool:
        return key in self._items

    def items(self) -> list[tuple[str, Command]]:
        """Everything that is not decided, oldest first."""
        return [(item.key, item.command) for item in self._items.values()]

    def put(self, key: str, command: Command) -> None:
        """Takes a command in. The same key may come again with the same command; with another it is the server that would refuse."""
        held = self._items.get(key)
        if held is not None:
            if held.command != command:
                raise Refused("idempotency_conflict", "This key is in the outbox with another command; use a new one.")
            return
        if len(self._items) >= self._most:
            raise Full(f"{self._most} commands are waiting for the server; wait for some of them")
        self._items[key] = Item(key, command)

    def drop(self, key: str) -> bool:
        """Takes a command out that was not sent yet. One that is on its way may have taken effect: it stays, and this is False."""
        item = self._items.get(key)
        if item is None or item.request is not None:
            return False
        del self._items[key]
        return True

    def lost(self) -> None:
        """The connection is gone: whatever was in flight is sent again."""
        for key in self._requests.values():
            self._items[key].request = None
        self._requests.clear()
        self._draining = False

    def send_next(self, now_ms: int, window: int, request: int) -> Item | None:
        """The next command that may go, marked as sent under `request`."""
        in_flight = len(self._requests)
        if in_flight >= window or now_ms < self._gate_ms or (self._draining and in_flight > 0):
            return None
        self._draining = False
        item = next((item for item in self._items.values() if item.request is None and not item.expired), None)
        if item is not None:
            item.request = request
            self._requests[request] = item.key
        return item

    def deadline_ms(self, now_ms: int) -> int | None:
        """When something may go that waits only for the time."""
        waits = any(item.request is None and not item.expired for item in self._items.values())
        return self._gate_ms if waits and self._gate_ms > now_ms else None

    def accepted(self, request: int) -> Item | None:
        """The server has accepted: the command is over."""
        key = self._requests.pop(request, None)
        return None if key is None else self._items.pop(key)

    def refused(self, request: int, no: Refused, now_ms: int) -> tuple[Literal["later", "expired", "final"], Item] | None:
        """The server has refused. None: `request` is none of ours."""
        key = self._requests.pop(request, None)
        if key is None:
            return None
        item = self._items[key]
        item.request = None
        if no.retry_after_ms is not None or no.code in _LATER:
            default = 0 if no.code == "window_exceeded" else RETRY_MS
            wait = default if no.retry_after_ms is None else no.retry_after_ms
            self._gate_ms = max(self._gate_ms, now_ms + wait)
            self._draining = True
            return "later", item
        if no.code == "key_expired":
            item.expired = True
            return "expired", item
        del self._items[key]
        return "final", item

    def take_expired(self) -> list[Item]:
        """Takes out everything whose key the server does not know any more."""
        expired = [item for item in self._items.values() if item.expired]
        for item in expired:
            del self._items[item.key]
        return expired
