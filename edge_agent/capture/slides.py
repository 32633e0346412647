"""Tells live when a presentation shows another page.

A page is what has stood still for a second. It is another one when much of it differs from the page
before, or when what was written there is gone: a line that is added to a page leaves the others
standing. A moving pointer is too small for either, and what never stands still, such as a film in
a page, is left out.
"""

from collections import deque
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.capture.view import Grey

Pixels = npt.NDArray[np.bool_]

CHANGED: Final = 20
"""Levels by which a pixel differs; what JPEG adds to a letter's edge is less."""

ANOTHER: Final = 0.05
"""Share of the picture's pixels that differ. A long line of text that is added is 0.011."""

GONE: Final = 0.25
"""Share of what was written that is not there any more."""

LEAST: Final = 0.004
"""Share of the picture's pixels that must differ in any case, or that may while it stands."""

WRITTEN: Final = 40
"""Where the Laplacian is stronger, something is written or drawn."""

STANDING_SECONDS: Final = 1.0
SHORTEST_SECONDS: Final = 2.0
"""Between two changes: a page that is only leafed past is none."""

BUSY: Final = 0.45
BUSY_PICTURES: Final = 16
"""A pixel that changed in this share of the last pictures, of four seconds, belongs to a film."""

SIZE: Final = (320, 180)
_AROUND: Final = np.ones((7, 7), np.uint8)


class SlideWatcher:
    """Follows one presentation."""

    def __init__(self) -> None:
        self._page: Grey | None = None
        self._before: Grey | None = None
        self._moves: deque[tuple[float, Pixels]] = deque(maxlen=BUSY_PICTURES)
        self._busy = np.zeros(SIZE[::-1], np.uint16)
        self._turned_at = -SHORTEST_SECONDS
        self._stood_at = -SHORTEST_SECONDS

    def turned(self, grey: Grey, at: float) -> float | None:
        """Take in the next picture; when a new page is known to stand, since when it has."""
        now = cv2.resize(grey, SIZE, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        before, self._before = self._before, now
        self._moved(at, _differ(now if before is None else before, now))
        film = self._film()
        moves = [(when, float((moved & ~film).mean())) for when, moved in self._moves]
        if any(share > LEAST for when, share in moves if at - when < STANDING_SECONDS):
            return None
        if at - moves[0][0] < STANDING_SECONDS:
            return None
        if self._page is None or not _another(self._page, now, film):
            self._page = now if self._page is None else self._page
            self._stood_at = at
            return None
        self._page = now
        since = _turn([(when, share) for when, share in moves if when > self._stood_at])
        self._stood_at = at
        if since - self._turned_at < SHORTEST_SECONDS:
            return None
        self._turned_at = since
        return since

    def _moved(self, at: float, moved: Pixels) -> None:
        if len(self._moves) == BUSY_PICTURES:
            self._busy -= self._moves[0][1]
        self._moves.append((at, moved))
        self._busy += moved

    def _film(self) -> Pixels:
        film = (self._busy > BUSY * BUSY_PICTURES).astype(np.uint8)
        return cv2.dilate(film, _AROUND) > 0


def _turn(moves: list[tuple[float, float]]) -> float:
    """When the page was turned: what is added to it later moves less."""
    most = max(share for _, share in moves)
    return max(when for when, share in moves if share >= most / 2)


def _another(page: Grey, now: Grey, film: Pixels) -> bool:
    differ = _differ(page, now) & ~film
    share = float(differ.mean())
    written = (np.abs(cv2.Laplacian(page, cv2.CV_16S)) > WRITTEN) & ~film
    gone = float(differ[written].mean()) if written.any() else 0.0
    return share >= ANOTHER or (share >= LEAST and gone >= GONE)


def _differ(one: Grey, other: Grey) -> Pixels:
    return cv2.absdiff(one, other) > CHANGED
