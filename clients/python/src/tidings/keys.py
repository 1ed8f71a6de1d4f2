"""Idempotency keys: UUIDs of version 7 (RFC 9562). The same key never has a second effect."""

from __future__ import annotations

import hashlib
import os


def _key(now_ms: int, rest: bytes) -> str:
    raw = bytearray(now_ms.to_bytes(6, "big") + rest)
    raw[6] = 0x70 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def new_key(now_ms: int) -> str:
    """A key for something that is asked for now, by the server's clock."""
    return _key(now_ms, os.urandom(10))


def derived_key(at_ms: int, *parts: object) -> str:
    """The same key for the same parts, at a time that is given: what is done once for each of something.

    A program that answers every message under `derived_key(entry.at, "answer", conversation, entry.seq)` answers once, also when it
    was killed between answering and remembering that it has. It must do so within the 7 days that the server remembers keys.
    """
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return _key(at_ms, digest[:10])
