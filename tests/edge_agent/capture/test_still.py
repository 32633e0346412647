"""One picture of a source in its full size."""

import asyncio
from dataclasses import replace

import cv2
import numpy as np

from edge_agent.capture.still import Stills
from edge_agent.room.model import Source
from tests.devices.xvfb import Xvfb
from tests.edge_agent.capture.taking import PICTURE, SOUND


def size(jpeg: bytes | None) -> tuple[int, int]:
    assert jpeg is not None
    height, width = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape[:2]
    return width, height


def test_a_screen_is_seen_as_large_as_it_is(xvfb: Xvfb) -> None:
    screen = Source("screen", "screen", "presentation", "x11", xvfb.name, (640, 360), 10)

    async def twice() -> list[bytes | None]:
        stills = Stills()
        return await asyncio.gather(stills.take(screen), stills.take(screen))

    for jpeg in asyncio.run(twice()):
        assert size(jpeg) == (640, 360)


def test_a_larger_one_is_made_smaller() -> None:
    large = replace(PICTURE, size=(2560, 1440))
    assert size(asyncio.run(Stills().take(large))) == (1920, 1080)


def test_what_cannot_be_opened_twice_or_gives_nothing_is_none() -> None:
    stills = Stills()
    camera = Source("camera", "camera", "presenter", "v4l2", "/dev/video0")
    gone = Source("screen", "screen", "presentation", "x11", ":99999")
    for source in (camera, SOUND, gone):
        assert asyncio.run(stills.take(source)) is None
    assert asyncio.run(Stills("no-such-ffmpeg").take(PICTURE)) is None
