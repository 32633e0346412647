"""Pauses grow, are spread, and end."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fleet.notices import rules

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_neither_none_nor_too_long(tries: int, dice: float) -> None:
    pause = rules.pause(tries, dice)

    assert rules.FIRST_PAUSE / 2 <= pause <= rules.LONGEST_PAUSE
    assert rules.pause(tries + 1, dice) >= pause


def test_it_is_given_up_after_as_many_days_as_are_set() -> None:
    assert not rules.given_up(NOON, NOON + timedelta(days=2.9), 3)
    assert rules.given_up(NOON, NOON + timedelta(days=3), 3)
