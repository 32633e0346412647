"""Every MetricStore keeps this."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleet.adapters.sql_metrics import SqlMetrics
from fleet.classrooms import service as classrooms
from fleet.db import Database
from fleet.orgs import service as orgs
from fleet.telemetry.ports import MetricStore, Point
from tests.fleet.databases import Databases

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def database(both_databases: Databases, tmp_path: Path) -> Iterator[Database]:
    opened = Database(both_databases.make(tmp_path / "metrics.sqlite"))
    yield opened
    opened.close()


@pytest.fixture
def room(database: Database) -> str:
    with database.write() as session:
        return classrooms.add_room(session, unit_id=orgs.root(session).id, name="Lab").id


@pytest.fixture
def store() -> MetricStore:
    return SqlMetrics()


def reading(room: str, minute: int, value: float, point: str = "cpu") -> Point:
    return Point(room, "pc", point, NOON + timedelta(minutes=minute), value, "%")


def test_the_newest_reading_is_the_last_whatever_came_last(
    database: Database, store: MetricStore, room: str
) -> None:
    with database.write() as session:
        store.write(session, [reading(room, 2, 20.0), reading(room, 1, 10.0)])
        store.write(session, [reading(room, 0, 5.0), reading(room, 0, 1.0, "memory")])

    with database.read() as session:
        assert store.last(session, room) == [
            reading(room, 2, 20.0),
            reading(room, 0, 1.0, "memory"),
        ]
        assert store.last(session, "another room") == []


def test_a_range_is_half_open_and_in_order(
    database: Database, store: MetricStore, room: str
) -> None:
    with database.write() as session:
        store.write(session, [reading(room, n, float(n)) for n in (3, 1, 2, 0)])

    with database.read() as session:
        found = store.range(
            session, room, "pc", "cpu", NOON + timedelta(minutes=1), NOON + timedelta(minutes=3)
        )

    assert found == [(NOON + timedelta(minutes=n), float(n)) for n in (1, 2)]


def test_the_same_reading_again_changes_nothing(
    database: Database, store: MetricStore, room: str
) -> None:
    for _ in range(2):
        with database.write() as session:
            store.write(session, [reading(room, 0, 1.5), reading(room, 0, 1.5)])

    with database.read() as session:
        found = store.range(session, room, "pc", "cpu", NOON, NOON + timedelta(hours=1))

    assert found == [(NOON, 1.5)]
