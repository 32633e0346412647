"""SQL of lists of rooms. Each page is read by key, in the order of an index.

A list is narrowed either from few rooms, which are found first and then sorted, or along the
order of an index, leaving out what does not fit: with many rooms that fit, a page is soon full.
Which way is better is known before: of each filter, no more than `FEW` rooms are looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from fleet.alerts.models import Alarm
from fleet.classrooms.models import Agent, HelpCall, Room
from fleet.courses.models import Lesson
from fleet.db.folding import ascii_only
from fleet.db.paths import within
from fleet.desk.rooms.filters import WORST_FIRST, Key
from fleet.desk.search.models import SearchTerm
from fleet.desk.search.words import bounds
from fleet.devices.models import Device
from fleet.recordings.models import Recording

FEW = 1000
_CHOICES = 60
_COUNTED = 100


class Row(NamedTuple):
    """A room as a list shows it.

    `version` and `seen_at`: its agent's, and when that was heard last; empty without an agent.
    `calling`: whether somebody in it asks for help.
    """

    id: str
    name: str
    path: str
    timezone: str
    standing: str
    presence: str
    trouble: str
    version: str
    seen_at: datetime | None
    calling: bool


_ROOM = (
    Room.id,
    Room.name,
    Room.path,
    Room.timezone,
    Room.standing,
    Room.presence,
    Room.trouble,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters with what they name looked up.

    Attributes:
        prefixes: the subtrees looked at.
        few: whether there are no more than a few thousand rooms in them.
        words: of the room's name.
    """

    prefixes: tuple[str, ...]
    few: bool
    standing: str = ""
    presence: str = ""
    role: str = ""
    profile: str = ""
    version: str = ""
    alarm: str = ""
    words: tuple[str, ...] = ()


def by_name(session: Session, wanted: Wanted, after: Key | None, limit: int) -> list[Row]:
    """The first rooms behind a key, by name."""
    return _listed(session, wanted, _narrowed(session, wanted), after, limit)


def worst_first(session: Session, wanted: Wanted, after: Key | None, limit: int) -> list[Row]:
    """The first rooms behind a key, by standing and name."""
    conditions = _narrowed(session, wanted)
    order = [one for one in WORST_FIRST if wanted.standing in ("", one)]
    if after and after.standing in order:
        order = order[order.index(after.standing) :]
    found: list[Row] = []
    for standing in order:
        behind = after if after and after.standing == standing else None
        here = [*conditions, Room.standing == standing]
        found += _listed(session, wanted, here, behind, limit - len(found))
        if len(found) == limit:
            break
    return found


def _listed(
    session: Session,
    wanted: Wanted,
    conditions: Sequence[ColumnElement[bool]],
    after: Key | None,
    limit: int,
) -> list[Row]:
    query = select(*_ROOM).where(*conditions)
    if after:
        behind = tuple_(literal(after.name), literal(after.id))
        query = query.where(tuple_(Room.name, Room.id) > behind)
    return _rows(session, query.order_by(Room.name, Room.id).limit(limit))


_BESIDE = (
    select(
        Room.id,
        func.coalesce(Agent.agent_version, ""),
        Agent.seen_at,
        exists().where(HelpCall.room_id == Room.id, HelpCall.answered_at.is_(None)),
    )
    .outerjoin(Agent, and_(Agent.room_id == Room.id, Agent.revoked_at.is_(None)))
    .where(Room.id.in_(bindparam("rooms", expanding=True)))
)
"""Made once: to make it takes longer than to answer it."""


def _rows(session: Session, rooms: Select[*tuple[Any, ...]]) -> list[Row]:
    """A list of rooms with what else it shows, which is looked up for no others."""
    found = session.execute(rooms).all()
    ids = [room[0] for room in found]
    beside = {one[0]: one[1:] for one in session.execute(_BESIDE, {"rooms": ids})} if ids else {}
    return [Row._make((*room, *beside[room[0]])) for room in found]


def _narrowed(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Conditions, all of which a room has to meet."""
    ways = [
        _with_device(wanted.role, wanted.profile),
        _with_version(wanted.version),
        _with_alarm(wanted.alarm),
        *(_with_word(word) for word in wanted.words),
    ]
    conditions: list[ColumnElement[bool]] = []
    few = False
    for way in ways:
        if way is None:
            continue
        rooms, here = way
        # Counted by the database, which then finds them itself: ids of thousands of rooms take
        # longer to be carried here and back than to be found again.
        some = rooms.limit(FEW + 1).subquery()
        if (session.scalar(select(func.count()).select_from(some)) or 0) <= FEW:
            few = True
            conditions.append(Room.id.in_(rooms))
        else:
            conditions.append(rooms.where(here).correlate(Room).exists())
    conditions += [_may_have(word) for word in wanted.words]
    # A path that is no column any more is looked at, and not looked up.
    path = Room.path if wanted.few and not few else Room.path + literal("")
    conditions.append(within(path, wanted.prefixes))
    if wanted.standing:
        conditions.append(Room.standing == wanted.standing)
    if wanted.presence:
        conditions.append(Room.presence == wanted.presence)
    return conditions


_Way = tuple[Select[Any], ColumnElement[bool]] | None
"""Ids of the rooms that fit, and the condition that one of them is the room looked at."""


def _with_device(role: str, profile: str) -> _Way:
    if not role and not profile:
        return None
    query = select(Device.room_id).where(Device.role == role if role else Device.role != "")
    if profile:
        query = query.where(Device.profile == profile)
    return query, Device.room_id == Room.id


def _with_version(version: str) -> _Way:
    if not version:
        return None
    query = select(Agent.room_id).where(Agent.agent_version == version)
    return query.where(Agent.revoked_at.is_(None)), Agent.room_id == Room.id


def _with_alarm(alarm: str) -> _Way:
    if not alarm:
        return None
    query = select(Alarm.room_id).where(Alarm.state == "firing", Alarm.rule == alarm)
    return query.where(Alarm.room_id.is_not(None)), Alarm.room_id == Room.id


def _with_word(word: str) -> _Way:
    first, behind = bounds(word)
    query = select(SearchTerm.ref).where(SearchTerm.kind == "room")
    query = query.where(SearchTerm.word >= first, SearchTerm.word < behind)
    return query, SearchTerm.ref == Room.id


def _may_have(word: str) -> ColumnElement[bool]:
    """What every room with the word meets, seen in its name alone.

    Names stand in the index by which a list is read, and words do not: rooms with one word often
    lie together in the order of names, behind thousands without it. A name in ASCII is folded by
    making it small; any other may have the word.
    """
    small = func.lower(Room.name).contains(word, autoescape=True)
    return or_(small, ~ascii_only(Room.name))


def choices(session: Session, prefixes: Sequence[str]) -> dict[str, list[str]]:
    """What lists of some subtrees can be narrowed by: it takes a look at each room in them.

    Of all rooms the board knows it, and from indexes: see `board.repository.choices`.
    """
    here = within(Room.path, prefixes)
    devices = select(Device.role, Device.profile).join(Room, Room.id == Device.room_id).where(here)
    found = session.execute(devices.distinct()).all()
    agents = select(Agent.agent_version).join(Room, Room.id == Agent.room_id).where(here)
    firing = select(Alarm.rule).join(Room, Room.id == Alarm.room_id).where(here)
    return {
        "role": _first({role for role, _profile in found}),
        "profile": _first({profile for _role, profile in found}),
        "version": _first(session.scalars(agents.distinct())),
        "alarm": _first(session.scalars(firing.where(Alarm.state == "firing").distinct())),
    }


def _first(values: Iterable[str]) -> list[str]:
    return sorted(filter(None, values))[:_CHOICES]


def row(session: Session, room_id: str) -> Row | None:
    """One room, as a list shows it."""
    return next(iter(_rows(session, select(*_ROOM).where(Room.id == room_id))), None)


def needing(session: Session, prefixes: Sequence[str], limit: int) -> list[Row]:
    """Rooms that need a person: those that call, then those with what is worst."""
    path = Room.path + literal("")
    here = select(*_ROOM).where(within(path, prefixes)).order_by(Room.name, Room.id).limit(limit)
    open_calls = select(HelpCall.room_id).where(HelpCall.answered_at.is_(None))
    found: dict[str, Row] = {}
    for query in (
        here.where(Room.id.in_(open_calls)),
        here.where(Room.standing == "risk", Room.trouble == "critical"),
        here.where(Room.standing == "dark"),
        here.where(Room.standing == "risk"),
    ):
        for row in _rows(session, query):
            found.setdefault(row.id, row)
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


def tray(session: Session, prefixes: Sequence[str]) -> int:
    """How many recordings have no lesson; counted to a hundred."""
    some = (
        select(Recording.id)
        .join(Room, Room.id == Recording.room_id)
        .where(Recording.lesson_id.is_(None), within(Room.path, prefixes))
        .limit(_COUNTED)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(some)) or 0


def lessons(
    session: Session, prefixes: Sequence[str], start: datetime, end: datetime, limit: int
) -> list[tuple[Lesson, Room]]:
    """The lessons that overlap `[start, end)` in these subtrees, in order of time."""
    query = (
        select(Lesson, Room)
        .join(Room, Room.id == Lesson.room_id)
        .where(within(Room.path, prefixes), Lesson.starts_at < end, Lesson.ends_at > start)
        .order_by(Lesson.starts_at, Lesson.id)
        .limit(limit)
    )
    return [(lesson, room) for lesson, room in session.execute(query)]
