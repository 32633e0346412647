"""How long to wait before the next attempt: full jitter, so that rooms do not come all at once."""

import random


class Backoff:
    """Waits of a random length below a bound that doubles with each failure.

    Args:
        most: the highest bound, seconds.
        first: the first bound, seconds.
    """

    def __init__(self, most: float, first: float = 1.0) -> None:
        self._most = most
        self._first = min(first, most)
        self._bound = self._first

    def next(self) -> float:
        """Seconds to wait now."""
        wait = random.uniform(0, self._bound)  # noqa: S311 - spreads load, guards nothing
        self._bound = min(self._bound * 2, self._most)
        return wait

    def reset(self) -> None:
        """It worked: begin anew."""
        self._bound = self._first
