"""Moves the history of readings from one store to another; goes on where it was cut off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from fleet.classrooms import service as classrooms
from fleet.db import Database, Session
from fleet.telemetry import levels, repository
from fleet.telemetry.ports import MetricStore, OutsideStore, Point, SeriesKey

_AT_ONCE: Final = 5_000
_WINDOW: Final = timedelta(days=30)
_WIDEST: Final = timedelta(days=480)
_BEGINNING: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""Older readings are of clocks that were wrong."""


class Position(msgspec.Struct, frozen=True):
    """How far a copy has come: everything of the series before this one, and of it up to `at`.

    `end` is where the copy ends, and `at` a time, both in microseconds.
    """

    end: int
    room: str = ""
    device: str = ""
    point: str = ""
    at: int = 0
    done: int = 0
    copied: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Of how many series how many are done, and how many readings were copied so far."""

    done: int
    series: int
    readings: int


def copy(
    database: Database,
    source: MetricStore,
    target: MetricStore,
    *,
    outside: OutsideStore | None = None,
    name: str,
    now: datetime,
    told: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Copy what the source has of every series of the fleet.

    It ends at `now`; of a copy that was cut off, when that had begun. `name` stands for the two.

    Each piece is remembered with its last reading: in the same transaction where the target is
    the fleet's own database. One that is `outside` is asked for what it has, if that matters.

    Raises:
        StoreDown, StoreRefused: one of them; the same copy can be begun again.
    """
    with database.read() as session:
        saved = repository.position(session, name)
        total = repository.series_count(session)
    here = msgspec.json.decode(saved, type=Position) if saved else Position(levels.micros(now))
    while True:
        with database.read() as session:
            some = _next(session, here)
        if not some:
            break
        for key, unit in some:
            here = _copy_series(database, source, target, outside, name, key, unit, here)
            told(Progress(here.done, total, here.copied))
    with database.write() as session:
        repository.forget_position(session, name)
    return Progress(here.done, total, here.copied)


def _next(session: Session, here: Position) -> list[tuple[SeriesKey, str]]:
    """The next series, that which a copy was cut off in first."""
    key = SeriesKey(here.room, here.device, here.point) if here.room else None
    found = repository.series(session, key, 100)
    if key and here.at:
        found = [(key, repository.unit_of(session, key)), *found]
    return found


def _copy_series(
    database: Database,
    source: MetricStore,
    target: MetricStore,
    outside: OutsideStore | None,
    name: str,
    key: SeriesKey,
    unit: str,
    here: Position,
) -> Position:
    same = (here.room, here.device, here.point) == (key.room, key.device, key.point)
    end = levels.from_micros(here.end)
    start = levels.from_micros(here.at + 1) if same and here.at else _BEGINNING
    here = msgspec.structs.replace(
        here, room=key.room, device=key.device, point=key.point, at=levels.micros(start) - 1
    )
    window = _WINDOW
    while start < end:
        with database.read() as session:
            site = classrooms.room(session, key.room).unit_id
            until = min(end, start + window)
            samples = source.readings(session, key, start, until)
        points = [
            Point(key.room, key.device, key.point, at, value, unit, site) for at, value in samples
        ]
        for first in range(0, len(points), _AT_ONCE):
            here = _copy_piece(
                database, target, outside, name, points[first : first + _AT_ONCE], here
            )
        start = until
        # Years without a reading are passed over quickly.
        window = _WINDOW if points else min(4 * window, _WIDEST)
    here = msgspec.structs.replace(here, at=0, done=here.done + 1)
    with database.write() as session:
        _remember(session, name, here)
    return here


def _copy_piece(
    database: Database,
    target: MetricStore,
    outside: OutsideStore | None,
    name: str,
    points: Sequence[Point],
    here: Position,
) -> Position:
    at, copied = levels.micros(points[-1].at), here.copied + len(points)
    here = msgspec.structs.replace(here, at=at, copied=copied)
    if outside is not None:
        outside.send(points if outside.overwrites else outside.missing(points))
    with database.write() as session:
        if outside is None:
            target.write(session, points)
        _remember(session, name, here)
    return here


def _remember(session: Session, name: str, here: Position) -> None:
    repository.set_position(session, name, msgspec.json.encode(here).decode())
