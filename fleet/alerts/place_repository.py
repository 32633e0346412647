"""SQL of the rooms and units that alarms are about."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from fleet.auth.models import User
from fleet.classrooms.models import Room
from fleet.db.paths import within
from fleet.orgs.models import OrgUnit


def rooms(session: Session, ids: Iterable[str]) -> dict[str, Room]:
    """Some rooms by id; not more than a page shows."""
    return {one.id: one for one in session.scalars(select(Room).where(Room.id.in_(set(ids))))}


def dark_rooms(session: Session, path: str, uplink: str | None, limit: int) -> list[Room]:
    """Rooms of a subtree, or behind an uplink right in it, that are not heard, by name."""
    query = select(Room).where(Room.standing == "dark")
    if uplink is None:
        query = query.where(within(Room.path, [path]))
    else:
        query = query.where(Room.path == path, Room.uplink == uplink)
    return list(session.scalars(query.order_by(Room.name, Room.id).limit(limit)))


def unit_names(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """Names of some units by id."""
    query = select(OrgUnit.id, OrgUnit.name).where(OrgUnit.id.in_(set(ids)))
    return {row[0]: row[1] for row in session.execute(query)}


def units(session: Session, prefixes: Sequence[str]) -> list[OrgUnit]:
    """Every unit of some subtrees, each below the one above it."""
    query = select(OrgUnit).where(within(OrgUnit.path, prefixes))
    return sorted(session.scalars(query), key=lambda one: (one.path.count("."), one.name))


def units_by_path(session: Session, paths: Iterable[str]) -> dict[str, OrgUnit]:
    """Some units by path."""
    query = select(OrgUnit).where(OrgUnit.path.in_(set(paths)))
    return {one.path: one for one in session.scalars(query)}


def people(session: Session, ids: Iterable[str]) -> dict[str, User]:
    """Some people by id, without those who are shut out."""
    query = select(User).where(User.id.in_(set(ids)), User.disabled_at.is_(None))
    return {one.id: one for one in session.scalars(query)}


def names(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """Names of people by id, also of those who are gone."""
    query = select(User.id, User.name).where(User.id.in_(set(ids)))
    return {row[0]: row[1] for row in session.execute(query)}
