"""What a camera usually shows, learned in its first good seconds, and how much of it is there."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]

SIZE: Final = (160, 90)
LEARNING: Final = 12
"""Pictures, of three seconds."""

STRONGEST: Final = 90
"""The percentile of the gradient above which a pixel is an edge: so dimmed light moves none."""

LEAST_GRADIENT: Final = 24
LASTING: Final = 0.6
"""An edge belongs to the view if it was in this share of pictures: people come and go."""

FEWEST_EDGES: Final = 150
LEAST_DETAIL: Final = 0.02
PLAINNESS: Final = 25.0
HABIT: Final = 0.005
"""Share of the usual that a good picture replaces: a view changes with the sun and the chairs."""

GOOD: Final = 0.5
_REACH: Final = np.ones((3, 3), np.uint8)


@dataclass(slots=True)
class View:
    """One view. Not known until `LEARNING` pictures were `learned`."""

    _pictures: int = 0
    _edges: npt.NDArray[np.float32] | None = None
    _detail: float = 0.0

    def judge(self, grey: Grey, sharpness: float) -> tuple[float | None, float | None]:
        """Detail as a share of the usual, and how much of the view is there; see `Look`."""
        edges, detail = _edges(grey), _detail(grey, sharpness)
        if self._edges is None or self._pictures < LEARNING:
            self._learn(edges, detail, 1 / (self._pictures + 1))
            return None, None
        share = detail / self._detail if self._detail >= LEAST_DETAIL else None
        there = _there(self._edges > LASTING, edges)
        if (share is None or share > GOOD) and (there is None or there > GOOD):
            self._learn(edges, detail, HABIT)
        return share, there

    def _learn(self, edges: Grey, detail: float, weight: float) -> None:
        now = edges.astype(np.float32)
        self._edges = now if self._edges is None else (1 - weight) * self._edges + weight * now
        self._detail += weight * (detail - self._detail)
        self._pictures += 1


def _edges(grey: Grey) -> Grey:
    small = cv2.GaussianBlur(cv2.resize(grey, SIZE, interpolation=cv2.INTER_AREA), (5, 5), 0)
    across, down = cv2.Sobel(small, cv2.CV_16S, 1, 0), cv2.Sobel(small, cv2.CV_16S, 0, 1)
    gradient = np.abs(across) + np.abs(down)
    limit = max(float(np.percentile(gradient, STRONGEST)), LEAST_GRADIENT)
    return (gradient > limit).astype(np.uint8)


def _detail(grey: Grey, sharpness: float) -> float:
    """Sharpness for its contrast, so that dimmed light blurs nothing."""
    return sharpness / (float(grey.std()) ** 2 + PLAINNESS)


def _there(usual: npt.NDArray[np.bool_], edges: Grey) -> float | None:
    count = int(np.count_nonzero(usual))
    if count < FEWEST_EDGES:
        return None
    near = cv2.dilate(edges, _REACH) > 0
    by_chance = float(near.mean())
    return (float(near[usual].mean()) - by_chance) / max(1e-6, 1 - by_chance)
