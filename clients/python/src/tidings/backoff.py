"""How long to wait before the next attempt to connect."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """The n-th wait is between half of and all of `first * 2**n`, at most `longest`. The random part keeps the clients of a restarted
    server from coming back in step."""

    def __init__(self, first: float = 1.0, longest: float = 60.0, chance: Callable[[], float] = random.random) -> None:
        self.first, self.longest = first, longest
        self._chance = chance
        self._attempts = 0

    def next_wait(self) -> float:
        """Seconds to wait now."""
        full: float = min(self.longest, self.first * 2 ** min(self._attempts, 20))
        self._attempts += 1
        return full / 2 + full / 2 * self._chance()

    def reset(self) -> None:
        """The connection worked: the next wait is the first again."""
        self._attempts = 0
