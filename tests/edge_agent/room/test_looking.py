"""What may be seen and heard of a room by who looks into it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.room.looking import shown
from edge_agent.room.model import Source
from tests.fakes.hardware import device, profile

SOURCES = (
    Source("front", "camera", "presenter", "test", ""),
    Source("back", "camera", "presenter-2", "test", ""),
    Source("slides", "screen", "presentation", "test", ""),
    Source("lectern", "microphone", "audio", "test", ""),
)
FRONT = device("ptz", profile("camera"), source="front")
SOME_CAMERA = device("other", profile("camera"))
MIXER = device("mixer", profile("microphone"))
PROJECTOR = device("projector")
DEVICES = (FRONT, SOME_CAMERA, MIXER, PROJECTOR)
ALL = {"presenter", "presenter-2", "presentation", "audio"}


@pytest.mark.parametrize(
    ("closed", "seen"),
    [
        (set(), ALL),
        ({"ptz"}, ALL - {"presenter"}),
        ({"other"}, ALL - {"presenter-2"}),  # it is none that has a device of its own
        ({"mixer"}, ALL - {"audio"}),
        ({"projector"}, ALL),
        ({"ptz", "other", "mixer"}, {"presentation"}),
    ],
)
def test_what_faces_the_wall_is_not_shown(closed: set[str], seen: set[str]) -> None:
    assert shown(SOURCES, DEVICES, closed, paused=False, may="always") == seen
    assert shown(SOURCES, DEVICES, closed, paused=False, may="lessons") == seen


@given(st.sets(st.sampled_from([d.name for d in DEVICES])), st.booleans())
def test_a_pause_and_a_room_that_says_never_show_nothing(closed: set[str], paused: bool) -> None:
    assert not shown(SOURCES, DEVICES, closed, paused=True, may="always")
    assert not shown(SOURCES, DEVICES, closed, paused=paused, may="never")
