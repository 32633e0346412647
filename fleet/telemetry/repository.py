"""SQL of series and of what waits for a store elsewhere."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.orm import Session

from fleet.telemetry.models import QueuedReadings, ReadingsCursor, Series
from fleet.telemetry.ports import Point, SeriesKey

_SAMPLE: Final = 100
_Name = tuple[str, str, str]
_TABLE: Final = Series.__table__.c
_KNOWN: Final = select(_TABLE.id, _TABLE.device, _TABLE.point, _TABLE.last_at).where(
    _TABLE.room_id == bindparam("room")
)
_NEWEST: Final = (
    update(Series.__table__)  # type: ignore[arg-type]
    .where(_TABLE.id == bindparam("row"))
    .values(last_at=bindparam("at"), last_value=bindparam("value"), unit=bindparam("unit_"))
)


def register(session: Session, points: Sequence[Point]) -> list[tuple[int, bool]]:
    """The series of each point, made where it is missing, and whether the point is news.

    News is what is newer than everything known of its series until then.
    """
    # Every report comes through here: plain statements, no objects.
    connection = session.connection()
    known: dict[_Name, tuple[int, datetime]] = {}
    for room in {point.room for point in points}:
        rows = connection.execute(_KNOWN, {"room": room})
        known.update(((room, device, name), (row, at)) for row, device, name, at in rows)
    names = [(point.room, point.device[:64], point.point[:64]) for point in points]
    made: dict[_Name, Series] = {}
    for name, point in zip(names, points, strict=True):
        if name not in known and name not in made:
            made[name] = _made(name, point)
    session.add_all(made.values())
    session.flush()
    found: list[tuple[int, bool]] = []
    newest: dict[int, dict[str, object]] = {}
    for name, point in zip(names, points, strict=True):
        if name in known:
            row, before = known[name]
            new = point.at > before
        else:
            row, before = made[name].id, made[name].last_at
            known[name] = (row, before)
            new = True
        found.append((row, new))
        if point.at >= before:
            known[name] = (row, point.at)
            last = {"at": point.at, "value": point.value, "unit_": point.unit[:16]}
            newest[row] = {"row": row, **last}
    if newest:
        connection.execute(_NEWEST, list(newest.values()))
    return found


def _made(name: _Name, point: Point) -> Series:
    return Series(
        room_id=name[0],
        device=name[1],
        point=name[2],
        unit=point.unit[:16],
        last_at=point.at,
        last_value=point.value,
    )


def last(session: Session, room: str) -> list[Point]:
    """The newest reading of each series of a room, by device and point."""
    query = select(
        Series.room_id, Series.device, Series.point, Series.last_at, Series.last_value, Series.unit
    ).where(Series.room_id == room)
    return [Point(*row) for row in session.execute(query.order_by(Series.device, Series.point))]


def series(session: Session, after: SeriesKey | None, limit: int) -> list[tuple[SeriesKey, str]]:
    """Series and their units of measurement, in order of room, device and point."""
    query = select(Series.room_id, Series.device, Series.point, Series.unit)
    if after is not None:
        query = query.where(
            (Series.room_id > after.room)
            | (
                (Series.room_id == after.room)
                & (
                    (Series.device > after.device)
                    | ((Series.device == after.device) & (Series.point > after.point))
                )
            )
        )
    query = query.order_by(Series.room_id, Series.device, Series.point).limit(limit)
    return [(SeriesKey(*row[:3]), row[3]) for row in session.execute(query)]


def unit_of(session: Session, key: SeriesKey) -> str:
    """The unit of measurement of a series; empty if there is no such series."""
    query = select(Series.unit).where(
        Series.room_id == key.room, Series.device == key.device, Series.point == key.point
    )
    return session.scalars(query).first() or ""


def series_count(session: Session) -> int:
    """How many series there are."""
    return session.execute(select(func.count()).select_from(Series)).scalar_one()


def enqueue(session: Session, body: bytes, count: int, *, doubtful: bool) -> None:
    """Readings that have to be sent."""
    session.add(QueuedReadings(body=body, count=count, doubtful=doubtful))


def unsent(session: Session, limit: int) -> list[QueuedReadings]:
    """The oldest that were not sent."""
    query = select(QueuedReadings).where(QueuedReadings.sent_at.is_(None))
    return list(session.scalars(query.order_by(QueuedReadings.id).limit(limit)))


def settled(session: Session, until: int, limit: int) -> list[QueuedReadings]:
    """Those sent no later than a second; the oldest."""
    query = select(QueuedReadings).where(QueuedReadings.sent_at <= until)
    return list(session.scalars(query.order_by(QueuedReadings.sent_at).limit(limit)))


def doubt(session: Session, ids: Iterable[int]) -> None:
    """The store may have some of these from now on."""
    rows = update(QueuedReadings).where(QueuedReadings.id.in_(list(ids)))
    session.execute(rows.values(doubtful=True))


def mark_sent(session: Session, ids: Iterable[int], at: int) -> None:
    """The store said that it has these."""
    rows = update(QueuedReadings).where(QueuedReadings.id.in_(list(ids)))
    session.execute(rows.values(sent_at=at, doubtful=True))


def dequeue(session: Session, ids: Iterable[int]) -> None:
    """These are where they should be."""
    session.execute(delete(QueuedReadings).where(QueuedReadings.id.in_(list(ids))))


def waiting(session: Session) -> tuple[int, int]:
    """How many readings wait, and how many bytes they are."""
    query = select(
        func.coalesce(func.sum(QueuedReadings.count), 0),
        func.coalesce(func.sum(func.length(QueuedReadings.body)), 0),
    )
    row = session.execute(query).one()
    return int(row[0]), int(row[1])


def reports_waiting(session: Session) -> int:
    """How many reports wait, at the most; cheap, however many they are."""
    first = select(func.min(QueuedReadings.id)).scalar_subquery()
    newest = select(func.max(QueuedReadings.id)).scalar_subquery()
    row = session.execute(select(first, newest)).one()
    return 0 if row[0] is None else int(row[1] - row[0] + 1)


def queued_bytes(session: Session) -> int:
    """About how many bytes wait: how many rows, by the size of the oldest and the newest."""
    rows = session.scalar(select(func.count()).select_from(QueuedReadings)) or 0
    if not rows:
        return 0
    length = select(func.length(QueuedReadings.body)).limit(_SAMPLE)
    some = [
        *session.scalars(length.order_by(QueuedReadings.id)),
        *session.scalars(length.order_by(QueuedReadings.id.desc())),
    ]
    return int(rows * sum(some) // len(some))


def unused_bytes(session: Session) -> int:
    """What SQLite's file has room for without growing; 0 of another database."""
    if session.get_bind().dialect.name != "sqlite":
        return 0
    pages = session.execute(text("PRAGMA freelist_count")).scalar_one()
    size = session.execute(text("PRAGMA page_size")).scalar_one()
    return int(pages) * int(size)


def hold(session: Session, name: str, holder: str, now: datetime, until: datetime) -> bool:
    """Take, or keep, the right to do a work until a time; whether nobody else has it."""
    row = session.get(ReadingsCursor, name, with_for_update=True)
    if row is None:
        session.add(ReadingsCursor(name=name, holder=holder, until=until))
        session.flush()
        return True
    if row.holder != holder and row.until is not None and row.until > now:
        return False
    row.holder, row.until = holder, until
    return True


def release(session: Session, name: str, holder: str) -> None:
    """Let others do it."""
    row = session.get(ReadingsCursor, name, with_for_update=True)
    if row is not None and row.holder == holder:
        row.until = None


def position(session: Session, name: str) -> str:
    """How far a work has come; empty if it has not begun."""
    row = session.get(ReadingsCursor, name)
    return row.position if row else ""


def set_position(session: Session, name: str, at: str) -> None:
    """Remember how far a work has come."""
    row = session.get(ReadingsCursor, name)
    if row is None:
        session.add(ReadingsCursor(name=name, position=at))
    else:
        row.position = at


def forget_position(session: Session, name: str) -> None:
    """A work is done; the next one begins anew."""
    session.execute(delete(ReadingsCursor).where(ReadingsCursor.name == name))
