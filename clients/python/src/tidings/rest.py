"""REST, for what has no command on the socket: files. `urllib` in a thread; the answers are small or streamed."""

from __future__ import annotations

import asyncio
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

from .errors import Refused, Unreachable

ROOT = "/api/v1"
#: One piece of an upload. Small enough that a broken connection loses little.
PIECE_BYTES = 1 << 20
#: Tries of one piece, or of one other request, one after another.
TRIES = 6
_AGAIN = frozenset({"overloaded", "rate_limited", "unavailable"})


class Rest:
    """Requests under a session's token."""

    def __init__(self, base: str, token: Callable[[], str | None], tls: ssl.SSLContext | None, patience: float = 60.0) -> None:
        self._base, self._token, self._tls, self._patience = base.rstrip("/"), token, tls, patience

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        key: str | None = None,
    ) -> Any:
        """One request, tried again while it is not known what became of it. Gives the JSON of the answer; raises `Refused`."""
        content = await self.fetch(method, path, body=body, raw=raw, headers=headers, key=key)
        return json.loads(content) if content else None

    async def fetch(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        key: str | None = None,
    ) -> bytes:
        """The same, for an answer that is not JSON."""
        for tried in range(TRIES):
            try:
                return await asyncio.to_thread(self._once, method, path, body, raw, headers or {}, key)
            except (Unreachable, Refused) as error:
                if tried == TRIES - 1 or (isinstance(error, Refused) and error.code not in _AGAIN):
                    raise
                asked_ms = error.retry_after_ms if isinstance(error, Refused) else None
            await asyncio.sleep(max((asked_ms or 0) / 1_000, min(0.25 * 2**tried, 4.0)))
        raise AssertionError("the last try returns or raises")

    def _once(
        self, method: str, path: str, body: object, raw: bytes | None, headers: dict[str, str], key: str | None
    ) -> bytes:
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + ROOT + path, data=data, method=method)
        request.add_header("Accept", "application/json")
        if data is not None:
            request.add_header("Content-Type", "application/json" if raw is None else "application/octet-stream")
        token = self._token()
        if token is not None:
            # Never sent along when the server sends elsewhere.
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        if key is not None:
            request.add_header("Idempotency-Key", key)
        for name, value in headers.items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=self._patience, context=self._tls) as answer:
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as error:
            raise _refusal(error) from error
        except OSError as error:
            raise Unreachable(f"the server cannot be reached: {error}") from error

    async def upload(self, name: str, content: bytes, key: str) -> dict[str, Any]:
        """Uploads a file in pieces and goes on where it stopped. The same key is the same upload."""
        state: dict[str, Any] = await self.ask("POST", "/uploads", body={"name": name, "bytes": len(content)}, key=key)
        tried = 0
        while state.get("media") is None:
            path, offset = f"/uploads/{state['id']}", int(state["offset"])
            try:
                piece = content[offset : offset + PIECE_BYTES]
                state = await self.ask("PATCH", path, raw=piece, headers={"Upload-Offset": str(offset)})
                tried = 0
            except Refused as no:
                # What was sent before a break may have come further than was heard of.
                tried += 1
                if tried == TRIES or no.code not in ("conflict", "invalid"):
                    raise
                state = await self.ask("GET", path)
        media: dict[str, Any] = state["media"]
        return media


def _refusal(error: urllib.error.HTTPError) -> Refused:
    try:
        problem = json.loads(error.read(1 << 20))
        return Refused(str(problem["code"]), str(problem.get("detail", "")), problem.get("retry_after_ms"))
    except (ValueError, KeyError, TypeError, OSError):
        # Not one of the server's: a proxy's page, or nothing.
        return Refused("unavailable", f"The server answered with {error.code}; try again.")


def quoted(part: str) -> str:
    """One part of a path."""
    return urllib.parse.quote(part, safe="")
