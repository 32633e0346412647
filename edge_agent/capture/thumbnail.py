"""Makes a picture so small that it passes a thin link."""

from typing import Final

import cv2
import numpy as np

WIDTHS: Final = (320, 160, 112, 64)
QUALITIES: Final = (70, 55, 40, 25)
"""Of JPEG. What is left of a picture below the last is worse than a narrower picture."""

LEAST_BYTES_OF_WIDTH: Final = {320: 8_000}
"""A picture of that width is only tried where it can be a good one."""


def shrunk(jpeg: bytes, most_bytes: int) -> bytes | None:
    """The picture in at most so many bytes, as wide and as good as they allow.

    None for what is no picture, and for one of which nothing is left.
    """
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if picture is None:
        return None
    height, width = picture.shape[:2]
    for wanted in WIDTHS:
        if most_bytes < LEAST_BYTES_OF_WIDTH.get(wanted, 0):
            continue
        across = min(wanted, width)
        size = across, max(1, round(height * across / width))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        for quality in QUALITIES:
            # Baseline, with tables made for it: some hundred bytes less of a small picture.
            options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
            done, written = cv2.imencode(".jpg", small, options)
            if done and written.size <= most_bytes:
                return written.tobytes()
    return None
