"""The embedded `MetricStore`: readings and their sums in the fleet's own database."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from typing import cast as typed

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    Double,
    Select,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    tuple_,
)

from fleet.adapters import sql_sums
from fleet.db import Session
from fleet.telemetry import levels, repository
from fleet.telemetry.levels import Keeping
from fleet.telemetry.models import RawReading, Series, SeriesSum, UnitSum
from fleet.telemetry.ports import Aggregate, Group, Point, Range, Sample, SeriesKey

_FORGOTTEN: Final = 5_000
_LOOKED_AT: Final = 500
"""Rows, and series, of one step of forgetting: some tens of milliseconds."""

_INSERT: Final = insert(RawReading.__table__)  # type: ignore[arg-type]
_KEYS: Final[Mapping[type[SeriesSum | UnitSum], tuple[str, ...]]] = {
    SeriesSum: ("series_id", "step"),
    UnitSum: ("unit_id", "point", "step"),
}
_Key = tuple[int, int]


def _now() -> datetime:
    return datetime.now(UTC)


class SqlMetrics:
    """Readings in SQL, summed up by 5 minutes and by hour as they come.

    A reading that comes again adds nothing, as long as it is still kept itself; one that comes
    late is added to the sums it belongs to. Sums over rooms are made by `sql_sums.sum_units`.
    """

    def __init__(self, keeping: Keeping | None = None, now: Callable[[], datetime] = _now) -> None:
        self._keeping = keeping or Keeping()
        self._now = now
        self._seen: dict[int, int] = {}
        self._unit = ("", "")

    def write(self, session: Session, points: Sequence[Point]) -> None:
        """Keep readings; they commit with the session."""
        if not points:
            return
        values: dict[_Key, float] = {}
        fresh: dict[_Key, float] = {}
        for (series, news), point in zip(repository.register(session, points), points, strict=True):
            key = (series, levels.micros(point.at))
            values.setdefault(key, point.value)
            if news:
                fresh[key] = values[key]
        if fresh:
            session.connection().execute(_INSERT, [_row(*one) for one in fresh.items()])
        if late := [_row(*one) for one in values.items() if one[0] not in fresh]:
            keep = sql_sums.upsert(session, RawReading).on_conflict_do_nothing()
            kept = session.execute(keep.returning(RawReading.series_id, RawReading.at), late)
            fresh |= {(series, at): values[series, at] for series, at in kept}
        if fresh:
            sql_sums.add(session, levels.summaries(fresh))
            sql_sums.spoil(session, points, {at for _, at in fresh})

    def last(self, session: Session, room: str) -> list[Point]:
        """The newest reading of each series of a room, by device and point."""
        return repository.last(session, room)

    def range(self, session: Session, series: SeriesKey, asked: Range) -> list[Sample]:
        """One series, oldest first, from the level that suits."""
        row = _series_id(session, series)
        if row is None:
            return []
        level, step = levels.level_for(self._keeping, asked.start, asked.step, self._now())
        first, end = levels.aligned(asked.start, asked.end, step)
        if level == levels.RAW:
            return _of_raw(session, row, first, end, step, asked.aggregate)
        within = {"series_id": row, "step": level}
        return _of_sums(session, SeriesSum, within, first, end, step, asked.aggregate)

    def grouped(
        self, session: Session, point: str, groups: Sequence[Group], asked: Range
    ) -> Mapping[str, list[Sample]]:
        """The units' own sums: never finer than 5 minutes, and as new as the last sweep."""
        wanted = -(-asked.step // levels.SHORT) * levels.SHORT
        level, step = levels.level_for(self._keeping, asked.start, wanted, self._now())
        level = level or levels.SHORT
        first, end = levels.aligned(asked.start, asked.end, step)
        found: dict[str, list[Sample]] = {}
        for unit in (group.unit for group in groups):
            within: dict[str, int | str] = {"unit_id": unit, "point": point, "step": level}
            found[unit] = _of_sums(session, UnitSum, within, first, end, step, asked.aggregate)
        return found

    def readings(
        self, session: Session, series: SeriesKey, start: datetime, end: datetime
    ) -> list[Sample]:
        """Readings as they came; of what is older than they are kept, the mean of each step."""
        row = _series_id(session, series)
        if row is None:
            return []
        within = and_(
            RawReading.series_id == row,
            RawReading.at >= levels.micros(start),
            RawReading.at < levels.micros(end),
        )
        raw = select(RawReading.at, RawReading.value).where(within).order_by(RawReading.at)
        found = [(levels.from_micros(at), v) for at, v in session.execute(raw)]
        for level in levels.STEPS:
            boundary = levels.seconds(found[0][0] if found else end) // level * level
            kept = {"series_id": row, "step": level}
            begin = -(-levels.micros(start) // levels.MICROS)
            older = _of_sums(session, SeriesSum, kept, begin, boundary, level, "mean")
            found = [*older, *found]
        return found

    def retain(self, session: Session, now: datetime) -> int:
        """Forget some rows that are older than they have to be kept; how many they were."""
        forgotten = 0
        for level in (levels.RAW, *levels.STEPS):
            # Whole hours, so that no sum is without its readings while others of it are there.
            oldest = now.timestamp() - 86_400 * levels.kept_days(self._keeping, level)
            hour = int(oldest) // levels.LONG * levels.LONG
            forgotten += self._forget(session, level, hour)
            if level:
                forgotten += self._forget_units(session, level, hour)
        return forgotten

    def _forget(self, session: Session, level: int, oldest: int) -> int:
        """Of the next series; those that had much to forget are looked at again."""
        after = self._seen.get(level, 0)
        query = select(Series.id).where(Series.id > after).order_by(Series.id).limit(_LOOKED_AT)
        ids = list(session.scalars(query))
        if not ids:
            self._seen[level] = 0
            return 0
        if level == levels.RAW:
            key: tuple[Any, ...] = (RawReading.series_id, RawReading.at)
            old = and_(RawReading.series_id.in_(ids), RawReading.at < oldest * levels.MICROS)
        else:
            key = (SeriesSum.series_id, SeriesSum.step, SeriesSum.at)
            old = and_(SeriesSum.series_id.in_(ids), SeriesSum.step == level, SeriesSum.at < oldest)
        table = RawReading if level == levels.RAW else SeriesSum
        count = _delete(session, table, key, old)
        if count < _FORGOTTEN:
            self._seen[level] = ids[-1]
        return count

    def _forget_units(self, session: Session, level: int, oldest: int) -> int:
        """Of the next measuring point of the next unit."""
        here = tuple_(UnitSum.unit_id, UnitSum.point)
        query = select(UnitSum.unit_id, UnitSum.point).where(here > tuple_(*self._unit))
        found = session.execute(query.order_by(UnitSum.unit_id, UnitSum.point).limit(1)).first()
        if found is None:
            self._unit = ("", "")
            return 0
        unit, point = found
        key = (UnitSum.unit_id, UnitSum.point, UnitSum.step, UnitSum.at)
        old = and_(
            UnitSum.unit_id == unit,
            UnitSum.point == point,
            UnitSum.step == level,
            UnitSum.at < oldest,
        )
        count = _delete(session, UnitSum, key, old)
        if level == levels.LONG and count < _FORGOTTEN:
            self._unit = (unit, point)
        return count


def _row(key: _Key, value: float) -> dict[str, float]:
    return {"series_id": key[0], "at": key[1], "value": value}


def _delete(session: Session, table: Any, key: tuple[Any, ...], old: ColumnElement[bool]) -> int:
    some = select(*key).where(old).limit(_FORGOTTEN)
    gone = delete(table).where(tuple_(*key).in_(some)).execution_options(synchronize_session=False)
    return typed("CursorResult[Any]", session.execute(gone)).rowcount


def _series_id(session: Session, key: SeriesKey) -> int | None:
    query = select(Series.id).where(
        Series.room_id == key.room, Series.device == key.device, Series.point == key.point
    )
    return session.scalars(query).first()


def _of_raw(
    session: Session, series: int, first: int, end: int, step: int, aggregate: Aggregate
) -> list[Sample]:
    width = step * levels.MICROS
    begin = (RawReading.at - RawReading.at % width).label("begin")
    value: Any = {
        "mean": func.avg(RawReading.value),
        "min": func.min(RawReading.value),
        "max": func.max(RawReading.value),
        "count": func.count(),
        "sum": func.sum(RawReading.value),
        "last": RawReading.value,
    }[aggregate]
    query = select(begin, value).where(
        RawReading.series_id == series,
        RawReading.at >= first * levels.MICROS,
        RawReading.at < end * levels.MICROS,
    )
    if aggregate == "last":
        newest: dict[int, float] = dict(
            session.connection().execute(query.order_by(RawReading.at)).all()
        )
        return [(levels.from_micros(at), v) for at, v in newest.items()]
    rows = session.connection().execute(query.group_by("begin").order_by("begin"))
    return [(levels.from_micros(at), float(v)) for at, v in rows]


def _of_sums(
    session: Session,
    table: type[SeriesSum | UnitSum],
    within: Mapping[str, int | str],
    first: int,
    end: int,
    step: int,
    aggregate: Aggregate,
) -> list[Sample]:
    """The sums whose key is `within`, put together in longer steps by the database."""
    query = _sums_query(table, aggregate)
    bound = {**within, "first": first, "end": end, "width": step}
    with session.connection().execute(query, bound) as result:
        # Tens of thousands of numbers in a chart: the driver's rows, without an object around each.
        cursor = result.cursor
        rows: Sequence[Any] = cursor.fetchall() if cursor else ()
    if aggregate == "last":
        rows = [*dict(typed("Sequence[tuple[int, float]]", rows)).items()]
    begin = levels.from_seconds
    return [(begin(at), value) for at, value in rows]


@cache
def _sums_query(table: type[SeriesSum | UnitSum], aggregate: Aggregate) -> Select[tuple[int, Any]]:
    width = bindparam("width", type_=BigInteger)
    begin = (table.at - table.at % width).label("begin")
    value: Any = {
        "mean": func.sum(table.total) / func.sum(table.number),
        "min": func.min(table.least),
        "max": func.max(table.most),
        "count": cast(func.sum(table.number), Double),
        "sum": func.sum(table.total),
        "last": table.last,
    }[aggregate]
    key = _KEYS[table]
    query = select(begin, value).where(
        *(getattr(table, name) == bindparam(name) for name in key),
        table.at >= bindparam("first"),
        table.at < bindparam("end"),
    )
    if aggregate == "last":
        return query.order_by(table.at)
    return query.group_by("begin").order_by("begin")
