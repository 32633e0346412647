"""Sums in SQL: equal to those of the readings, whatever came when and how often; and forgetting."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from fleet.adapters import sql_sums
from fleet.adapters.sql_metrics import SqlMetrics
from fleet.classrooms.models import Room
from fleet.db import Database
from fleet.telemetry import levels
from fleet.telemetry.levels import Keeping
from fleet.telemetry.models import RawReading, SeriesSum, StaleSum, UnitSum
from fleet.telemetry.ports import AGGREGATES, Aggregate, Range
from tests.fleet.telemetry.stores import NOON, Kept, furnished


@pytest.fixture
def kept(database: Database) -> Kept:
    return furnished(database, SqlMetrics(), lambda: None)


READING = st.tuples(st.integers(0, 2), st.integers(0, 3 * 3600), st.integers(-50, 50))


@given(
    readings=st.lists(READING, min_size=1, max_size=40),
    twice=st.integers(0, 10),
    seed=st.integers(0, 1000),
    step=st.sampled_from([60, 300, 600, 900, 3600, 7200]),
    aggregate=st.sampled_from(AGGREGATES),
)
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_sum_is_that_of_the_readings(
    database: Database,
    readings: list[tuple[int, int, int]],
    twice: int,
    seed: int,
    step: int,
    aggregate: Aggregate,
) -> None:
    """Each example has rooms of its own; the database may stay."""
    kept = furnished(database, SqlMetrics(), lambda: None)
    known: dict[tuple[int, int], float] = {}
    for room, second, value in readings:
        known.setdefault((room, second), float(value))
    todo = [(room, second, value) for (room, second), value in known.items()]
    todo += todo[:twice]
    shuffled = random.Random(seed)  # noqa: S311
    shuffled.shuffle(todo)
    while todo:
        size = shuffled.randint(1, 10)
        kept.write(*(kept.point(s, v, room=r) for r, s, v in todo[:size]))
        if shuffled.random() < 0.2:
            kept.grouped("cpu", ("world",), Range(NOON, NOON + timedelta(hours=1), 300))
        todo = todo[size:]

    asked = Range(NOON, NOON + timedelta(hours=4), step, aggregate)
    for room in range(3):
        mine = {s: v for (r, s), v in known.items() if r == room}
        assert kept.range(kept.key(room), asked) == _by_hand([mine], step, aggregate)
    ke = [{s: v for (r, s), v in known.items() if r == room} for room in (0, 1)]
    coarse = Range(NOON, NOON + timedelta(hours=4), max(step, 300), aggregate)
    if aggregate != "last":  # of two rooms in one second, either is the last
        found = kept.grouped("cpu", ("ke",), coarse)["ke"]
        assert found == _by_hand(ke, coarse.step, aggregate)


def _by_hand(
    series: Sequence[dict[int, float]], step: int, aggregate: Aggregate
) -> list[tuple[datetime, object]]:
    steps: dict[int, list[tuple[int, float]]] = {}
    for readings in series:
        for second, value in readings.items():
            steps.setdefault(second // step * step, []).append((second, value))
    start = int(NOON.timestamp())
    assert start % step == 0
    count = {
        "mean": lambda v: pytest.approx(sum(v) / len(v)),
        "min": min,
        "max": max,
        "last": lambda v: v[-1],
        "count": len,
        "sum": sum,
    }[aggregate]
    return [
        (levels.from_seconds(start + at), count([v for _, v in sorted(found)]))
        for at, found in sorted(steps.items())
    ]


def counts(kept: Kept) -> dict[str, int]:
    with kept.database.read() as session:
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
            for table in (RawReading, SeriesSum, UnitSum)
        }


def test_what_is_old_is_forgotten_level_by_level(kept: Kept) -> None:
    store = SqlMetrics(Keeping(7, 90, 730), now=lambda: NOON)
    kept.store = store
    for days in (0.5, 6, 20, 80, 200, 700, 800):
        kept.write(kept.point(-days * 86_400, days), kept.point(-days * 86_400 + 1, days))
    with kept.database.write() as session:
        while sql_sums.sum_units(session, Keeping(1e4, 1e4, 1e4), NOON):
            pass
    assert counts(kept) == {"raw_reading": 14, "series_sum": 14, "unit_sum": 28}

    while True:
        with kept.database.write() as session:
            if not sum(store.retain(session, NOON) for _ in range(20)):
                break

    assert counts(kept) == {"raw_reading": 4, "series_sum": 4 + 6, "unit_sum": 2 * (4 + 6)}
    found = kept.range(kept.key(), Range(NOON - timedelta(days=729), NOON, 3600, "count"))
    assert [value for _, value in found] == [2.0] * 6
    found = kept.range(kept.key(), Range(NOON - timedelta(days=6.5), NOON, 1, "max"))
    assert [value for _, value in found] == [6.0, 6.0, 0.5, 0.5]


def test_forgetting_is_done_in_small_steps(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.adapters.sql_metrics._FORGOTTEN", 50)
    monkeypatch.setattr("fleet.adapters.sql_metrics._LOOKED_AT", 2)
    store = SqlMetrics(Keeping(1, 1, 1))
    kept.store = store
    old = -40 * 86_400
    kept.write(*(kept.point(old + n, float(n), point=f"p{n % 5}") for n in range(500)))

    steps = []
    for _ in range(200):
        with kept.database.write() as session:
            steps.append(store.retain(session, datetime.now(UTC)))

    assert max(steps) <= 4 * 50
    assert counts(kept)["raw_reading"] == 0
    assert counts(kept)["series_sum"] == 0


def test_the_readings_of_what_was_forgotten_are_its_means(kept: Kept) -> None:
    store = SqlMetrics(Keeping(7, 90, 730), now=lambda: NOON)
    kept.store = store
    for days in (1, 20, 200):
        kept.write(kept.point(-days * 86_400, 1.0), kept.point(-days * 86_400 + 1, 3.0))
    for _ in range(20):
        with kept.database.write() as session:
            store.retain(session, NOON)

    found = kept.readings(kept.key(), NOON - timedelta(days=300), NOON)

    assert [(round((NOON - at).total_seconds() / 86_400, 3), v) for at, v in found] == [
        (200.0, 2.0),
        (20.0, 2.0),
        (1.0, 1.0),
        (1.0, 3.0),
    ]


def test_a_room_that_moves_takes_nothing_of_the_past_with_it_until_it_is_late(kept: Kept) -> None:
    """A unit's sums are made again from the rooms that it has now, where readings come late."""
    kept.write(kept.point(0, 1.0), kept.point(3600, 1.0))
    hour = Range(NOON, NOON + timedelta(hours=2), 3600, "count")
    assert kept.grouped("cpu", ("ke", "mn"), hour)["ke"] == [
        (NOON, 1.0), (NOON + timedelta(hours=1), 1.0)
    ]  # fmt: skip

    with kept.database.write() as session:
        session.get_one(Room, kept.rooms[0]).unit_id = kept.units["mn"]
    assert kept.grouped("cpu", ("mn",), hour)["mn"] == []
    assert len(kept.grouped("cpu", ("ke",), hour)["ke"]) == 2


def test_nothing_is_left_to_be_summed_up(kept: Kept) -> None:
    kept.write(*(kept.point(n, 1.0) for n in range(0, 3000, 100)))
    kept.grouped("cpu", ("world",), Range(NOON, NOON + timedelta(hours=1), 300))

    with kept.database.read() as session:
        assert session.scalar(select(func.count()).select_from(StaleSum)) == 0
