"""What can be found, and by which words. Pure but for where a thing belongs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fleet.auth.models import User
from fleet.classrooms.models import Agent, Room
from fleet.courses.models import Course, Lesson
from fleet.desk.search.words import Kind
from fleet.devices.models import Device
from fleet.orgs.models import OrgUnit


@dataclass(frozen=True, slots=True)
class Thing:
    """How things of one table are found.

    Attributes:
        kind: what they are.
        ref: the id by which they are named in the index.
        texts: what they are found by; none hides one.
        columns: those `texts` and the place are made of.
        room: the id of the room they belong to and move with, or nothing.
    """

    kind: Kind
    ref: Callable[[Any], str]
    texts: Callable[[Any], tuple[str, ...]]
    columns: frozenset[str]
    room: Callable[[Any], str] = lambda _row: ""


def _id(row: Any) -> str:
    return str(row.id)


def _of_room(row: Any) -> str:
    return str(row.room_id)


def _device(row: Any) -> tuple[str, ...]:
    return (row.name, row.profile, row.vendor) if row.role else ()


def _agent(row: Any) -> tuple[str, ...]:
    hostname = str((row.description or {}).get("hostname", ""))
    return (row.id, hostname) if row.revoked_at is None else ()


THINGS: Mapping[type, Thing] = {
    Room: Thing("room", _id, lambda row: (row.name,), frozenset({"name", "path"}), _id),
    OrgUnit: Thing(
        "unit", _id, lambda row: (row.name, row.code or ""), frozenset({"name", "code", "path"})
    ),
    Device: Thing(
        "device",
        lambda row: f"{row.room_id}/{row.name}",
        _device,
        frozenset({"role", "profile", "vendor"}),
        _of_room,
    ),
    Agent: Thing(
        "agent", _id, _agent, frozenset({"description", "revoked_at", "room_id"}), _of_room
    ),
    Course: Thing(
        "course", _id, lambda row: (row.title, row.slug), frozenset({"title", "unit_id"})
    ),
    Lesson: Thing(
        "lesson", _id, lambda row: (row.title,), frozenset({"title", "room_id"}), _of_room
    ),
    User: Thing(
        "person",
        _id,
        lambda row: (row.name, row.email) if row.disabled_at is None else (),
        frozenset({"name", "email", "path", "disabled_at"}),
    ),
}
