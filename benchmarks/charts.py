"""Readings in the embedded store: a chart of countries over a month, and taking readings in.

`charts`: a line for each of 17 countries over 30 days, in steps of half an hour, made of the sums
by 5 minutes, from the database to the bytes of JSON that `GET /api/v1/units/{id}/readings` answers
with; HTTP and the question whether somebody may are not in it. There are five measuring points, of
which each chart takes another; the sums are put there directly. What is loaded is kept from the
garbage collector, as the fleet's commands do. Both are told: the time that passed, which is what
the goal is about and what other work on the machine lengthens, and the processor's time.

`readings`: reports of 30 readings of 200 rooms, a hundred in a transaction, which is what ingest
gathers. The fleet finds their series, keeps what is new, adds it to two levels of sums, and notes
what units have to be summed up; sqlite3 inserts the rows into one table with the same key, and
nothing else. Both commit to the disk. Rounds are interleaved and the fastest of each compared.
"""

import gc
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.result import Result
from fleet import migrations
from fleet.adapters.sql_metrics import SqlMetrics
from fleet.classrooms import service as classrooms
from fleet.db import Database
from fleet.orgs import service as orgs
from fleet.telemetry import levels, service
from fleet.telemetry.ports import Point
from fleet.telemetry.schemas import ChartOut

GOAL_MS: Final = 200.0
GOAL_RATIO: Final = 0.04
COUNTRIES: Final = 17
POINTS: Final = ("temperature", "cpu", "memory", "lamp_hours", "level")
_SUMS: Final = "INSERT INTO unit_sum VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def run(quick: bool) -> list[Result]:
    """30 charts and 5 rounds of 100 reports; `quick`: 10 and 3."""
    return measure(charts=10 if quick else 30, rounds=3 if quick else 5)


def measure(*, charts: int, rounds: int, days: int = 30, rooms: int = 200) -> list[Result]:
    """The p95 of charts, in milliseconds, and the ratio of readings taken in a second."""
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as name:
        directory = Path(name)
        with _database(directory / "charts.sqlite") as database:
            gc.collect()
            gc.freeze()
            try:
                times, busy, lines = _charts(database, charts, days)
            finally:
                gc.unfreeze()
        with _database(directory / "readings.sqlite") as database:
            ours, theirs = _writes(database, directory / "plain.sqlite", rounds, rooms)
    p95, cpu = _p95(times) * 1000, _p95(busy) * 1000
    middle = statistics.median(times) * 1000
    return [
        Result(
            "charts",
            p95,
            "ms",
            GOAL_MS,
            "lower",
            f"a limit; p95 of {charts} charts of {lines} countries, {days} days, median "
            f"{middle:.0f} ms; of the processor p95 {cpu:.0f} ms",
        ),
        Result(
            "readings",
            ours / theirs,
            "ratio",
            GOAL_RATIO,
            "higher",
            f"plain sqlite3, {theirs:.0f} readings/s and nothing summed up; the fleet {ours:.0f}",
        ),
    ]


def _p95(times: list[float]) -> float:
    return sorted(times)[max(0, round(0.95 * len(times)) - 1)]


def _charts(database: Database, charts: int, days: int) -> tuple[list[float], list[float], int]:
    """The seconds of each chart, those that the processor was busy with it, and its lines."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with database.write() as session:
        top = orgs.root(session)
        units = [
            orgs.add(
                session, parent_id=top.id, kind="country", name=f"Country {n}", code=f"c{n}"
            ).id
            for n in range(COUNTRIES)
        ]
    _fill(database, units, end, days)
    metrics = SqlMetrics()
    times, busy = [], []
    for number in range(charts):
        point = POINTS[number % len(POINTS)]
        began, worked = time.perf_counter(), time.thread_time()
        with database.read() as session:
            found = service.chart_below(
                session, metrics, top.id, point, end - timedelta(days=days), end, step=1800
            )
        ChartOut.of(found).model_dump_json()
        times.append(time.perf_counter() - began)
        busy.append(time.thread_time() - worked)
        assert len(found.times) == days * 48
    return times, busy, len(found.lines)


def _fill(database: Database, units: list[str], end: datetime, days: int) -> None:
    last = levels.seconds(end)
    with closing(sqlite3.connect(str(database.engine.url.database))) as connection:
        for unit in units:
            connection.executemany(
                _SUMS,
                [
                    (unit, point, step, at, 60, 60.0 * (at % 97), 1.0, 99.0, 5.0, at * 1_000_000)
                    for point in POINTS
                    for step in levels.STEPS
                    for at in range(last - days * 86_400, last, step)
                ],
            )
        connection.commit()


def _writes(database: Database, plain: Path, rounds: int, rooms: int) -> tuple[float, float]:
    """Readings a second: the fleet's best round, and sqlite3's."""
    with database.write() as session:
        top = orgs.root(session).id
        ids = [classrooms.add_room(session, unit_id=top, name=f"Room {n}").id for n in range(rooms)]
    metrics = SqlMetrics()
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=12)
    ours, theirs = [], []
    with closing(sqlite3.connect(plain)) as connection:
        connection.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "CREATE TABLE reading (series INTEGER, at INTEGER, value REAL,"
            " PRIMARY KEY (series, at)) WITHOUT ROWID;"
        )
        # The first round makes the series, and is not counted.
        for number in range(rounds + 1):
            at = start + timedelta(minutes=5 * number)
            reports = [_report(room, top, at, number) for room in ids]
            began = time.perf_counter()
            for first in range(0, len(reports), 100):
                with database.write() as session:
                    for report in reports[first : first + 100]:
                        metrics.write(session, report)
            ours.append(time.perf_counter() - began)
            rows = [
                (30 * room + i, levels.micros(point.at), point.value)
                for room, report in enumerate(reports)
                for i, point in enumerate(report)
            ]
            began = time.perf_counter()
            for first in range(0, len(rows), 3000):
                with connection:
                    connection.executemany(
                        "INSERT INTO reading VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                        rows[first : first + 3000],
                    )
            theirs.append(time.perf_counter() - began)
    count = 30 * rooms
    return count / min(ours[1:]), count / min(theirs[1:])


def _report(room: str, site: str, at: datetime, number: int) -> list[Point]:
    return [
        Point(room, f"device {n // 6}", f"point {n % 6}", at, float(n + number), "%", site)
        for n in range(30)
    ]


@contextmanager
def _database(file: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{file}")
    try:
        migrations.upgrade(database)
        yield database
    finally:
        database.close()
