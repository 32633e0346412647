"""What comes down, from bytes."""

import pytest

from contract.messages import Look
from edge_agent.link.inbound import Inbound
from edge_agent.room.events import DesiredCame

AGENT = "room-1"
TIMETABLE = b'"timetable":[{"lesson":"A","course":"c","title":"",' + (
    b'"starts_at":"2026-09-01T06:30:00Z","ends_at":"2026-09-01T07:30:00Z"}]'
)


def desired(settings: bytes) -> DesiredCame | None:
    inbound = Inbound(AGENT)
    body = b'{"version":4,"state":{' + TIMETABLE + settings + b"}}"
    came = inbound.read("lectern/v1/room-1/desired", body)
    assert inbound.counts().malformed == (came is None)
    return came  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        (b',"language":"de"', {"language"}),
        (b',"report_seconds":1,"quiet_minutes":20', {"report_seconds"}),
        (b',"quiet_minutes":"long","record_timetable":3', {"quiet_minutes", "record_timetable"}),
    ],
)
def test_a_setting_that_cannot_be_read_spoils_nothing_else(
    settings: bytes, refused: set[str]
) -> None:
    came = desired(settings)
    assert came is not None
    assert came.refused.keys() == refused
    assert all("$." in why for why in came.refused.values())
    assert [meeting.lesson for meeting in came.desired.state.timetable] == ["A"]
    if b"20" in settings:
        assert came.desired.state.quiet_minutes == 20


def test_what_is_known_and_what_is_not() -> None:
    came = desired(b',"language":"ar","theme":"dark"')
    assert came is not None
    assert (came.desired.state.language, came.unknown, came.refused) == ("ar", ("theme",), {})


@pytest.mark.parametrize("settings", [b',"upload":3', b',"upload":3,"language":"de"', b",", b"]"])
def test_garbage_is_counted(settings: bytes) -> None:
    assert desired(settings) is None


@pytest.mark.parametrize(
    "body", [b"[]", b"7", b'{"state":7}', b'{"state":[]}', b"\xff", b"[" * 9000, b'{"version":1}']
)
def test_garbage_of_any_shape_is_counted(body: bytes) -> None:
    inbound = Inbound(AGENT)
    assert inbound.read("lectern/v1/room-1/desired", body) is None
    assert inbound.counts().malformed == 1


def test_a_look_is_heard() -> None:
    inbound = Inbound(AGENT)
    body = b'{"until":"2026-09-01T06:30:00Z"}'
    look = inbound.read("lectern/v1/room-1/look", body)
    assert isinstance(look, Look)
    assert (look.every, look.size) == (2.0, 5000)
    assert inbound.subscriptions["lectern/v1/room-1/look"] == 0
