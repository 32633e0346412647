"""A `MetricStore` that speaks InfluxDB's line protocol: InfluxDB 1, 2 and 3, VictoriaMetrics."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from fleet.adapters.influx_flux import FluxReader
from fleet.adapters.influx_http import Place
from fleet.adapters.influx_influxql import InfluxqlReader
from fleet.adapters.influx_lines import encode, tag
from fleet.adapters.influx_promql import PromReader
from fleet.adapters.influx_read import Reader
from fleet.adapters.influx_write import ClientWriter, OldWriter, Writer
from fleet.db import Session
from fleet.settings import OutsideStoreKind
from fleet.telemetry import levels
from fleet.telemetry.ports import (
    Group,
    OutsideStore,
    Point,
    Range,
    Sample,
    SeriesKey,
    StoreRefused,
)

_VISIBLE_AFTER: Final = 6.0


class InfluxStore:
    """Lines in, and the server's own language out. It overwrites a reading with itself."""

    overwrites = True
    settling = 0.0

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    def write(self, session: Session, points: Sequence[Point]) -> None:
        """Send readings that it may have already."""
        if todo := points if self.overwrites else self.missing(points):
            self.send(todo)

    def send(self, points: Sequence[Point]) -> None:
        """Send readings; each once, though it is given twice."""
        once = {(p.room, p.device, p.point, p.at): p for p in points}
        if once:
            self._writer.write(encode(once.values()))

    def missing(self, points: Sequence[Point]) -> list[Point]:
        """All: to send them again changes nothing."""
        return list(points)

    def last(self, session: Session, room: str) -> list[Point]:
        """The newest reading of each series of a room, by device and point."""
        newest: dict[tuple[str, str], Point] = {}
        for point in self._reader.newest(room):
            key = (point.device, point.point)
            if key not in newest or newest[key].at < point.at:
                newest[key] = point
        return [newest[key] for key in sorted(newest)]

    def range(self, session: Session, series: SeriesKey, asked: Range) -> list[Sample]:
        """One series, oldest first."""
        first, end = levels.aligned(asked.start, asked.end, asked.step)
        where = _where(series)
        return self._reader.aggregated(where, first, end, asked.step, asked.aggregate)

    def grouped(
        self, session: Session, point: str, groups: Sequence[Group], asked: Range
    ) -> Mapping[str, list[Sample]]:
        """Rooms are added up by the unit that they were in when they were measured."""
        first, end = levels.aligned(asked.start, asked.end, asked.step)
        found: dict[str, list[Sample]] = {}
        for group in groups:
            where = {"point": (tag(point),), "site": tuple(map(tag, group.units))}
            found[group.unit] = self._reader.aggregated(
                where, first, end, asked.step, asked.aggregate
            )
        return found

    def readings(
        self, session: Session, series: SeriesKey, start: datetime, end: datetime
    ) -> list[Sample]:
        """Readings of one series as they came."""
        found = self._reader.raw(_where(series), levels.micros(start), levels.micros(end))
        return [(point.at, point.value) for point, _ in found]

    def retain(self, session: Session, now: datetime) -> int:
        """Nothing: the store is told by its operator how long to keep what."""
        return 0


class VictoriaStore(InfluxStore):
    """Keeps a reading twice that is written twice, and loses its last seconds when it is killed.

    Times are in milliseconds.
    """

    overwrites = False
    settling = 30.0

    def __init__(self, writer: Writer, reader: PromReader) -> None:
        super().__init__(writer, reader)
        self._prom = reader

    def missing(self, points: Sequence[Point]) -> list[Point]:
        """Those that it does not have, by asking it."""
        if not points:
            return []
        try:
            self._prom.flush()
        except StoreRefused:
            time.sleep(_VISIBLE_AFTER)
        times = [levels.micros(point.at) for point in points]
        rooms = {point.room for point in points}
        there = self._prom.export(sorted(rooms), min(times), max(times))
        known = {(p.room, p.device, p.point, at // 1000) for p, at in there}
        return [p for p in points if _identity(p) not in known]


def open_store(kind: OutsideStoreKind, place: Place) -> OutsideStore:
    """The store at a place. Nothing is asked of it yet.

    Raises:
        StoreRefused: the token cannot be read.
    """
    match kind:
        case "victoriametrics":
            return VictoriaStore(ClientWriter(place), PromReader(place))
        case "influx1":
            return InfluxStore(OldWriter(place), InfluxqlReader(place, 1))
        case "influx2":
            return InfluxStore(ClientWriter(place), FluxReader(place))
        case "influx3":
            return InfluxStore(ClientWriter(place), InfluxqlReader(place, 3))


def _where(series: SeriesKey) -> dict[str, tuple[str, ...]]:
    tags = {"room": series.room, "device": series.device, "point": series.point}
    return {key: (tag(value),) for key, value in tags.items()}


def _identity(point: Point) -> tuple[str, str, str, int]:
    return point.room, point.device, point.point, levels.micros(point.at) // 1000
