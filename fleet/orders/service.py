"""Orders: given to rooms, tried again, withdrawn, and what the rooms say to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fleet.classrooms.models import Agent, Room
from fleet.db import Session, new_id, publish
from fleet.errors import Conflict, NotFound, Refused
from fleet.orders import catalogue, repository
from fleet.orders.events import OrderSettled, OrdersQueued
from fleet.orders.models import OrderTarget, RoomOrder
from fleet.orders.rules import GRACE, TRY_AGAIN
from fleet.web.language import gettext as _

MOST_ROOMS = 5000
SHORTEST, LONGEST = timedelta(seconds=5), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants of some rooms.

    Attributes:
        kind, args: see `orders.catalogue`.
        seconds: until it is too late; None is the kind's own.
    """

    kind: str
    args: Mapping[str, Any]
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """An order, and how many of the rooms that somebody may see are in which state."""

    order: RoomOrder
    counts: Mapping[str, int]

    @property
    def rooms(self) -> int:
        """Of how many rooms."""
        return sum(self.counts.values())


def give(
    session: Session,
    asked: Asked,
    room_ids: Sequence[str],
    *,
    by: str,
    now: datetime,
    again_of: RoomOrder | None = None,
    ends: RoomOrder | None = None,
) -> RoomOrder:
    """Give an order to rooms, each once. Whoever calls has checked that `by` may.

    What cannot even be sent has failed at once, and says why: a room without a PC, or a PC to be
    woken that nobody can wake.

    Raises:
        Refused: the order makes no sense, or there are no rooms, or too many.
        NotFound: one of the rooms is not there.
    """
    told = catalogue.told(asked.kind, asked.args)
    not_after = now + _life(asked)
    wanted = list(dict.fromkeys(room_ids))
    if not wanted:
        raise Refused(_("Choose at least one room."), field="rooms")
    if len(wanted) > MOST_ROOMS:
        raise Refused(_("At most %(most)s rooms at once.", most=MOST_ROOMS), field="rooms")
    rooms = repository.rooms(session, wanted)
    if missing := set(wanted) - {room.id for room in rooms}:
        raise NotFound(_("There is no room %(room)s.", room=min(missing)), field="rooms")
    order = RoomOrder(
        id=new_id(),
        kind=asked.kind,
        name=told.name,
        args=told.args,
        by=by,
        at=now,
        not_after=not_after,
        again_of=again_of.id if again_of else None,
        ends=ends.id if ends else None,
    )
    agents = repository.agents(session, wanted)
    awake = repository.neighbours(session, rooms) if asked.kind == "wake" else {}
    targets = [_target(order, room, agents.get(room.id), awake) for room in rooms]
    repository.add(session, order, targets)
    publish(session, OrdersQueued())
    return order


def check(asked: Asked) -> None:
    """Whether an order makes sense, before anybody is told.

    Raises:
        Refused: it does not; `field` names what is wrong.
    """
    catalogue.told(asked.kind, asked.args)
    _life(asked)


def _life(asked: Asked) -> timedelta:
    kind = catalogue.KINDS[asked.kind]
    life = timedelta(seconds=kind.seconds if asked.seconds is None else asked.seconds)
    if not SHORTEST <= life <= LONGEST:
        raise Refused(_("An order is good for 5 seconds to 7 days."), field="seconds")
    return life


def _target(
    order: RoomOrder,
    room: Room,
    agent: Agent | None,
    awake: Mapping[tuple[str, str], Sequence[str]],
) -> OrderTarget:
    target = OrderTarget(
        id=new_id(),
        order_id=order.id,
        room_id=room.id,
        state="queued",
        why="",
        at=order.at,
        not_after=order.not_after,
    )
    if agent is None:
        target.state, target.why = "failed", "This room has no PC yet."
    elif order.kind == "wake":
        _let_wake(target, room, agent, awake)
    return target


def _let_wake(
    target: OrderTarget,
    room: Room,
    agent: Agent,
    awake: Mapping[tuple[str, str], Sequence[str]],
) -> None:
    """Find who can wake a room's PC, or say why nobody can."""
    macs = (agent.description or {}).get("macs") or ()
    others = [one for one in awake.get((room.unit_id, room.uplink), ()) if one != room.id]
    if agent.presence == "ready":
        target.state, target.why = "done", "It is awake."
    elif not macs:
        target.state = "failed"
        target.why = "The address of this PC's network card is not known."
    elif not others:
        target.state = "failed"
        target.why = "No other PC of the same network is awake to wake it."
    else:
        target.via_room_id, target.args = others[0], {"mac": macs[0]}


def seen(session: Session, order_id: str, reach: Sequence[str]) -> Seen:
    """An order as somebody may see it: with the rooms that they may see.

    Raises:
        NotFound: there is none, or it has no such room.
    """
    found = repository.order(session, order_id)
    counts = repository.counts(session, [order_id], reach).get(order_id)
    if found is None or not counts:
        raise NotFound(_("There is no such thing, or you may not see it."))
    return Seen(found, counts)


def newest(session: Session, reach: Sequence[str], limit: int = 50) -> list[Seen]:
    """The newest orders that somebody may see."""
    return _counted(session, repository.newest(session, reach, limit), reach)


def emergencies(session: Session, reach: Sequence[str]) -> list[Seen]:
    """Emergency messages that are not over."""
    return _counted(session, repository.open_emergencies(session, reach, 20), reach)


def _counted(session: Session, orders: list[RoomOrder], reach: Sequence[str]) -> list[Seen]:
    counts = repository.counts(session, [one.id for one in orders], reach)
    return [Seen(one, counts.get(one.id, {})) for one in orders]


def endings(session: Session, order_id: str) -> list[RoomOrder]:
    """The orders that ended this one, the newest first."""
    return repository.endings(session, order_id)


def stands(session: Session, order_id: str, reach: Sequence[str]) -> bool:
    """Whether an emergency message may still be shown in a room of somebody's."""
    return bool(repository.not_ended(session, order_id, reach))


def targets(
    session: Session,
    order_id: str,
    reach: Sequence[str],
    *,
    states: Iterable[str] = (),
    after: str = "",
    limit: int = 100,
) -> tuple[list[tuple[OrderTarget, Room]], str]:
    """A page of an order's rooms by name, and where the next one begins; empty after the last."""
    behind = None
    if after:
        found = repository.target(session, after)
        if found is None:
            raise Refused(_("There is no such page."), field="after")
        room = session.get_one(Room, found.room_id)
        behind = (room.name, found.id)
    rows = repository.targets(
        session, order_id, reach, states=states, after=behind, limit=limit + 1
    )
    return rows[:limit], rows[limit - 1][0].id if len(rows) > limit else ""


def worst(
    session: Session, order_id: str, reach: Sequence[str], limit: int
) -> list[tuple[OrderTarget, Room]]:
    """Some of an order's rooms, what needs somebody first."""
    return repository.worst(session, order_id, reach, limit)


def of_room(session: Session, room_id: str, limit: int = 10) -> list[tuple[OrderTarget, RoomOrder]]:
    """The newest orders of a room."""
    return repository.of_room(session, room_id, limit)


def pictures(session: Session, room_id: str, limit: int = 3) -> list[OrderTarget]:
    """Orders for which a room has sent a picture of what it shows, the newest first."""
    return repository.pictures(session, room_id, limit)


def target(session: Session, target_id: str) -> OrderTarget:
    """An order in one room.

    Raises:
        NotFound: there is none.
    """
    found = repository.target(session, target_id)
    if found is None:
        raise NotFound(_("There is no such thing, or you may not see it."))
    return found


def again(
    session: Session, order_id: str, reach: Sequence[str], *, by: str, now: datetime
) -> RoomOrder:
    """Give the same order again to the rooms in which it came to nothing, each once.

    Raises:
        NotFound: there is no such order.
        Conflict: there is nothing to try again.
    """
    repository.lock(session, order_id)
    before = seen(session, order_id, reach).order
    rows = repository.take(session, order_id, reach, TRY_AGAIN)
    failed = [one for one in rows if one.again_id is None]
    if not failed:
        raise Conflict(_("There is no room in which this order has to be tried again."))
    asked = Asked(before.kind, _as_asked(before), _seconds(before))
    ends = repository.order(session, before.ends) if before.ends else None
    rooms = [one.room_id for one in failed]
    made = give(session, asked, rooms, by=by, now=now, again_of=before, ends=ends)
    for one in failed:
        one.again_id = made.id
    return made


def over(
    session: Session, order_id: str, reach: Sequence[str], *, by: str, now: datetime
) -> RoomOrder:
    """End an emergency message in every room that was told it, whatever became of it there.

    Raises:
        NotFound: there is no such order.
        Conflict: it is no emergency message, or is over already in all of these rooms.
    """
    repository.lock(session, order_id)
    before = seen(session, order_id, reach).order
    if before.kind != "emergency":
        raise Conflict(_("Only an emergency message can be over."))
    cancel(session, order_id, reach)
    rooms = [one.room_id for one, _room in repository.not_ended(session, order_id, reach)]
    if not rooms:
        raise Conflict(_("This message is over already in all of your rooms."))
    return give(session, Asked("over", {}), rooms, by=by, now=now, ends=before)


def cancel(session: Session, order_id: str, reach: Sequence[str]) -> int:
    """Withdraw an order where it has not been sent; returns in how many rooms."""
    seen(session, order_id, reach)
    count = 0
    for one in repository.take(session, order_id, reach, ["queued"]):
        if one.claimed_until is None:
            one.state = "cancelled"
            count += 1
    session.flush()
    return count


def sweep(session: Session, now: datetime) -> int:
    """Say of orders that are too late that they are; returns of how many."""
    late = repository.late(session, now, now - GRACE)
    for order, room, kind, state, why in late:
        publish(session, OrderSettled(order, room, kind, state, why, now))
    return len(late)


def _seconds(order: RoomOrder) -> int:
    return int((order.not_after - order.at).total_seconds())


def _as_asked(order: RoomOrder) -> dict[str, Any]:
    """The arguments as somebody would give them to make the same order."""
    args = dict(order.args)
    if order.name == "device":
        args.pop("command", None)
        args.update(args.pop("arguments", {}))
    if order.name == "scene":
        args.pop("scene", None)
    if catalogue.KINDS[order.kind].interrupts and not args.get("force"):
        args.setdefault("wait", False)
    return args
