"""`Pending`: something that was put into the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

from .session import Outcome

T = TypeVar("T")


class Pending(Generic[T]):
    """Something on its way to the server under `key`. Await it for what became of it; it is sent whether or not somebody waits."""

    def __init__(self, key: str, future: asyncio.Future[Outcome], made: Callable[[Outcome], T]) -> None:
        self.key = key
        self._future, self._made = future, made

    def __await__(self) -> Generator[Any, None, T]:
        outcome = yield from asyncio.shield(self._future).__await__()
        return self._made(outcome)

    @property
    def done(self) -> bool:
        """Whether it is decided."""
        return self._future.done()
