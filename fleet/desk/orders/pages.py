"""Pages of orders: given to rooms by a filter or to one room, followed, tried again, ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from fleet.auth.deps import Signed, require
from fleet.db import Session
from fleet.desk.board.deps import board
from fleet.desk.orders import giving, words
from fleet.desk.room.frame import section
from fleet.desk.rooms import filters
from fleet.desk.rooms import service as lists
from fleet.desk.rooms.filters import Filters
from fleet.devices import service as devices
from fleet.errors import FleetError
from fleet.orders import service
from fleet.orders.catalogue import KINDS, ROLES
from fleet.orders.rules import OPEN, TRY_AGAIN
from fleet.orders.service import Asked
from fleet.web.deps import Db, Now
from fleet.web.forms import Filled, whole_number
from fleet.web.render import page

router = APIRouter(prefix="/staff", include_in_schema=False)
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Orderer = Annotated[Signed, Depends(require("rooms.order"))]
SHOWN = 200
_OF_ROOM = 30
_NAMED = 20
_FLAGS = ("wait", "force")


async def _form(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=50)


Form = Annotated[FormData, Depends(_form)]


@router.get("/orders")
def orders(request: Request, db: Db, viewer: Viewer) -> Response:
    """The newest orders, and the emergencies that are not over."""
    reach = viewer.reach("staff.see")
    with db.read() as session:
        return page(
            "orders/list.html",
            scope=request.scope,
            orders=service.newest(session, reach),
            emergencies=service.emergencies(session, reach),
            words=words,
        )


@router.get("/orders/new")
def new(request: Request, db: Db, now: Now, signed: Orderer, kind: str = "ping") -> Response:
    """Choose rooms and an order; what it needs to be told depends on it."""
    wanted = filters.of(request.query_params)
    with db.read() as session:
        return _new(request, session, now, signed, wanted, kind, Filled())


@router.post("/orders")
def give(request: Request, db: Db, now: Now, signed: Orderer, form: Form) -> Response:
    """Give the order and go to where it stands."""
    values = _texts(form)
    wanted = filters.of({**values, "text": values.get("words", "")})
    kind = values.get("kind", "")
    try:
        with db.write() as session:
            asked = _asked(kind, values)
            rooms = giving.chosen(session, board(request).current(now), signed, wanted)
            ids = [one.id for one in rooms]
            made = giving.give(request, session, signed, asked, ids, now)
    except FleetError as problem:
        if problem.status in (403, 404):
            raise
        with db.read() as session:
            typed = Filled(values, problem)
            return _new(request, session, now, signed, wanted, kind, typed)
    return RedirectResponse(f"/staff/orders/{made.id}", 303)


@router.get("/orders/emergency")
def emergency(request: Request, db: Db, now: Now, signed: Orderer) -> Response:
    """The form of an emergency message."""
    with db.read() as session:
        return _emergency(request, session, now, signed, Filled(), None)


@router.post("/orders/emergency")
def give_emergency(request: Request, db: Db, now: Now, signed: Orderer, form: Form) -> Response:
    """Show what is about to be shown and where; once confirmed, show it."""
    values = _texts(form)
    wanted = filters.of({"unit": values.get("unit", "")})
    try:
        with db.write() as session:
            asked = Asked("emergency", {"text": values.get("text", "")})
            rooms = giving.chosen(session, board(request).current(now), signed, wanted)
            ids = [one.id for one in rooms]
            if values.get("confirmed") != "yes":
                service.check(asked)
                return _emergency(request, session, now, signed, Filled(values), rooms)
            made = giving.give(request, session, signed, asked, ids, now)
    except FleetError as problem:
        if problem.status in (403, 404):
            raise
        with db.read() as session:
            return _emergency(request, session, now, signed, Filled(values, problem), None)
    return RedirectResponse(f"/staff/orders/{made.id}", 303)


@router.get("/orders/{order_id}")
def order(request: Request, order_id: str, db: Db, now: Now, viewer: Viewer) -> Response:
    """Where an order stands, and in which rooms it came to what."""
    reach = viewer.reach("staff.see")
    with db.read() as session:
        seen = service.seen(session, order_id, reach)
        rows = service.worst(session, order_id, reach, SHOWN)
        return page(
            "orders/one.html",
            scope=request.scope,
            seen=seen,
            order=seen.order,
            groups=_groups(rows),
            places=board(request).current(now).units,
            shown=len(rows),
            open=sum(seen.counts.get(one, 0) for one in OPEN),
            failed=any(one.state in TRY_AGAIN and one.again_id is None for one, _room in rows),
            endings=service.endings(session, order_id),
            stands=service.stands(session, order_id, viewer.reach("rooms.order")),
            now=now,
            words=words,
        )


@router.post("/orders/{order_id}/retry")
def retry(order_id: str, db: Db, now: Now, signed: Orderer) -> Response:
    """Try again what came to nothing."""
    with db.write() as session:
        made = giving.again(session, signed, order_id, now)
    return RedirectResponse(f"/staff/orders/{made.id}", 303)


@router.post("/orders/{order_id}/over")
def over(order_id: str, db: Db, now: Now, signed: Orderer) -> Response:
    """End an emergency message everywhere."""
    with db.write() as session:
        made = giving.over(session, signed, order_id, now)
    return RedirectResponse(f"/staff/orders/{made.id}", 303)


@router.post("/orders/{order_id}/cancel")
def cancel(order_id: str, db: Db, now: Now, signed: Orderer) -> Response:
    """Withdraw it where it has not been sent."""
    with db.write() as session:
        giving.cancel(session, signed, order_id, now)
    return RedirectResponse(f"/staff/orders/{order_id}", 303)


@router.get("/rooms/{room_id}/orders")
def of_room(request: Request, room_id: str, db: Db, viewer: Viewer) -> Response:
    """A room's newest orders, and what can be ordered."""
    with db.read() as session:
        return section(
            request,
            session,
            viewer,
            room_id,
            "orders",
            orders=service.of_room(session, room_id, _OF_ROOM),
            devices=devices.devices(session, room_id),
            words=words,
        )


@router.post("/rooms/{room_id}/orders")
def give_room(
    request: Request, room_id: str, db: Db, now: Now, signed: Orderer, form: Form
) -> Response:
    """Give an order to one room, from its page."""
    values = _texts(form)
    with db.write() as session:
        asked = _asked(values.get("kind", ""), values)
        made = giving.give(request, session, signed, asked, [room_id], now)
    return RedirectResponse(f"/staff/orders/{made.id}", 303)


def _texts(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _asked(kind: str, values: Mapping[str, str]) -> Asked:
    """What a form asks for: of its fields those that this order knows."""
    known = KINDS.get(kind)
    args: dict[str, Any] = {
        name: values[f"arg_{name}"]
        for name in (known.arguments if known else ())
        if values.get(f"arg_{name}")
    }
    if known and known.interrupts:
        args |= {name: values.get("lesson", "") == name for name in _FLAGS}
    minutes = values.get("minutes", "")
    seconds = whole_number(minutes, "minutes") * 60 if minutes else None
    return Asked(kind, args, seconds)


@dataclass(frozen=True, slots=True)
class _Group:
    state: str
    rows: list[Any]


def _groups(rows: list[Any]) -> list[_Group]:
    """Rows by state; they come so sorted."""
    found: list[_Group] = []
    for row in rows:
        if not found or found[-1].state != row[0].state:
            found.append(_Group(row[0].state, []))
        found[-1].rows.append(row)
    return found


def _new(
    request: Request,
    session: Session,
    now: datetime,
    signed: Signed,
    wanted: Filters,
    kind: str,
    form: Filled,
) -> Response:
    snapshot = board(request).current(now)
    kind = kind if kind in KINDS and kind not in ("emergency", "over") else "ping"
    problem, rooms = form.problem, []
    try:
        rooms = giving.chosen(session, snapshot, signed, wanted)
    except FleetError as error:
        if error.status == 404:  # another place than theirs
            raise
        problem = problem or error
    return page(
        "orders/new.html",
        scope=request.scope,
        status=problem.status if problem else 200,
        form=Filled(form.values, problem),
        wanted=wanted,
        rooms=len(rooms),
        dark=sum(one.presence != "ready" for one in rooms),
        named=rooms[:_NAMED],
        places=snapshot.units,
        units=_units(request, signed, now),
        choices=lists.choices(session, snapshot, signed.reach("rooms.order")),
        standings=filters.STANDINGS,
        kind=kind,
        asks=KINDS[kind],
        roles=ROLES,
        words=words,
    )


def _emergency(
    request: Request,
    session: Session,
    now: datetime,
    signed: Signed,
    form: Filled,
    rooms: list[Any] | None,
) -> Response:
    return page(
        "orders/emergency.html",
        scope=request.scope,
        status=form.problem.status if form.problem else 200,
        form=form,
        rooms=rooms,
        dark=sum(one.presence != "ready" for one in rooms or ()),
        units=_units(request, signed, now),
        emergencies=service.emergencies(session, signed.reach("rooms.order")),
        words=words,
    )


def _units(request: Request, signed: Signed, now: datetime) -> list[tuple[str, str]]:
    """Units in which they may give orders, as a choice; the first is all of them."""
    snapshot = board(request).current(now)
    return [
        (one.id, " › ".join(above.name for above in snapshot.above(one.path, ("",))))
        for one in snapshot.units.values()
        if signed.may("rooms.order", one.path)
    ]
