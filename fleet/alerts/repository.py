"""SQL of what is watched: signals, watches, rules, quiet times. Alarms have their own file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from fleet.alerts.masking import SITE, UPLINK, Alive, Dark
from fleet.alerts.models import Alarm, AlarmRule, Quiet, Signal, Subscription, Turn, Watch
from fleet.alerts.quiet import Window
from fleet.alerts.rulebook import Change
from fleet.classrooms.models import Agent, Room
from fleet.db.paths import within

T = TypeVar("T")
Key = tuple[str, str, str]
"""Rule, place and subject of a watch."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Place:
    """What evaluating needs of a room."""

    room: str
    path: str
    zone: str


def turn(session: Session, now: datetime) -> Turn:
    """The one row that lets one process evaluate at a time, held until the transaction ends."""
    query = select(Turn).where(Turn.name == "alarms").with_for_update()
    found = session.scalars(query).first()
    if found is None:
        found = Turn(name="alarms", at=now, checked={})
        session.add(found)
        session.flush()
    return found


def add_signals(session: Session, signals: Iterable[Signal]) -> None:
    """News, to be written together with what else this transaction writes."""
    session.add_all(signals)


def signals(session: Session, limit: int) -> list[Signal]:
    """What nobody has evaluated yet, in order."""
    return list(session.scalars(select(Signal).order_by(Signal.id).limit(limit)))


def any_work(session: Session, now: datetime) -> bool:
    """Whether there is anything to evaluate."""
    if session.scalars(select(Signal.id).limit(1)).first() is not None:
        return True
    return (
        session.scalars(select(Watch.rule).where(Watch.due_at <= now).limit(1)).first() is not None
    )


def forget_signals(session: Session, done: Sequence[Signal]) -> None:
    """They have been evaluated."""
    for part in _parts([one.id for one in done]):
        session.execute(
            delete(Signal).where(Signal.id.in_(part)).execution_options(synchronize_session=False)
        )
    for one in done:
        session.expunge(one)


def places(session: Session, rooms: Iterable[str]) -> dict[str, Place]:
    """Path and time zone of rooms; those that are gone are left out."""
    found = {}
    for part in _parts(sorted(set(rooms))):
        query = select(Room.id, Room.path, Room.timezone).where(Room.id.in_(part))
        found.update({row[0]: Place(row[0], row[1], row[2]) for row in session.execute(query)})
    return found


def watches_of_rooms(session: Session, rooms: Iterable[str]) -> dict[Key, Watch]:
    """Everything watched in some rooms."""
    found: dict[Key, Watch] = {}
    for part in _parts(sorted(set(rooms))):
        for one in session.scalars(select(Watch).where(Watch.room_id.in_(part))):
            found[one.rule, one.place, one.subject] = one
    return found


def watches(session: Session, keys: Iterable[Key]) -> dict[Key, Watch]:
    """Some watches."""
    found: dict[Key, Watch] = {}
    columns = tuple_(Watch.rule, Watch.place, Watch.subject)
    for part in _parts(sorted(set(keys))):
        for one in session.scalars(select(Watch).where(columns.in_(part))):
            found[one.rule, one.place, one.subject] = one
    return found


def with_alarm(session: Session, rule: str, rooms: Sequence[str]) -> dict[Key, Watch]:
    """Watches of some rooms by a rule that are alarms people know of."""
    found: dict[Key, Watch] = {}
    for part in _parts(rooms):
        query = select(Watch).where(
            Watch.rule == rule, Watch.room_id.in_(part), Watch.alarm_id.is_not(None)
        )
        found |= {(one.rule, one.place, one.subject): one for one in session.scalars(query)}
    return found


def explain_all(session: Session, rule: str, rooms: Sequence[str], parent: str) -> None:
    """Something explains these watches: until it is over they have nothing to say."""
    _update(session, rule, rooms, {"parent": parent, "due_at": None})


def release_all(session: Session, rule: str, rooms: Sequence[str], until: datetime) -> None:
    """What explained these watches is over: they fire no sooner than then."""
    values = {"parent": "", "state": "pending", "held_until": until, "due_at": until}
    _update(session, rule, rooms, values)


def _update(session: Session, rule: str, rooms: Sequence[str], values: dict[str, Any]) -> None:
    for part in _parts(rooms):
        session.execute(
            update(Watch)
            .where(Watch.rule == rule, Watch.room_id.in_(part), Watch.state != "ok")
            .values(values)
            .execution_options(synchronize_session=False)
        )


def due(session: Session, now: datetime, limit: int) -> list[Watch]:
    """Watches that time alone may change."""
    query = select(Watch).where(Watch.due_at <= now).order_by(Watch.due_at).limit(limit)
    return list(session.scalars(query))


def groups(session: Session) -> list[Watch]:
    """What is watched above rooms."""
    return list(session.scalars(select(Watch).where(Watch.rule.in_([UPLINK, SITE]))))


def dark(session: Session, rule: str) -> list[tuple[Dark, str]]:
    """Rooms that a rule says are dark, each with what explained it so far."""
    query = (
        select(Watch.room_id, Watch.path, Room.uplink, Watch.state, Watch.parent)
        .join(Room, Room.id == Watch.room_id)
        .where(Watch.rule == rule, Watch.state != "ok")
        .order_by(Watch.room_id)
    )
    return [
        (Dark(row[0] or "", row[1], row[2], row[3] == "firing"), row[4])
        for row in session.execute(query)
    ]


def alive(session: Session) -> list[Alive]:
    """How many rooms are heard, by unit and uplink."""
    query = (
        select(Room.path, Room.uplink, func.count())
        .where(Room.standing.in_(["working", "risk"]))
        .group_by(Room.path, Room.uplink)
    )
    return [Alive(row[0], row[1], row[2]) for row in session.execute(query)]


def open_keys(session: Session, room_id: str) -> dict[tuple[str, str], str]:
    """State of what is watched in a room: (rule, subject) → state."""
    query = select(Watch.rule, Watch.subject, Watch.state).where(Watch.room_id == room_id)
    return {(row[0], row[1]): row[2] for row in session.execute(query)}


def boot_of(session: Session, agent_id: str) -> str:
    """Which start of its PC an agent has told of last."""
    found = session.get(Agent, agent_id)
    return found.boot if found else ""


def told(session: Session, rule: str, room_id: str, subject: str) -> bool:
    """Whether there is news of this that nobody has evaluated yet."""
    query = select(Signal.id).where(
        Signal.rule == rule, Signal.room_id == room_id, Signal.subject == subject
    )
    return session.scalars(query.limit(1)).first() is not None


def bad_subjects(session: Session, rule: str) -> set[tuple[str, str]]:
    """Room and subject of everything that a rule says is not well."""
    query = select(Watch.room_id, Watch.subject).where(Watch.rule == rule, Watch.state != "ok")
    return {(row[0] or "", row[1]) for row in session.execute(query)}


def bad_of_rooms(session: Session) -> set[Key]:
    """Everything that rooms themselves have raised: rule, room, subject."""
    query = select(Watch.rule, Watch.place, Watch.subject).where(
        Watch.rule.startswith("room.", autoescape=True), Watch.state != "ok"
    )
    return {(row[0], row[1], row[2]) for row in session.execute(query)}


def add(session: Session, row: Watch | Quiet | AlarmRule | Subscription) -> None:
    """A new row."""
    session.add(row)


def wake(session: Session, now: datetime, path: str, rule: str = "", room_id: str = "") -> None:
    """Let everything in a subtree, of a rule or a room, be looked at anew."""
    found: list[ColumnElement[bool]] = [within(Watch.path, [path])]
    if rule:
        found.append(Watch.rule.startswith(rule, autoescape=True))
    if room_id:
        found.append(Watch.room_id == room_id)
    session.execute(update(Watch).where(*found).values(due_at=now))


def changes(session: Session) -> tuple[Change, ...]:
    """Every change of rules."""
    rows = session.scalars(select(AlarmRule).order_by(AlarmRule.path, AlarmRule.rule))
    return tuple(Change(one.path, one.rule, one.change) for one in rows)


def rule_row(session: Session, path: str, rule: str) -> AlarmRule | None:
    """The change of a rule right at a place."""
    return session.get(AlarmRule, (path, rule))


def move_room(session: Session, room_id: str, path: str, now: datetime) -> None:
    """Let everything about a room belong where the room belongs now; look at it anew."""
    for table in (Watch, Alarm, Quiet):
        session.execute(update(table).where(table.room_id == room_id).values(path=path))
    session.execute(update(Watch).where(Watch.room_id == room_id).values(due_at=now))


def forget_room(session: Session, room_id: str) -> None:
    """Watch a room no longer."""
    for table in (Watch, Signal, Quiet):
        session.execute(delete(table).where(table.room_id == room_id))


def rules_at(session: Session, path: str) -> list[AlarmRule]:
    """Every change of a rule right at a place."""
    query = select(AlarmRule).where(AlarmRule.path == path).order_by(AlarmRule.rule)
    return list(session.scalars(query))


def windows(session: Session, now: datetime) -> list[Window]:
    """Quiet times that are not over."""
    return [as_window(one) for one in quiets(session, now, ("",))]


def quiets(session: Session, now: datetime, prefixes: Sequence[str]) -> list[Quiet]:
    """Quiet times of these subtrees that are not over, the newest first."""
    query = select(Quiet).where(
        (Quiet.ends_at.is_(None)) | (Quiet.ends_at > now), within(Quiet.path, prefixes)
    )
    return list(session.scalars(query.order_by(Quiet.made_at.desc(), Quiet.id)))


def standing_quiets(session: Session, paths: Sequence[str]) -> list[Quiet]:
    """Quiet times right at these places that have no end; not those of single rooms."""
    query = select(Quiet).where(
        Quiet.path.in_(paths), Quiet.room_id.is_(None), Quiet.ends_at.is_(None)
    )
    return list(session.scalars(query.order_by(Quiet.id)))


def quiet(session: Session, quiet_id: str) -> Quiet | None:
    """One quiet time."""
    return session.get(Quiet, quiet_id)


def as_window(row: Quiet) -> Window:
    """A row as the pure rules see it."""
    return Window(
        row.kind,
        row.path,
        row.room_id,
        row.rule,
        row.starts_at,
        row.ends_at,
        row.weekdays,
        row.from_minute,
        row.to_minute,
    )


def subscriptions(session: Session, *how: str, user_id: str = "") -> list[Subscription]:
    """Who wants to be told, in one of these ways; or what one person wants."""
    query = select(Subscription).order_by(Subscription.user_id, Subscription.path)
    if how:
        query = query.where(Subscription.how.in_(how))
    if user_id:
        query = query.where(Subscription.user_id == user_id)
    return list(session.scalars(query))


def subscription(session: Session, user_id: str, path: str, how: str) -> Subscription | None:
    """One wish to be told."""
    return session.get(Subscription, (user_id, path, how))


def remove(session: Session, row: Watch | Quiet | AlarmRule | Subscription) -> None:
    """Delete a row."""
    session.delete(row)


def _parts(values: Sequence[T]) -> Iterator[list[T]]:
    left = iter(values)
    while part := list(islice(left, _AT_ONCE)):
        yield part
