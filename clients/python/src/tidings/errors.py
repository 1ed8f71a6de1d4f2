"""What can go wrong."""

from __future__ import annotations


class TidingsError(Exception):
    """Anything that this package raises by itself."""


class Refused(TidingsError):
    """The server said no: nothing happened. `code` is for programs (docs/protocol.md, "Refusals"), `message` for people."""

    def __init__(self, code: str, message: str, retry_after_ms: int | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retry_after_ms = retry_after_ms


class Unreachable(TidingsError):
    """There is no way to the server. What is in the outbox stays there."""


class Over(TidingsError):
    """The session is over, or the client was closed. `reason` is a word of `kicked`, or "closed"."""

    def __init__(self, reason: str, by: str | None = None) -> None:
        words = "the client was closed" if reason == "closed" else f"the session is over ({reason})"
        super().__init__(words + (f", because of {by}" if by else ""))
        self.reason = reason
        self.by = by


class Full(TidingsError):
    """More is waiting for the server than this client keeps; wait for some of it."""


class StoreDamaged(TidingsError):
    """The file that keeps the token and the outbox cannot be read."""
