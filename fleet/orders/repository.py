"""SQL of orders.

What rooms answer is locked row by row, in the order in which it comes, until a whole batch is
stored. Whatever else changes several targets leaves those that are locked, and so never waits
while it holds others: neither can wait for the other for ever.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from fleet.classrooms.models import Agent, Room
from fleet.db.paths import within
from fleet.orders.models import OrderTarget, RoomOrder
from fleet.orders.rules import STATES, UNDER_WAY


def add(session: Session, order: RoomOrder, targets: Sequence[OrderTarget]) -> None:
    """A new order."""
    session.add(order)
    session.flush()
    session.add_all(targets)
    session.flush()


def rooms(session: Session, ids: Sequence[str]) -> list[Room]:
    """These rooms, by name."""
    found: list[Room] = []
    for some in _batches(ids):
        found += session.scalars(select(Room).where(Room.id.in_(some)))
    return sorted(found, key=lambda room: (room.name, room.id))


def agents(session: Session, ids: Sequence[str]) -> dict[str, Agent]:
    """The agents in service of these rooms, by room."""
    found: dict[str, Agent] = {}
    for some in _batches(ids):
        query = select(Agent).where(Agent.room_id.in_(some), Agent.revoked_at.is_(None))
        found |= {agent.room_id: agent for agent in session.scalars(query)}
    return found


def neighbours(session: Session, rooms_asleep: Sequence[Room]) -> dict[tuple[str, str], list[str]]:
    """Rooms with an agent that is awake, by unit and uplink, of the units of these rooms."""
    units = sorted({room.unit_id for room in rooms_asleep})
    found: dict[tuple[str, str], list[str]] = {}
    for some in _batches(units):
        query = (
            select(Room.unit_id, Room.uplink, Room.id)
            .join(Agent, Agent.room_id == Room.id)
            .where(Room.unit_id.in_(some), Agent.revoked_at.is_(None), Agent.presence == "ready")
            .order_by(Room.id)
        )
        for unit, uplink, room in session.execute(query):
            found.setdefault((unit, uplink), []).append(room)
    return found


def any_due(session: Session, now: datetime) -> bool:
    """Whether anything may have to be sent: asked often, and without a lock."""
    query = select(OrderTarget.id).where(
        OrderTarget.state == "queued",
        OrderTarget.not_after > now,
        or_(OrderTarget.claimed_until.is_(None), OrderTarget.claimed_until <= now),
    )
    return session.scalars(query.limit(1)).first() is not None


def claim(
    session: Session, now: datetime, until: datetime, limit: int
) -> list[tuple[OrderTarget, RoomOrder]]:
    """Take the next targets to be sent, in order; nobody else sends them before `until`.

    Each has the agent that it is for; what is for a room without one is left.
    """
    query = (
        select(OrderTarget, RoomOrder, Agent.id)
        .join(RoomOrder, RoomOrder.id == OrderTarget.order_id)
        .join(Agent, Agent.room_id == func.coalesce(OrderTarget.via_room_id, OrderTarget.room_id))
        .where(
            OrderTarget.state == "queued",
            OrderTarget.not_after > now,
            or_(OrderTarget.claimed_until.is_(None), OrderTarget.claimed_until <= now),
            Agent.revoked_at.is_(None),
        )
        .order_by(OrderTarget.at, OrderTarget.id)
        .limit(limit)
        .with_for_update(of=OrderTarget, skip_locked=True)
    )
    found = []
    for target, order, agent in session.execute(query):
        target.claimed_until, target.agent_id = until, agent
        found.append((target, order))
    session.flush()
    return found


def mark_sent(session: Session, ids: Iterable[str], now: datetime) -> None:
    """The broker has them; what was answered meanwhile, or just now is, stays as it is."""
    for some in _batches(list(ids)):
        session.execute(
            update(OrderTarget)
            .where(_free(OrderTarget.id.in_(some), OrderTarget.state == "queued"))
            .values(state="sent", sent_at=now, claimed_until=None)
            .execution_options(synchronize_session=False)
        )


def _free(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The targets of which all this is so and which nobody else has locked; they are now."""
    query = select(OrderTarget.id).where(*conditions).with_for_update(skip_locked=True)
    return OrderTarget.id.in_(query)


def send_again(session: Session, room_id: str) -> int:
    """Queue once more what a room was sent and has not answered; it knows orders by their ids."""
    to = func.coalesce(OrderTarget.via_room_id, OrderTarget.room_id) == room_id
    near = or_(OrderTarget.room_id == room_id, OrderTarget.via_room_id == room_id)
    found: Any = session.execute(
        update(OrderTarget)
        .where(near, to, OrderTarget.state == "sent")
        .values(state="queued", claimed_until=None)
        .execution_options(synchronize_session=False)
    )
    return int(found.rowcount)


def late(
    session: Session, now: datetime, sent_before: datetime
) -> list[tuple[str, str, str, str, str]]:
    """Say of what is over that it is over; order, room, kind, state and why of each.

    What is answered this very moment is left for the next time.
    """
    never = session.execute(
        update(OrderTarget)
        .where(_free(OrderTarget.state == "queued", OrderTarget.not_after <= now))
        .values(state="expired", claimed_until=None)
        .returning(OrderTarget.id)
        .execution_options(synchronize_session=False)
    )
    silent = session.execute(
        update(OrderTarget)
        .where(_free(OrderTarget.state.in_(UNDER_WAY), OrderTarget.not_after <= sent_before))
        .values(state="unanswered")
        .returning(OrderTarget.id)
        .execution_options(synchronize_session=False)
    )
    found: list[tuple[str, str, str, str, str]] = []
    for some in _batches([*never.scalars(), *silent.scalars()]):
        query = (
            select(
                OrderTarget.order_id,
                OrderTarget.room_id,
                RoomOrder.kind,
                OrderTarget.state,
                OrderTarget.why,
            )
            .join(RoomOrder, RoomOrder.id == OrderTarget.order_id)
            .where(OrderTarget.id.in_(some))
        )
        found += [(row[0], row[1], row[2], row[3], row[4]) for row in session.execute(query)]
    return found


def target(session: Session, target_id: str) -> OrderTarget | None:
    """An order in one room."""
    return session.get(OrderTarget, target_id)


def lock_target(session: Session, target_id: str) -> tuple[OrderTarget, RoomOrder] | None:
    """An order in one room, which nobody else changes until the transaction ends."""
    query = (
        select(OrderTarget, RoomOrder)
        .join(RoomOrder, RoomOrder.id == OrderTarget.order_id)
        .where(OrderTarget.id == target_id)
        .with_for_update(of=OrderTarget)
        .execution_options(populate_existing=True)  # as it is now that nobody changes it
    )
    found = session.execute(query).first()
    return (found[0], found[1]) if found else None


def order(session: Session, order_id: str) -> RoomOrder | None:
    """An order."""
    return session.get(RoomOrder, order_id)


def lock(session: Session, order_id: str) -> None:
    """Let nobody else try an order again, or end it, until the transaction ends."""
    session.get(RoomOrder, order_id, with_for_update=True, populate_existing=True)


def endings(session: Session, order_id: str) -> list[RoomOrder]:
    """The orders that ended this one, the newest first."""
    query = select(RoomOrder).where(RoomOrder.ends == order_id)
    return list(session.scalars(query.order_by(RoomOrder.at.desc(), RoomOrder.id)))


def not_ended(
    session: Session, order_id: str, reach: Sequence[str]
) -> list[tuple[OrderTarget, Room]]:
    """Targets of an order in these subtrees that no order has ended."""
    query = (
        select(OrderTarget, Room)
        .join(Room, Room.id == OrderTarget.room_id)
        .where(OrderTarget.order_id == order_id, within(Room.path, reach), _stands(OrderTarget))
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def _stands(target: Any) -> ColumnElement[bool]:
    """Whether what a target was told may still be shown: sent, and ended by no other order."""
    ending, end = aliased(RoomOrder), aliased(OrderTarget)
    ended = (
        select(end.id)
        .join(ending, ending.id == end.order_id)
        .where(ending.ends == target.order_id, end.room_id == target.room_id)
    )
    never = or_(target.state == "cancelled", (target.state == "failed") & target.agent_id.is_(None))
    return ~never & ~ended.exists()


def counts(
    session: Session, order_ids: Sequence[str], reach: Sequence[str]
) -> dict[str, dict[str, int]]:
    """How many targets of orders are in which state, in these subtrees."""
    query = (
        select(OrderTarget.order_id, OrderTarget.state, func.count())
        .join(Room, Room.id == OrderTarget.room_id)
        .where(OrderTarget.order_id.in_(order_ids), within(Room.path, reach))
        .group_by(OrderTarget.order_id, OrderTarget.state)
    )
    found: dict[str, dict[str, int]] = {}
    for order_id, state, count in session.execute(query):
        found.setdefault(order_id, {})[state] = count
    return found


def take(
    session: Session, order_id: str, reach: Sequence[str], states: Iterable[str]
) -> list[OrderTarget]:
    """Targets of an order in these subtrees and states, locked until the transaction ends.

    Those that somebody else has locked are left: they are being sent or answered just now.
    """
    query = (
        select(OrderTarget)
        .join(Room, Room.id == OrderTarget.room_id)
        .where(OrderTarget.order_id == order_id, within(Room.path, reach))
        .where(OrderTarget.state.in_(list(states)))
        .order_by(Room.name, OrderTarget.id)
        .with_for_update(of=OrderTarget, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


_WORST_FIRST = case(
    {
        state: number
        for number, state in enumerate(
            ("failed", "rejected", "unanswered", "expired", "progress", "accepted", "sent")
        )
    },
    value=OrderTarget.state,
    else_=len(STATES),
)


def targets(
    session: Session,
    order_id: str,
    reach: Sequence[str],
    *,
    states: Iterable[str] = (),
    after: tuple[str, str] | None = None,
    limit: int | None = None,
) -> list[tuple[OrderTarget, Room]]:
    """Targets of an order in these subtrees by name of their rooms, behind a name and an id."""
    query = (
        select(OrderTarget, Room)
        .join(Room, Room.id == OrderTarget.room_id)
        .where(OrderTarget.order_id == order_id, within(Room.path, reach))
        .order_by(Room.name, OrderTarget.id)
        .limit(limit)
    )
    if wanted := list(states):
        query = query.where(OrderTarget.state.in_(wanted))
    if after is not None:
        query = query.where(tuple_(Room.name, OrderTarget.id) > after)
    return [(row[0], row[1]) for row in session.execute(query)]


def worst(
    session: Session, order_id: str, reach: Sequence[str], limit: int
) -> list[tuple[OrderTarget, Room]]:
    """As `targets`, what needs somebody first."""
    query = (
        select(OrderTarget, Room)
        .join(Room, Room.id == OrderTarget.room_id)
        .where(OrderTarget.order_id == order_id, within(Room.path, reach))
        .order_by(_WORST_FIRST, OrderTarget.state, Room.name, OrderTarget.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def newest(session: Session, reach: Sequence[str], limit: int) -> list[RoomOrder]:
    """The newest orders with a room in these subtrees."""
    query = select(RoomOrder)
    if "" not in reach:
        here = (
            select(OrderTarget.id)
            .join(Room, Room.id == OrderTarget.room_id)
            .where(OrderTarget.order_id == RoomOrder.id, within(Room.path, reach))
        )
        query = query.where(here.exists())
    return list(session.scalars(query.order_by(RoomOrder.at.desc(), RoomOrder.id).limit(limit)))


def open_emergencies(session: Session, reach: Sequence[str], limit: int) -> list[RoomOrder]:
    """Emergency messages that still stand in a room of these subtrees, the newest first."""
    stands = (
        select(OrderTarget.id)
        .join(Room, Room.id == OrderTarget.room_id)
        .where(OrderTarget.order_id == RoomOrder.id, within(Room.path, reach))
        .where(_stands(OrderTarget))
    )
    query = select(RoomOrder).where(RoomOrder.kind == "emergency", stands.exists())
    return list(session.scalars(query.order_by(RoomOrder.at.desc(), RoomOrder.id).limit(limit)))


def of_room(session: Session, room_id: str, limit: int) -> list[tuple[OrderTarget, RoomOrder]]:
    """The newest orders of a room."""
    query = (
        select(OrderTarget, RoomOrder)
        .join(RoomOrder, RoomOrder.id == OrderTarget.order_id)
        .where(OrderTarget.room_id == room_id)
        .order_by(OrderTarget.at.desc(), OrderTarget.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def pictures(session: Session, room_id: str, limit: int) -> list[OrderTarget]:
    """Orders for which a room has sent a picture, the newest first."""
    query = (
        select(OrderTarget)
        .where(OrderTarget.room_id == room_id, OrderTarget.file_type.startswith("image/"))
        .order_by(OrderTarget.at.desc(), OrderTarget.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[at : at + 500] for at in range(0, len(ids), 500))
