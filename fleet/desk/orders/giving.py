"""Choosing rooms and giving them orders, in the name of somebody who may, with a trace."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import Request

from fleet.audit import service as audit
from fleet.audit.service import Deed
from fleet.auth.deps import Signed, check
from fleet.auth.rules import Permission
from fleet.classrooms.models import Room
from fleet.db import Session
from fleet.desk.board import Snapshot
from fleet.desk.rooms import service as lists
from fleet.desk.rooms.filters import Filters, Key
from fleet.desk.rooms.repository import Row
from fleet.errors import Forbidden, Refused
from fleet.orders import repository
from fleet.orders import service as orders
from fleet.orders.models import RoomOrder
from fleet.orders.service import MOST_ROOMS, Asked
from fleet.web.language import gettext as _

_PAGE = 1000
_NAMED = 10
_LISTED = 50


def chosen(
    session: Session,
    snapshot: Snapshot,
    signed: Signed,
    wanted: Filters,
    permission: Permission = "rooms.order",
) -> list[Row]:
    """The rooms that fit a filter and that somebody may give orders to, or do something else in.

    Raises:
        NotFound: there is no such unit within their reach.
        Refused: they are too many for one order.
    """
    found: list[Row] = []
    after: Key | None = None
    reach = signed.reach(permission)
    while True:
        page = lists.listed(session, snapshot, reach, wanted, after, _PAGE)
        found += page.rows
        if len(found) > MOST_ROOMS:
            text = _("At most %(most)s rooms at once: choose fewer.", most=MOST_ROOMS)
            raise Refused(text, field="filter")
        if page.next is None:
            return found
        after = page.next


def give(
    request: Request,
    session: Session,
    signed: Signed,
    asked: Asked,
    room_ids: Sequence[str],
    now: datetime,
) -> RoomOrder:
    """Give an order, if they may in each of the rooms.

    Raises:
        NotFound: one of the rooms is not there, or not for them.
        Forbidden: they may not in some rooms, which the text names.
        Refused: see `orders.service.give`.
    """
    rooms = repository.rooms(session, list(dict.fromkeys(room_ids)))
    _check(request, signed, rooms)
    made = orders.give(session, asked, room_ids, by=signed.user_id, now=now)
    record(session, signed, "order.given", made, rooms, now)
    return made


def again(session: Session, signed: Signed, order_id: str, now: datetime) -> RoomOrder:
    """Try again what came to nothing in rooms that they may give orders to."""
    reach = signed.reach("rooms.order")
    made = orders.again(session, order_id, reach, by=signed.user_id, now=now)
    record(session, signed, "order.repeated", made, _rooms(session, made, reach), now)
    return made


def over(session: Session, signed: Signed, order_id: str, now: datetime) -> RoomOrder:
    """End an emergency message in the rooms that they may give orders to."""
    reach = signed.reach("rooms.order")
    made = orders.over(session, order_id, reach, by=signed.user_id, now=now)
    record(session, signed, "order.ended", made, _rooms(session, made, reach), now)
    return made


def cancel(session: Session, signed: Signed, order_id: str, now: datetime) -> int:
    """Withdraw an order where it has not been sent."""
    reach = signed.reach("rooms.order")
    order = orders.seen(session, order_id, reach).order
    count = orders.cancel(session, order_id, reach)
    record(session, signed, "order.cancelled", order, _rooms(session, order, reach), now)
    return count


def record(
    session: Session,
    signed: Signed,
    action: str,
    order: RoomOrder,
    rooms: Sequence[Room],
    now: datetime,
) -> None:
    """A row of the audit trail for each unit with rooms of this order, so that each can read it."""
    by_path: dict[str, list[Room]] = {}
    for room in rooms:
        by_path.setdefault(room.path, []).append(room)
    deeds = [
        Deed(
            action,
            order.id,
            {
                "order": order.kind,
                "args": order.args,
                "rooms": len(here),
                "room_ids": [room.id for room in here[:_LISTED]],
                "not_after": order.not_after.isoformat(),
            },
            path,
        )
        for path, here in sorted(by_path.items())
    ]
    audit.record_all(session, deeds, actor=signed.user_id, now=now)


def _rooms(session: Session, order: RoomOrder, reach: Sequence[str]) -> list[Room]:
    return [room for _target, room in repository.targets(session, order.id, reach)]


def _check(request: Request, signed: Signed, rooms: Sequence[Room]) -> None:
    refused = []
    for room in rooms:
        try:
            check(request, signed, "rooms.order", room.path)
        except Forbidden:
            refused.append(room.name)
    if refused:
        named = ", ".join(refused[:_NAMED]) + (" …" if len(refused) > _NAMED else "")
        text = _("You may not give orders to these rooms: %(rooms)s", rooms=named)
        raise Forbidden(text, field="rooms")
