"""Rooms: added, listed, and what the fleet wants of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from contract import codec
from contract import messages as m
from fleet.classrooms import repository, wishes
from fleet.classrooms.events import RoomAdded
from fleet.classrooms.models import Agent, Desired, Event, Room
from fleet.classrooms.rules import checked
from fleet.db import Session, new_id, publish
from fleet.errors import NotFound
from fleet.orgs import defaults
from fleet.orgs import service as orgs


@dataclass(frozen=True, slots=True)
class RoomState:
    """A room as a list shows it. `presence` is `none` while no agent is enrolled or heard of."""

    room: Room
    agent: Agent | None
    presence: str


@dataclass(frozen=True, slots=True)
class DueDesired:
    """A desired state to publish: `body` is the payload for `agent`'s topic."""

    room: str
    agent: str
    version: int
    body: bytes


@dataclass(frozen=True, slots=True)
class NewRoom:
    """What has to be known of a room; see `Room`."""

    name: str
    timezone: str = "UTC"
    uplink: str = ""


def add_room(
    session: Session, *, unit_id: str, name: str, timezone: str = "UTC", uplink: str = ""
) -> Room:
    """A new room of an organisation; what is wanted of all its rooms is wanted of this one.

    Raises:
        NotFound: there is no such organisation.
        Refused: the name is empty or too long, or the time zone is unknown.
    """
    return add_rooms(session, unit_id, [NewRoom(name, timezone, uplink)])[0]


def add_rooms(session: Session, unit_id: str, new: Sequence[NewRoom]) -> list[Room]:
    """As `add_room`, several at once."""
    unit = orgs.get(session, unit_id)
    rooms = [
        Room(
            id=new_id(),
            unit_id=unit_id,
            name=checked("name", one.name),
            timezone=checked("timezone", one.timezone),
            uplink=checked("uplink", one.uplink),
            path=unit.path,
        )
        for one in new
    ]
    session.add_all(rooms)
    session.flush()
    wanted = orgs.inherited(session, unit)
    said = {key: value for key, value in wanted.items() if value != defaults.UNSET[key]}
    if said:
        wishes.want(session, {room.id: said for room in rooms})
    for room in rooms:
        publish(session, RoomAdded(room.id))
    return rooms


def agent_is(session: Session, room_id: str, presence: str) -> None:
    """The room's agent came, went, or is another one (`none`: none is enrolled)."""
    found = _written(session, room_id)
    found.presence = presence
    found.standing = repository.standing_with(presence=presence)


def in_trouble(session: Session, room_id: str, worst: str) -> None:
    """The worst severity of what is wrong in a room now; empty is nothing."""
    found = _written(session, room_id)
    if found.trouble != worst:
        found.trouble = worst
        found.standing = repository.standing_with(trouble=worst)


def _written(session: Session, room_id: str) -> Room:
    """A room of which the database knows all that this transaction has changed."""
    found = session.get_one(Room, room_id)
    if session.is_modified(found):
        session.flush()
    return found


def rooms(session: Session, within: Sequence[str] = ("",)) -> list[Room]:
    """The rooms in these subtrees by name."""
    return repository.rooms(session, within)


def rooms_of_unit(session: Session, unit_id: str) -> list[Room]:
    """The rooms of one organisation, without those below it."""
    return repository.rooms_of_unit(session, unit_id)


def room(session: Session, room_id: str) -> Room:
    """One room.

    Raises:
        NotFound: there is none with this id.
    """
    found = session.get(Room, room_id)
    if found is None:
        raise NotFound(f"there is no room {room_id}")
    return found


def room_of_agent(session: Session, agent_id: str) -> Room:
    """The room an agent stands in.

    Raises:
        NotFound: there is no such agent.
    """
    found = repository.room_of_agent(session, agent_id)
    if found is None:
        raise NotFound(f"there is no agent {agent_id}")
    return found


def agent_of_room(session: Session, room_id: str) -> Agent | None:
    """The room's agent, if one is enrolled and not revoked."""
    return repository.agent_of_room(session, room_id)


def room_states(session: Session, within: Sequence[str] = ("",)) -> list[RoomState]:
    """Every room of these subtrees with its agent, by name."""
    agents = {agent.room_id: agent for agent in repository.agents_in_service(session)}
    return [
        RoomState(found, agent, agent.presence if agent else "none")
        for found in repository.rooms(session, within)
        for agent in (agents.get(found.id),)
    ]


def events(
    session: Session, room_id: str, limit: int = 100, without: Sequence[str] = ()
) -> list[Event]:
    """What happened in a room, newest first; events of the types in `without` are left out."""
    return repository.events(session, room_id, limit, without)


def set_desired(
    session: Session,
    room_id: str,
    key: str,
    value: Any,
    *,
    actor: str = "",
    batch: str | None = None,
    now: datetime | None = None,
) -> int:
    """Want `value` for one key of `contract.messages.DesiredState`; returns the version.

    `value` is what the field holds (`timetable`: meetings, `upload`: an UploadPolicy), as
    structs or as plain JSON. The same value again is not a change. A change is kept with `actor`,
    a user's id or empty for the fleet itself, and with `batch` where many rooms are changed at
    once; not that of a timetable, which follows from what is kept elsewhere.

    Raises:
        NotFound: there is no such room.
        Refused: there is no such key, or the value does not fit it.
    """
    room(session, room_id)
    wanted = {room_id: {key: value}}
    return wishes.want(session, wanted, actor=actor, batch=batch, now=now)[room_id]


def desired(session: Session, room_id: str) -> m.Desired | None:
    """What the fleet wants of a room, if it ever wanted anything."""
    row = session.get(Desired, room_id)
    return _message(row) if row else None


def due_desired(session: Session, limit: int = 200) -> Sequence[DueDesired]:
    """Desired states that the broker does not hold yet."""
    return [
        DueDesired(row.room_id, agent, row.version, codec.encode_down(_message(row)))
        for row, agent in repository.due_desired(session, limit)
    ]


def mark_published(session: Session, room_id: str, version: int) -> None:
    """The broker holds this version; a newer one stays due."""
    repository.mark_published(session, room_id, version)


def want_again(session: Session, room_id: str, applied: int) -> None:
    """Publish again to a room that reports to have applied an older version than it should."""
    row = session.get(Desired, room_id)
    if row is not None and applied < row.version:
        row.published_version = 0


def _message(row: Desired) -> m.Desired:
    return m.Desired(version=row.version, state=msgspec.convert(row.state, m.DesiredState))
