"""JSON routes of orders, for staff and their programs."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import FileResponse

from fleet.audit import service as audit
from fleet.auth.deps import Signed, require
from fleet.classrooms import service as classrooms
from fleet.db import Session
from fleet.db.requests import ReadSession, WriteSession
from fleet.desk.board.deps import board
from fleet.desk.orders import giving
from fleet.desk.orders.schemas import CancelledOut, OrderIn, OrderOut, OrderPage, State, TargetOut
from fleet.errors import NotFound, Refused
from fleet.orders import service
from fleet.orders.models import RoomOrder
from fleet.web.deps import Now
from fleet.web.language import gettext as _

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Orderer = Annotated[Signed, Depends(require("rooms.order"))]
Looker = Annotated[Signed, Depends(require("rooms.look"))]
Limit = Annotated[int, Query(ge=1, le=500)]
After = Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9-]*$")]


@router.post("", status_code=201)
def give(
    request: Request, given: OrderIn, signed: Orderer, session: WriteSession, now: Now
) -> OrderOut:
    """Give an order to rooms. It is sent at once; ask for the order to see what became of it."""
    if (given.rooms is None) == (given.filter is None):
        raise Refused(_("Name rooms, or give a filter."), field="rooms")
    ids = given.rooms
    if ids is None and given.filter is not None:
        snapshot, wanted = board(request).current(now), given.filter.filters()
        ids = [row.id for row in giving.chosen(session, snapshot, signed, wanted)]
    made = giving.give(request, session, signed, given.asked(), ids or [], now)
    return _out(session, made, signed)


@router.get("")
def orders(signed: Viewer, session: ReadSession, limit: Limit = 50) -> list[OrderOut]:
    """The newest orders, with the rooms that one may see."""
    return [OrderOut.of(one) for one in service.newest(session, signed.reach("staff.see"), limit)]


@router.get("/{order_id}")
def order(
    order_id: str,
    signed: Viewer,
    session: ReadSession,
    state: Annotated[list[State] | None, Query(max_length=10)] = None,
    after: After = "",
    limit: Limit = 100,
) -> OrderPage:
    """An order and what became of it in each room, a page at a time."""
    reach = signed.reach("staff.see")
    seen = service.seen(session, order_id, reach)
    rows, following = service.targets(
        session, order_id, reach, states=state or (), after=after, limit=limit
    )
    targets = [TargetOut.of(target, room) for target, room in rows]
    return OrderPage(**OrderOut.of(seen).model_dump(), targets=targets, next=following)


@router.post("/{order_id}/retry", status_code=201)
def retry(order_id: str, signed: Orderer, session: WriteSession, now: Now) -> OrderOut:
    """Give it again, as a new order, to the rooms in which it came to nothing."""
    return _out(session, giving.again(session, signed, order_id, now), signed)


@router.post("/{order_id}/over", status_code=201)
def over(order_id: str, signed: Orderer, session: WriteSession, now: Now) -> OrderOut:
    """End an emergency message: each room shows what it showed before."""
    return _out(session, giving.over(session, signed, order_id, now), signed)


@router.post("/{order_id}/cancel")
def cancel(order_id: str, signed: Orderer, session: WriteSession, now: Now) -> CancelledOut:
    """Withdraw it where it has not been sent."""
    return CancelledOut(cancelled=giving.cancel(session, signed, order_id, now))


@router.get("/{order_id}/targets/{target_id}/file", response_class=FileResponse)
def file(
    request: Request,
    order_id: str,
    target_id: str,
    signed: Looker,
    session: WriteSession,
    now: Now,
) -> FileResponse:
    """The file that a room sent for an order."""
    target = service.target(session, target_id)
    if target.order_id != order_id or not target.file_key:
        raise NotFound(_("There is no such thing, or you may not see it."))
    _note(session, signed, target.id, classrooms.room(session, target.room_id).path, now)
    path = request.app.state.files.path(target.file_key)
    if not path.is_file():
        raise NotFound(_("There is no such thing, or you may not see it."))
    headers = {"x-content-type-options": "nosniff", "cache-control": "no-store"}
    name = f"{target.id}{path.suffix}"
    return FileResponse(
        path,
        media_type=target.file_type,
        filename=name,
        content_disposition_type="attachment",
        headers=headers,
    )


def _note(session: Session, signed: Signed, target: str, path: str, now: datetime) -> None:
    audit.record(
        session,
        actor=signed.user_id,
        action="media.access",
        target=target,
        detail={"of": "order"},
        path=path,
        now=now,
    )


def _out(session: Session, made: RoomOrder, signed: Signed) -> OrderOut:
    return OrderOut.of(service.seen(session, made.id, signed.reach("rooms.order")))
