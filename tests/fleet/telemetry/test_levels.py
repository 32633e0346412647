"""Which level answers, and that sums are the same in whatever order they are made."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.telemetry import levels
from fleet.telemetry.levels import LONG, RAW, SHORT, Keeping, Summary
from fleet.telemetry.ports import AGGREGATES

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEEPING = Keeping(7, 90, 730)


@pytest.mark.parametrize(
    ("days", "step", "level", "answered"),
    [
        (1, 60, RAW, 60),
        (1, 300, SHORT, 300),
        (1, 1800, SHORT, 1800),
        (1, 3600, LONG, 3600),
        (1, 450, RAW, 450),
        (8, 60, SHORT, 300),
        (8, 450, SHORT, 600),
        (91, 60, LONG, 3600),
        (91, 86_400, LONG, 86_400),
        (91, 5000, LONG, 7200),
        (900, 60, LONG, 3600),
    ],
)
def test_the_finest_level_that_covers_answers(
    days: float, step: int, level: int, answered: int
) -> None:
    start = NOW - timedelta(days=days)

    assert levels.level_for(KEEPING, start, step, NOW) == (level, answered)


def test_a_level_is_never_kept_for_less_than_a_finer_one() -> None:
    odd = Keeping(raw_days=100, short_days=10, long_days=1)

    assert [levels.kept_days(odd, level) for level in (RAW, SHORT, LONG)] == [100, 100, 100]


READINGS = st.dictionaries(
    st.integers(0, 4 * 3600 * levels.MICROS), st.integers(-1000, 1000).map(float), min_size=1
)


def whole(readings: Iterable[tuple[int, float]]) -> Summary:
    return reduce(levels.merged, [Summary(1, v, v, v, v, at) for at, v in readings])


@given(READINGS, st.randoms(use_true_random=False))
def test_sums_do_not_depend_on_the_order(readings: dict[int, float], random: object) -> None:
    shuffled = list(readings.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert whole(shuffled) == whole(readings.items())
    assert levels.together([]) is None
    values = {one: levels.value_of(whole(shuffled), one) for one in AGGREGATES}
    assert values["mean"] * values["count"] == pytest.approx(values["sum"])
    assert values["min"] <= values["mean"] <= values["max"]
    assert values["last"] == readings[max(readings)]


@given(READINGS)
def test_every_reading_is_in_one_sum_of_each_level(readings: dict[int, float]) -> None:
    found = levels.summaries({(7, at): value for at, value in readings.items()})

    for step in levels.STEPS:
        mine = {key: one for key, one in found.items() if key[1] == step}
        assert sum(one.number for one in mine.values()) == len(readings)
        for (_, _, at), one in mine.items():
            assert at % step == 0
            assert at <= one.last_at / levels.MICROS < at + step


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_are_exact(at: datetime) -> None:
    assert levels.from_micros(levels.micros(at)) == at
    assert levels.from_seconds(levels.seconds(at)) == at.replace(microsecond=0)


def test_a_chart_has_no_more_steps_than_asked() -> None:
    assert levels.nice_step(timedelta(days=1), 500, (60, 300, 3600)) == 300
    assert levels.nice_step(timedelta(days=9000), 500, (60, 300, 3600)) == 3600
