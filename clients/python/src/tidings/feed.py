"""The event feed of an app, for the app's own backend: what happened in it, page by page, with a key of the app."""

from __future__ import annotations

import asyncio
import ssl as ssl_module
import urllib.parse
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

from .backoff import Backoff
from .client import addresses
from .errors import Refused, Unreachable
from .rest import Rest, quoted

#: Refusals that pass by themselves.
_PASSING = frozenset({"overloaded", "rate_limited", "unavailable"})


@dataclass(frozen=True)
class FeedPage:
    """What happened up to a place."""

    #: In order, as docs/integration.md has them ("Events"); empty when nothing happened for a while.
    events: list[dict[str, Any]]
    #: Where to go on from. Keep it, also of an empty page, once its events are handled: after a restart it is the next `after`.
    next: str
    #: Events before these are lost: whoever asks was away for more than seven days. Look at state once, then go on.
    gap: bool


async def follow_app(
    url: str,
    app: str,
    key: str,
    *,
    after: str | None = None,
    types: Iterable[str] = (),
    wait: int = 30,
    limit: int = 100,
    ssl: ssl_module.SSLContext | None = None,
    backoff: Backoff | None = None,
) -> AsyncIterator[FeedPage]:
    """Follows an app from `after` (the `next` of a page before; None: from now on) for as long as its pages are taken, also across
    restarts of the server. A page comes at least every `wait` seconds.

    Raises `Refused`: with `conflict` when the place is of other data (a backup was restored) or ahead of all that has happened; then look at
    state once and begin without `after`. With `unauthenticated` when the key is none any more.
    """
    web, _ = addresses(url)
    tls = ssl or (ssl_module.create_default_context() if web.startswith("https:") else None)
    rest, backoff = Rest(web, lambda: key, tls, patience=wait + 30.0), backoff or Backoff()
    asked = {"wait": "0", "limit": str(limit), "types": ",".join(types)}
    while True:
        if after is not None:
            asked["after"] = after
        try:
            page = await rest.ask("GET", f"/apps/{quoted(app)}/events?{urllib.parse.urlencode(asked)}")
        except (Unreachable, Refused) as error:
            if isinstance(error, Refused) and error.code not in _PASSING:
                raise
            after_ms = (error.retry_after_ms or 0) if isinstance(error, Refused) else 0
            await asyncio.sleep(max(backoff.next_wait(), after_ms / 1_000))
            continue
        backoff.reset()
        # The first answer says at once where one stands.
        after, asked["wait"] = str(page["next"]), str(wait)
        yield FeedPage(page["events"], after, page["gap"])
