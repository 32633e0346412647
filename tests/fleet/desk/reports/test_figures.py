"""Figures of a month."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.desk.reports import figures
from fleet.desk.reports.figures import Change, Taught, Use

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def test_a_month_is_that_of_the_room() -> None:
    found = figures.month("2026-11", "Africa/Nairobi", NOW)
    assert found is not None
    assert found.start.astimezone(UTC) == START - timedelta(hours=3)
    assert found.weeks == pytest.approx(30 / 7)
    assert figures.month("", "UTC", NOW).first.isoformat() == "2026-11-01"  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["2026", "2026-13", "soon", "2026-11-01", "0001-01", "2026-1"])
def test_what_is_no_month(text: str) -> None:
    assert figures.month(text, "UTC", NOW) is None


def test_lessons_count_when_they_have_begun_and_are_missed_when_they_are_over() -> None:
    hour = timedelta(hours=1)
    lessons = [
        Taught("a", NOW - 3 * hour, NOW - 2 * hour, 3500.0),
        Taught("a", NOW - 2 * hour, NOW - hour, 0.0),
        Taught("a", NOW - hour / 2, NOW + hour / 2, 0.0),
        Taught("a", NOW + hour, NOW + 2 * hour, 0.0),
    ]
    mine = figures.use(lessons, NOW)["a"]
    assert (mine.lessons, mine.recorded, mine.missed) == (3, 1, 1)
    assert mine.hours == 2.5
    assert mine.share(weeks=1) == 2.5 / 40
    assert Use().share(0) == 0


def test_hours_are_those_within_the_month() -> None:
    day = timedelta(days=1)
    changes = [
        Change(START - day, "on"),
        Change(START + day, "off"),
        Change(START + 2 * day, "warming"),
        Change(START + 3 * day, ""),
        Change(END - day, "on"),
    ]
    assert figures.running_hours(changes, START, END) == 72


@given(st.lists(st.tuples(st.integers(-100, 900), st.sampled_from(["on", "off", "", "warming"]))))
def test_no_device_runs_longer_than_the_month(steps: list[tuple[int, str]]) -> None:
    changes = [Change(START + timedelta(hours=at), power) for at, power in sorted(steps)]
    assert 0 <= figures.running_hours(changes, START, END) <= 720


def test_energy_is_of_what_has_a_rating() -> None:
    assert figures.energy({"panel": 10.0, "camera": 5.0}, {"panel": 200.0}) == 2.0
    assert figures.energy({"camera": 5.0}, {"panel": 200.0}) is None
