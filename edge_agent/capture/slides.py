"""Tells live when a presentation shows another page.

A page is what has stood still for a second. It is another one when enough of it differs from the
page before; a moving pointer is too small for that, and what never stands still, such as a film
in a page, is left out.
"""

from collections import deque
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.capture.view import Grey

CHANGED: Final = 20
"""Levels by which a pixel differs; what JPEG adds to a letter's edge is less."""

ANOTHER: Final = 0.03
"""Share of the picture's pixels. A line of text that appears is half of it."""

STILL: Final = 0.002
STANDING_SECONDS: Final = 1.0
SHORTEST_SECONDS: Final = 2.0
"""Between two changes: a page that is only leafed past is none."""

BUSY: Final = 0.3
BUSY_PICTURES: Final = 16
"""A pixel that changed in this share of the last pictures, of four seconds, belongs to a film."""

SIZE: Final = (320, 180)


class SlideWatcher:
    """Follows one presentation."""

    def __init__(self) -> None:
        self._page: Grey | None = None
        self._before: Grey | None = None
        self._moves: deque[npt.NDArray[np.bool_]] = deque(maxlen=BUSY_PICTURES)
        self._busy = np.zeros(SIZE[::-1], np.uint16)
        self._standing_since: float | None = None
        self._changed_at = -SHORTEST_SECONDS

    def turned(self, grey: Grey, at: float) -> float | None:
        """Take in the next picture; when a new page is known to stand, since when it has."""
        now = cv2.resize(grey, SIZE, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        before, self._before = self._before, now
        if before is None:
            self._standing_since = at
            return None
        film = self._film(_differ(before, now))
        moved = _differ(before, now) & ~film
        if self._standing_since is None or moved.mean() > STILL:
            self._standing_since = at
            return None
        if at - self._standing_since < STANDING_SECONDS:
            return None
        return self._judged(now, film)

    def _judged(self, now: Grey, film: npt.NDArray[np.bool_]) -> float | None:
        page, since = self._page, self._standing_since
        if page is None:
            self._page = now
            return None
        if since is None or (_differ(page, now) & ~film).mean() < ANOTHER:
            return None
        self._page = now
        if since - self._changed_at < SHORTEST_SECONDS:
            return None
        self._changed_at = since
        return since

    def _film(self, moved: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        if len(self._moves) == self._moves.maxlen:
            self._busy -= self._moves[0]
        self._moves.append(moved)
        self._busy += moved
        film = (self._busy > BUSY * BUSY_PICTURES).astype(np.uint8)
        return cv2.dilate(film, np.ones((7, 7), np.uint8)) > 0


def _differ(one: Grey, other: Grey) -> npt.NDArray[np.bool_]:
    return cv2.absdiff(one, other) > CHANGED
