"""Searching, and mending the index where rows were written past it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fleet.db import Session
from fleet.desk.board import Snapshot
from fleet.desk.search import handlers, repository
from fleet.desk.search.things import THINGS
from fleet.desk.search.words import KINDS, Kind, asked

EACH = 10
_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: what it is called, what more there is to say, its address."""

    name: str
    note: str
    address: str
    standing: str = ""


def search(
    session: Session,
    snapshot: Snapshot,
    text: str,
    reach: tuple[str, ...],
    people: tuple[str, ...] = (),
) -> dict[Kind, Sequence[Hit]]:
    """What somebody may see and that has all the words of a text, by kind, a few of each.

    Args:
        session: a transaction that reads.
        snapshot: names of units.
        text: words, each from its beginning.
        reach: the subtrees in which they may see rooms.
        people: those in which they may see people.
    """
    words = asked(text)
    if not words:
        return {}
    places = ((kind, people if kind == "person" else reach) for kind in KINDS)
    scope = tuple((kind, prefixes) for kind, prefixes in places if prefixes)
    refs = repository.found(session, words, scope, EACH) if scope else {}
    found: dict[Kind, Sequence[Hit]] = {}
    for kind in KINDS:
        if kind in refs and (hits := _HITS[kind](session, snapshot, refs[kind])):
            found[kind] = hits
    return found


def whole(session: Session) -> bool:
    """Whether the index lacks nothing."""
    if repository.misplaced(session, 1):
        return False
    return not any(repository.missing(session, table, 1) for table in THINGS)


def mend(session: Session) -> int:
    """Index rows that the index lacks, and move what is elsewhere; how many there were.

    Finds what was there before the index, and what was written in bulk. No more than a few
    thousand at once, so that nobody waits for it long.
    """
    left = _AT_ONCE
    for room, path in repository.misplaced(session, left):
        repository.moved(session, room, path)
        left -= 1
    for table, thing in THINGS.items():
        rows = repository.missing(session, table, left) if left > 0 else ()
        if rows:
            handlers.index(session, thing, rows)
            left -= len(rows)
    return _AT_ONCE - left


def _rooms(session: Session, snapshot: Snapshot, refs: Sequence[str]) -> list[Hit]:
    rows = repository.rooms(session, refs)
    return [
        Hit(rows[one][0], _unit(snapshot, rows[one][1]), f"/staff/rooms/{one}", rows[one][2])
        for one in refs
        if one in rows
    ]


def _units(_session: Session, snapshot: Snapshot, refs: Sequence[str]) -> list[Hit]:
    units = [unit for one in refs if (unit := snapshot.by_id(one))]
    return [Hit(one.name, "", f"/staff?unit={one.id}") for one in units]


def _devices(session: Session, _snapshot: Snapshot, refs: Sequence[str]) -> list[Hit]:
    parted = [one.partition("/") for one in refs]
    rows = repository.rooms(session, [room for room, _slash, _name in parted])
    return [
        Hit(name, rows[room][0], f"/staff/rooms/{room}/devices")
        for room, _slash, name in parted
        if room in rows
    ]


def _agents(session: Session, _snapshot: Snapshot, refs: Sequence[str]) -> list[Hit]:
    agents = repository.agents(session, refs)
    rows = repository.rooms(session, [room for room, _host in agents.values()])
    return [
        Hit(host or one, rows[room][0], f"/staff/rooms/{room}/pc")
        for one, (room, host) in agents.items()
        if room in rows
    ]


def _courses(session: Session, _snapshot: Snapshot, refs: Sequence[str]) -> list[Hit]:
    rows = repository.courses(session, refs)
    return [Hit(rows[one], "", f"/staff/courses/{one}") for one in refs if one in rows]


def _lessons(session: Session, _snapshot: Snapshot, refs: Sequence[str]) -> list[Hit]:
    rows = repository.lessons(session, refs)
    return [
        Hit(rows[one].title, f"{rows[one].starts_at:%Y-%m-%d %H:%M} UTC", f"/staff/lessons/{one}")
        for one in refs
        if one in rows
    ]


def _people(session: Session, _snapshot: Snapshot, refs: Sequence[str]) -> list[Hit]:
    rows = repository.people(session, refs)
    return [Hit(rows[one][0], rows[one][1], f"/staff/people/{one}") for one in refs if one in rows]


def _unit(snapshot: Snapshot, path: str) -> str:
    return snapshot.units[path].name if path in snapshot.units else ""


_HITS: dict[Kind, Callable[[Session, Snapshot, Sequence[str]], list[Hit]]] = {
    "room": _rooms,
    "unit": _units,
    "device": _devices,
    "agent": _agents,
    "course": _courses,
    "lesson": _lessons,
    "person": _people,
}
