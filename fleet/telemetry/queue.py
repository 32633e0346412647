"""Readings for a store elsewhere: first they are rows of the fleet's own database."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from fleet.db import Session
from fleet.telemetry import levels, repository
from fleet.telemetry.ports import Group, MetricStore, Point, Range, Sample, SeriesKey

_Row = tuple[str, str, str, int, float, str, str]


class Queued:
    """A store whose readings are acknowledged to the room when the queue holds them.

    What is newest is known here, too, so that it can be told while the store is down.
    """

    def __init__(self, store: MetricStore) -> None:
        self._store = store

    def write(self, session: Session, points: Sequence[Point]) -> None:
        """Queue readings; they commit with the session."""
        if not points:
            return
        known = repository.register(session, points)
        doubtful = not all(new for _, new in known)
        repository.enqueue(session, packed(points), len(points), doubtful=doubtful)

    def last(self, session: Session, room: str) -> list[Point]:
        """The newest reading of each series of a room, by device and point."""
        return repository.last(session, room)

    def range(self, session: Session, series: SeriesKey, asked: Range) -> list[Sample]:
        """As far as the store has it."""
        return self._store.range(session, series, asked)

    def grouped(
        self, session: Session, point: str, groups: Sequence[Group], asked: Range
    ) -> Mapping[str, list[Sample]]:
        """As far as the store has it."""
        return self._store.grouped(session, point, groups, asked)

    def readings(
        self, session: Session, series: SeriesKey, start: datetime, end: datetime
    ) -> list[Sample]:
        """As far as the store has them."""
        return self._store.readings(session, series, start, end)

    def retain(self, session: Session, now: datetime) -> int:
        """Nothing; what is sent leaves the queue."""
        return 0


def packed(points: Sequence[Point]) -> bytes:
    """Points as they are queued; names are cut as those of series are."""
    return msgspec.json.encode(
        [
            (p.room, p.device[:64], p.point[:64], levels.micros(p.at), p.value, p.unit[:16], p.site)
            for p in points
        ]
    )


def unpacked(body: bytes) -> list[Point]:
    """The same back."""
    return [
        Point(room, device, point, levels.from_micros(at), value, unit, site)
        for room, device, point, at, value, unit, site in msgspec.json.decode(body, type=list[_Row])
    ]


def once(points: Sequence[Point]) -> list[Point]:
    """Each reading once; of two of one time the first, as everywhere."""
    found: dict[tuple[str, str, str, datetime], Point] = {}
    for point in points:
        found.setdefault((point.room, point.device, point.point, point.at), point)
    return list(found.values())
