"""SQL of rooms, agents, claims, desired state, history and calls for help."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, case, delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from fleet.classrooms.models import Agent, ClaimToken, Desired, DesiredChange, Event, HelpCall, Room
from fleet.classrooms.standing import HEARD, standing
from fleet.db.folding import has
from fleet.db.paths import within


def rooms(session: Session, prefixes: Sequence[str]) -> list[Room]:
    """The rooms in these subtrees by name."""
    query = select(Room).where(within(Room.path, prefixes))
    return list(session.scalars(query.order_by(Room.name, Room.id)))


def rooms_of_unit(session: Session, unit_id: str) -> list[Room]:
    """The rooms of one organisation, without those below it."""
    return list(session.scalars(select(Room).where(Room.unit_id == unit_id).order_by(Room.id)))


def rooms_by_unit(session: Session, unit_ids: Sequence[str]) -> dict[str, list[Room]]:
    """The rooms of some units, without those below them, by unit and then by name."""
    found: dict[str, list[Room]] = {}
    for some in _batches(unit_ids):
        query = select(Room).where(Room.unit_id.in_(some)).order_by(Room.name, Room.id)
        for room in session.scalars(query):
            found.setdefault(room.unit_id, []).append(room)
    return found


def standing_with(
    *, presence: str | None = None, trouble: str | None = None
) -> str | ColumnElement[str]:
    """How a room stands with one of these changed, reckoned by the database when it writes.

    What is not given counts as it is then: somebody else may just be changing it, and this
    transaction have read it before.
    """
    if presence is not None:
        fine, bad = standing(presence, ""), standing(presence, "critical")
        return fine if fine == bad else case((Room.trouble == "", fine), else_=bad)
    worst = trouble or ""
    ways = {one: standing(one, worst) for one in ("none", *sorted(HEARD))}
    return case(ways, value=Room.presence, else_=standing("lost", worst))


def room_named(session: Session, unit_id: str, name: str) -> Room | None:
    """A room of a unit by its name."""
    query = select(Room).where(Room.unit_id == unit_id, Room.name == name).order_by(Room.id)
    return session.scalars(query).first()


def rooms_below(
    session: Session, unit_id: str, text: str, after: tuple[str, str] | None, limit: int
) -> list[Room]:
    """Some rooms of a unit with `text` in their names, by name, from behind a name and an id."""
    query = select(Room).where(Room.unit_id == unit_id)
    if text:
        query = query.where(has(Room.name, text))
    if after is not None:
        query = query.where(tuple_(Room.name, Room.id) > after)
    return list(session.scalars(query.order_by(Room.name, Room.id).limit(limit)))


def desired_states(session: Session, room_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What is wanted of some rooms, where something is, by room."""
    found: dict[str, dict[str, Any]] = {}
    for some in _batches(room_ids):
        query = select(Desired.room_id, Desired.state).where(Desired.room_id.in_(some))
        found.update({row[0]: row[1] for row in session.execute(query)})
    return found


def lock_desired(session: Session, room_ids: Sequence[str]) -> dict[str, Desired]:
    """What is wanted of some rooms, locked until the transaction ends, always in order of id."""
    found: dict[str, Desired] = {}
    for some in _batches(sorted(room_ids)):
        query = select(Desired).where(Desired.room_id.in_(some)).order_by(Desired.room_id)
        locked = query.with_for_update().execution_options(populate_existing=True)
        found.update({row.room_id: row for row in session.scalars(locked)})
    return found


OF_A_ROOM = frozenset(
    {Desired.__tablename__, ClaimToken.__tablename__, DesiredChange.__tablename__}
)
"""Tables with what a room has from the beginning; it may go with it."""


def last_changes(session: Session, room_ids: Sequence[str]) -> dict[str, dict[str, DesiredChange]]:
    """The newest change of each key of some rooms, by room and key."""
    found: dict[str, dict[str, DesiredChange]] = {}
    for some in _batches(room_ids):
        newest = (
            select(func.max(DesiredChange.id))
            .where(DesiredChange.room_id.in_(some))
            .group_by(DesiredChange.room_id, DesiredChange.key)
        )
        for row in session.scalars(select(DesiredChange).where(DesiredChange.id.in_(newest))):
            found.setdefault(row.room_id, {})[row.key] = row
    return found


def batch_changes(
    session: Session, batch: str, prefixes: Sequence[str]
) -> list[tuple[DesiredChange, Room]]:
    """The changes of a batch in these subtrees, by the names of rooms."""
    query = (
        select(DesiredChange, Room)
        .join(Room, Room.id == DesiredChange.room_id)
        .where(DesiredChange.batch == batch, within(Room.path, prefixes))
        .order_by(Room.name, Room.id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def remove_room(session: Session, room: Room) -> None:
    """Delete a room and what it has from the beginning."""
    for table in (Desired, ClaimToken, DesiredChange):
        session.execute(delete(table).where(table.room_id == room.id))
    session.delete(room)
    session.flush()


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), 500):
        yield ids[start : start + 500]


def room_of_agent(session: Session, agent_id: str) -> Room | None:
    """The room an agent stands in, revoked or not."""
    query = select(Room).join(Agent, Agent.room_id == Room.id).where(Agent.id == agent_id)
    return session.scalars(query).first()


def agent_of_room(session: Session, room_id: str) -> Agent | None:
    """The room's agent that is not revoked."""
    query = select(Agent).where(Agent.room_id == room_id, Agent.revoked_at.is_(None))
    return session.scalars(query.order_by(Agent.enrolled_at.desc())).first()


def agents_in_service(session: Session) -> list[Agent]:
    """Every agent that is not revoked."""
    return list(session.scalars(select(Agent).where(Agent.revoked_at.is_(None))))


def lock_agents(session: Session, ids: Iterable[str]) -> dict[str, Agent]:
    """These agents, locked until the transaction ends, so that one writer at a time counts them.

    Always in order of id, so that two batches never wait for each other. Rows that name an agent,
    such as an order to be sent, are written meanwhile: they take agents in another order.
    """
    wanted = sorted(set(ids))
    query = select(Agent).where(Agent.id.in_(wanted)).order_by(Agent.id)
    locked = query.with_for_update(key_share=True)
    return {agent.id: agent for agent in session.scalars(locked)}


def rooms_of_agents(session: Session, agents: Iterable[Agent]) -> list[Room]:
    """The rooms of these agents: whoever holds the list is not asked for each of them again."""
    wanted = sorted({agent.room_id for agent in agents})
    return list(session.scalars(select(Room).where(Room.id.in_(wanted)).order_by(Room.id)))


def revoked_agents(session: Session) -> list[Agent]:
    """Agents that must not come back, newest first."""
    query = select(Agent).where(Agent.revoked_at.is_not(None))
    return list(session.scalars(query.order_by(Agent.revoked_at.desc())))


def uncut_agents(session: Session) -> list[str]:
    """Ids of revoked agents that the broker has not been told of."""
    query = select(Agent.id).where(Agent.revoked_at.is_not(None), Agent.cut_at.is_(None))
    return list(session.scalars(query))


def mark_cut(session: Session, ids: Iterable[str], now: datetime) -> None:
    """The broker refuses these agents since `now`."""
    session.execute(update(Agent).where(Agent.id.in_(list(ids))).values(cut_at=now))


def use_claim(session: Session, digest: str, now: datetime) -> bool:
    """Use up a claim; of two who try at once exactly one succeeds."""
    result = session.execute(
        update(ClaimToken)
        .where(
            ClaimToken.hash == digest,
            ClaimToken.used_at.is_(None),
            ClaimToken.expires_at > now,
        )
        .values(used_at=now)
    )
    return isinstance(result, CursorResult) and result.rowcount == 1


def due_desired(session: Session, limit: int) -> list[tuple[Desired, str]]:
    """Desired states not yet published, each with the agent it is for."""
    query = (
        select(Desired, Agent.id)
        .join(Agent, Agent.room_id == Desired.room_id)
        .where(Desired.published_version != Desired.version, Agent.revoked_at.is_(None))
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def mark_published(session: Session, room_id: str, version: int) -> None:
    """The broker holds this version; a newer one stays due."""
    session.execute(
        update(Desired).where(Desired.room_id == room_id).values(published_version=version)
    )


def events(session: Session, room_id: str, limit: int, without: Iterable[str]) -> list[Event]:
    """The newest events of a room, without those of some types."""
    query = select(Event).where(Event.room_id == room_id, Event.type.not_in(list(without)))
    return list(session.scalars(query.order_by(Event.time.desc(), Event.id.desc()).limit(limit)))


def help_call(session: Session, agent_id: str, message_id: str) -> HelpCall | None:
    """The call that a message made."""
    query = select(HelpCall).where(HelpCall.agent_id == agent_id, HelpCall.message_id == message_id)
    return session.scalars(query).first()


def add_help_call(session: Session, row: HelpCall) -> None:
    """A new call."""
    session.add(row)
    session.flush()


def help_call_of_room(session: Session, room_id: str, call_id: str) -> HelpCall | None:
    """One call of a room, to be changed."""
    query = select(HelpCall).where(HelpCall.room_id == room_id, HelpCall.id == call_id)
    return session.scalars(query.with_for_update()).first()


def open_help_calls(session: Session, room_id: str | None = None) -> list[HelpCall]:
    """Calls that nobody has answered, of a room or of all, the oldest first."""
    query = select(HelpCall).where(HelpCall.answered_at.is_(None))
    if room_id is not None:
        query = query.where(HelpCall.room_id == room_id)
    return list(session.scalars(query.order_by(HelpCall.called_at, HelpCall.id)))
