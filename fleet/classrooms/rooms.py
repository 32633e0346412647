"""Rooms: renamed, moved, removed; what they and their units want of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from fleet.classrooms import repository, service, wishes
from fleet.classrooms.events import RoomChanged, RoomRemoved
from fleet.classrooms.models import Room
from fleet.classrooms.rules import checked
from fleet.db import Session, new_id, publish, references, savepoint
from fleet.errors import Conflict
from fleet.orgs import defaults
from fleet.orgs import service as orgs
from fleet.orgs.files import FLEET, Act
from fleet.orgs.models import OrgUnit
from fleet.web.language import gettext as _


def change(session: Session, room_id: str, field: str, value: str) -> str:
    """Give a room another name, time zone or uplink; returns what it was.

    Raises:
        NotFound: there is no such room.
        Refused: the value is wrong.
        Conflict: another room of its unit has the name.
    """
    found = service.room(session, room_id)
    value = checked(field, value)
    before: str = getattr(found, field)
    if value == before:
        return before
    if field == "name":
        alone(session, found.unit_id, value)
    setattr(found, field, value)
    session.flush()
    publish(session, RoomChanged(room_id, found.path, found.path))
    return before


def move(session: Session, room_id: str, unit_id: str, act: Act) -> None:
    """Let a room belong to another unit; its path follows, and what its unit wants of it.

    Raises:
        NotFound: there is no such room or unit.
        Conflict: a room there has its name.
    """
    found = service.room(session, room_id)
    unit = orgs.get(session, unit_id)
    if found.unit_id == unit_id:
        return
    alone(session, unit_id, found.name)
    old = orgs.inherited(session, orgs.get(session, found.unit_id))
    before, found.unit_id, found.path = found.path, unit_id, unit.path
    session.flush()
    _follow(session, [found], old, orgs.inherited(session, unit), act, None)
    publish(session, RoomChanged(room_id, found.path, before))


def remove(session: Session, room_id: str) -> None:
    """Take a room away that never had a PC, a lesson or anything else of its own.

    Raises:
        NotFound: there is no such room.
        Conflict: it has a history.
    """
    found = service.room(session, room_id)
    with savepoint(session):
        publish(session, RoomRemoved(room_id))
        if used := references.of(session, found, repository.OF_A_ROOM):
            text = _("%(room)s has a history and stays: %(table)s", room=found.name, table=used[0])
            raise Conflict(text)
        repository.remove_room(session, found)


def set_default(session: Session, unit: OrgUnit, key: str, value: Any, act: Act) -> int:
    """Want something of all rooms of a unit and below; returns how many rooms follow.

    Those of which something else was wanted than their unit did, keep it.

    Raises:
        Refused: there is no such key, or the value does not fit it.
    """
    value = defaults.normal(key, value)
    before = orgs.inherited_below(session, unit)
    orgs.set_default(session, unit.id, key, value)
    return follow(session, before, orgs.inherited_below(session, unit), act)


def drop_default(session: Session, unit: OrgUnit, key: str, act: Act) -> int:
    """Want of the rooms what the unit above wants; returns how many follow."""
    before = orgs.inherited_below(session, unit)
    orgs.drop_default(session, unit.id, key)
    return follow(session, before, orgs.inherited_below(session, unit), act)


def want(
    session: Session,
    wanted: Mapping[str, Mapping[str, Any]],
    act: Act,
    batch: str | None = None,
) -> None:
    """Want something of rooms; see `wishes.want`."""
    actor = "" if act.actor == FLEET else act.actor
    wishes.want(session, wanted, actor=actor, batch=batch, now=act.now)


def current(session: Session, room_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What is wanted of rooms now, of every key of `orgs.defaults`, by room."""
    states = repository.desired_states(session, room_ids)
    return {one: known(states.get(one, {})) for one in room_ids}


def known(state: Mapping[str, Any]) -> dict[str, Any]:
    """Of a desired state as it is kept, the keys of `orgs.defaults`, as files have them."""
    found = {key: state.get(key, defaults.UNSET[key]) for key in defaults.KEYS}
    return {key: defaults.normal(key, value) for key, value in found.items()}


def follow(
    session: Session,
    before: Mapping[str, dict[str, Any]],
    after: Mapping[str, dict[str, Any]],
    act: Act,
) -> int:
    """Let rooms follow from what their units wanted to what they want; returns how many did.

    Both as `orgs.inherited_below` has them; units that are new have no rooms yet.
    """
    changed = [unit for unit in after if unit in before and after[unit] != before[unit]]
    count, batch = 0, new_id()
    for unit, rooms in repository.rooms_by_unit(session, changed).items():
        count += _follow(session, rooms, before[unit], after[unit], act, batch)
    return count


def _follow(
    session: Session,
    rooms: Sequence[Room],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    act: Act,
    batch: str | None,
) -> int:
    """Tell the rooms what their unit wants now, where they had what it wanted before."""
    keys = [key for key in defaults.KEYS if old[key] != new[key]]
    now = current(session, [room.id for room in rooms])
    wanted = {
        room_id: {key: new[key] for key in keys if has[key] == old[key]}
        for room_id, has in now.items()
    }
    following = {room_id: values for room_id, values in wanted.items() if values}
    want(session, following, act, batch)
    return len(following)


def alone(session: Session, unit_id: str, name: str) -> None:
    """Make sure that no room of a unit has this name.

    Raises:
        Conflict: one has.
    """
    if repository.room_named(session, unit_id, name) is not None:
        text = _("name: there is a room %(name)s already", name=name)
        raise Conflict(text, field="name")
