"""Pictures that pass a thin link."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.capture.thumbnail import shrunk

RANDOM = np.random.default_rng(7)
NOISE = RANDOM.integers(0, 256, (180, 320, 3), np.uint8)
ROOM = cv2.GaussianBlur(
    cv2.resize(RANDOM.integers(0, 256, (9, 16, 3), np.uint8), (320, 180)), (9, 9), 0
)


def jpeg(picture: np.ndarray) -> bytes:
    done, written = cv2.imencode(".jpg", picture)
    assert done
    return written.tobytes()


def shape(picture: bytes | None) -> tuple[int, int]:
    assert picture is not None
    height, width = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR).shape[:2]
    return width, height


@pytest.mark.parametrize("most", [3_000, 6_000, 30_000])
@pytest.mark.parametrize("picture", [NOISE, ROOM], ids=["noise", "room"])
def test_it_fits(picture: np.ndarray, most: int) -> None:
    small = shrunk(jpeg(picture), most)

    assert small is not None
    assert len(small) <= most
    width, height = shape(small)
    assert abs(width / height - 16 / 9) < 0.1


def test_a_room_is_160_wide_at_a_glimpses_size_and_320_where_there_is_room() -> None:
    assert shape(shrunk(jpeg(ROOM), 3_000)) == (160, 90)
    assert shape(shrunk(jpeg(ROOM), 30_000)) == (320, 180)


def test_a_small_picture_is_not_made_larger() -> None:
    assert shape(shrunk(jpeg(cv2.resize(ROOM, (64, 36))), 30_000)) == (64, 36)


@pytest.mark.parametrize("garbage", [b"", b"\xff\xd8\xff\xd9", b"GIF89a", jpeg(ROOM)[:40]])
def test_what_is_no_picture_is_none(garbage: bytes) -> None:
    assert shrunk(garbage, 3_000) is None


@given(st.integers(-10, 2_000))
def test_it_is_never_too_large(most: int) -> None:
    small = shrunk(jpeg(NOISE), most)
    assert small is None or len(small) <= most
