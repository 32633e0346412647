"""Measures the pictures of one source."""

from typing import Final

import cv2
import numpy as np

from edge_agent.capture.view import Grey, View
from edge_agent.room.watch import Look

DARK: Final = 32
TURNING_SECONDS: Final = 5.0
"""A camera that was sent to a preset is there, and has focused, after so long."""


class PictureMeter:
    """Measures one source.

    Args:
        judged: it is a camera, which has a usual view.
    """

    def __init__(self, *, judged: bool) -> None:
        self._judged = judged
        self._views: dict[str, View] = {}
        self._view: str | None = ""
        self._turned_at: float | None = None
        self._before: Grey | None = None

    def aim(self, view: str | None, at: float) -> None:
        """The camera turns to a view; None: there is no usual one."""
        self._view, self._turned_at = view, at

    def forget(self) -> None:
        """The next picture has none before it: the source was closed."""
        self._before = None

    def measure(self, grey: Grey, at: float) -> Look:
        """Measure the next picture, 320 pixels wide or as narrow as its shape demands."""
        before, self._before = self._before, grey
        motion = None
        if before is not None and before.shape == grey.shape:
            motion = float(cv2.mean(cv2.absdiff(before, grey))[0])
        brightness = float(cv2.mean(grey)[0])
        dark = float(np.count_nonzero(grey < DARK)) / grey.size
        sharpness = float(cv2.Laplacian(grey, cv2.CV_16S).var())
        detail, view = self._viewed(grey, sharpness, at, dark)
        return Look(brightness, dark, sharpness, motion, detail, view)

    def _viewed(
        self, grey: Grey, sharpness: float, at: float, dark: float
    ) -> tuple[float | None, float | None]:
        turning = self._turned_at is not None and at - self._turned_at < TURNING_SECONDS
        if not self._judged or self._view is None or turning or dark > 0.9:
            return None, None
        return self._views.setdefault(self._view, View()).judge(grey, sharpness)


def decoded(jpeg: bytes) -> Grey | None:
    """The picture in grey; None for what is no picture, or only the beginning of one."""
    if not (jpeg.startswith(b"\xff\xd8") and jpeg.endswith(b"\xff\xd9")):
        return None
    grey = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    return None if grey is None else grey.astype(np.uint8, copy=False)
