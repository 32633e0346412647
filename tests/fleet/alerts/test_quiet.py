"""Silences once and by the week, on the room's clock, over midnight and summer time."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.alerts.quiet import Window, any_covers, covers, open_at

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


def window(**changes: object) -> Window:
    given = {
        "kind": "silence", "path": "r.ke.", "room_id": None, "rule": "",
        "starts_at": MONDAY - timedelta(days=30), "ends_at": None, "weekdays": "",
        "from_minute": 0, "to_minute": 0,
    }  # fmt: skip
    return Window(**{**given, **changes})  # type: ignore[arg-type]


def test_once_is_half_open() -> None:
    once = window(starts_at=MONDAY, ends_at=MONDAY + timedelta(hours=1))
    assert not open_at(once, MONDAY - timedelta(seconds=1), "UTC")
    assert open_at(once, MONDAY, "UTC")
    assert not open_at(once, MONDAY + timedelta(hours=1), "UTC")


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2026-03-02T21:59", False),
        ("2026-03-02T22:00", True),
        ("2026-03-03T05:59", True),
        ("2026-03-03T06:00", False),
        ("2026-03-03T22:30", False),
    ],
)
def test_a_night_begins_on_its_day_and_goes_over_midnight(local: str, is_open: bool) -> None:
    night = window(weekdays="0", from_minute=22 * 60, to_minute=6 * 60)
    nairobi = datetime.fromisoformat(f"{local}+03:00")
    assert open_at(night, nairobi, "Africa/Nairobi") is is_open


def test_a_whole_day() -> None:
    sunday = window(weekdays="6")
    assert open_at(sunday, datetime(2026, 3, 1, 0, 0, tzinfo=UTC), "UTC")
    assert open_at(sunday, datetime(2026, 3, 1, 23, 59, tzinfo=UTC), "UTC")
    assert not open_at(sunday, MONDAY, "UTC")


def test_it_follows_summer_time() -> None:
    morning = window(weekdays="0123456", from_minute=8 * 60, to_minute=9 * 60)
    assert open_at(morning, datetime(2026, 2, 9, 7, 30, tzinfo=UTC), "Europe/Paris")
    assert open_at(morning, datetime(2026, 7, 6, 6, 30, tzinfo=UTC), "Europe/Paris")
    assert not open_at(morning, datetime(2026, 7, 6, 7, 30, tzinfo=UTC), "Europe/Paris")


def test_it_covers_a_subtree_a_room_or_a_rule() -> None:
    given = {"path": "r.ke.uon.", "room_id": "a", "rule": "fan", "at": MONDAY, "zone": "UTC"}
    assert covers(window(), **given)  # type: ignore[arg-type]
    assert covers(window(room_id="a", rule="fan"), **given)  # type: ignore[arg-type]
    for other in ({"path": "r.tz."}, {"room_id": "b"}, {"rule": "lamp"}):
        assert not any_covers([window(**other)], **given)  # type: ignore[arg-type]
