"""Sums of readings in SQL: of a series as readings come, of units soon after."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import case, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from fleet.classrooms.models import Room
from fleet.db import Base, Session
from fleet.orgs.models import OrgUnit
from fleet.telemetry import levels
from fleet.telemetry.levels import Keeping, Summary
from fleet.telemetry.models import Series, SeriesSum, StaleSum, UnitSum
from fleet.telemetry.ports import Point

_AT_ONCE: Final = 2_000
_LOCK: Final = 0x1EC7_0005
"""Of PostgreSQL: who holds it sums up units."""
_SPOIL: Final = insert(StaleSum.__table__)  # type: ignore[arg-type]
_Step = tuple[int, int]
"""Its length and its beginning, in seconds."""


def upsert(session: Session, table: type[Base]) -> Any:
    """An INSERT that knows `on_conflict_…`, in the dialect of the session's database."""
    return _insert(session.get_bind().dialect.name)(table)


def _insert(dialect: str) -> Any:
    return sqlite.insert if dialect == "sqlite" else postgresql.insert


def add(session: Session, found: Mapping[tuple[int, int, int], Summary]) -> None:
    """Add to the sums of series what was not in them yet: (series, step, second) → summary."""
    # In one order everywhere, so that two writers never wait for each other.
    rows = [
        {"series_id": series, "step": step, "at": at, **one._asdict()}
        for (series, step, at), one in sorted(found.items())
    ]
    session.connection().execute(_adding(session.get_bind().dialect.name), rows)


@cache
def _adding(dialect: str) -> Any:
    statement = _insert(dialect)(SeriesSum.__table__)
    new, old = statement.excluded, SeriesSum
    return statement.on_conflict_do_update(
        index_elements=["series_id", "step", "at"],
        set_={
            "number": old.number + new.number,
            "total": old.total + new.total,
            "least": case((new.least < old.least, new.least), else_=old.least),
            "most": case((new.most > old.most, new.most), else_=old.most),
            "last": case((new.last_at >= old.last_at, new.last), else_=old.last),
            "last_at": case((new.last_at >= old.last_at, new.last_at), else_=old.last_at),
        },
    )


def spoil(session: Session, points: Sequence[Point], times: Iterable[int]) -> None:
    """The sums of the rooms' units have to be made again for the steps of these microseconds."""
    units = {point.site for point in points}
    if "" in units:
        rooms = {point.room for point in points if not point.site}
        units |= set(session.scalars(select(Room.unit_id).where(Room.id.in_(rooms))))
    short = {at // levels.MICROS // levels.SHORT * levels.SHORT for at in times}
    rows = [{"unit_id": unit, "at": at} for unit in units - {""} for at in short]
    session.connection().execute(_SPOIL, rows)


def sum_units(session: Session, keeping: Keeping, now: datetime) -> int:
    """Make the sums of units again where rooms' have changed; how many marks that dealt with.

    Each is made from the sums of the unit's rooms and of the units right below it, whole, so that
    doing it twice or in any order comes to the same.
    """
    if session.get_bind().dialect.name == "postgresql":
        mine = session.execute(select(func.pg_try_advisory_xact_lock(_LOCK))).scalar_one()
        if not mine:
            return 0
    query = select(StaleSum.id, StaleSum.unit_id, StaleSum.at).order_by(StaleSum.id)
    stale = session.execute(query.limit(_AT_ONCE)).all()
    if not stale:
        return 0
    paths = dict(session.execute(select(OrgUnit.id, OrgUnit.path)).all())
    todo: dict[str, set[_Step]] = defaultdict(set)
    for _, unit, at in stale:
        steps = _kept(keeping, at, now)
        for each in paths.get(unit, "").split(".")[:-1]:
            todo[each] |= steps
    for unit in sorted(todo, key=lambda one: -paths.get(one, "").count(".")):
        _sum_unit(session, unit, todo[unit])
    session.execute(delete(StaleSum).where(StaleSum.id.in_([row[0] for row in stale])))
    return len(stale)


def _kept(keeping: Keeping, at: int, now: datetime) -> set[_Step]:
    """The steps of each level around a second, as far as the sums that they are made of are kept.

    An hour more is left out than is forgotten: a sum whose rooms' sums are half gone would be
    made of the other half.
    """
    return {
        (step, at // step * step)
        for step in levels.STEPS
        if at >= now.timestamp() - 86_400 * levels.kept_days(keeping, step) + levels.LONG
    }


def _sum_unit(session: Session, unit: str, steps: set[_Step]) -> None:
    found: dict[tuple[str, int, int], Summary] = {}
    for step in levels.STEPS:
        times = [at for length, at in steps if length == step]
        if not times:
            continue
        rooms = (
            select(Series.point, *_columns(SeriesSum))
            .join(Series, Series.id == SeriesSum.series_id)
            .join(Room, Room.id == Series.room_id)
            .where(Room.unit_id == unit, SeriesSum.step == step, SeriesSum.at.in_(times))
        )
        below = (
            select(UnitSum.point, *_columns(UnitSum))
            .join(OrgUnit, OrgUnit.id == UnitSum.unit_id)
            .where(OrgUnit.parent_id == unit, UnitSum.step == step, UnitSum.at.in_(times))
        )
        for rows in (session.execute(rooms), session.execute(below)):
            for point, at, *numbers in rows:
                key, one = (point, step, at), Summary(*numbers)
                found[key] = levels.merged(found[key], one) if key in found else one
    if found:
        statement = upsert(session, UnitSum)
        whole = statement.on_conflict_do_update(
            index_elements=["unit_id", "point", "step", "at"],
            set_={name: statement.excluded[name] for name in Summary._fields},
        )
        rows_ = [
            {"unit_id": unit, "point": point, "step": step, "at": at, **one._asdict()}
            for (point, step, at), one in found.items()
        ]
        session.connection().execute(whole, rows_)


def _columns(table: type[SeriesSum | UnitSum]) -> tuple[Any, ...]:
    return (table.at, *(getattr(table, name) for name in Summary._fields))
