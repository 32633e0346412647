"""Every room that somebody may see: filtered, sorted, exported, kept as a view; and new ones."""

from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from fleet.audit import service as audit
from fleet.auth.deps import Signed, check, require
from fleet.classrooms import service as classrooms
from fleet.db import Session
from fleet.desk.board import Snapshot
from fleet.desk.board.deps import board
from fleet.desk.rooms import export, filters, service
from fleet.desk.rooms.filters import Filters
from fleet.errors import FleetError
from fleet.orgs import service as orgs
from fleet.orgs.models import OrgUnit
from fleet.web.deps import Db, Now
from fleet.web.forms import Filled
from fleet.web.render import page

router = APIRouter(prefix="/staff/rooms", include_in_schema=False)
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Editor = Annotated[Signed, Depends(require("rooms.change"))]
Text = Annotated[str, Form()]
PAGE = 50
_LONGEST_QUERY = 2000


@router.get("")
def rooms(request: Request, db: Db, now: Now, viewer: Viewer) -> Response:
    """A page of rooms, and the filters it came by."""
    wanted = filters.of(request.query_params)
    with db.read() as session:
        return _rooms(request, session, board(request).current(now), viewer, wanted, Filled())


@router.get("/csv")
def csv(request: Request, db: Db, now: Now, viewer: Viewer) -> Response:
    """The same list, all of it, as CSV."""
    wanted, snapshot = filters.of(request.query_params), board(request).current(now)
    reach = viewer.reach("staff.see")
    with db.read() as session:
        service.listed(session, snapshot, reach, wanted, None, 1)  # refuse before it begins
    written = export.lines(service.every(db, snapshot, reach, wanted), snapshot, reach)
    headers = {
        "content-disposition": f'attachment; filename="rooms-{now:%Y-%m-%d}.csv"',
        "cache-control": "no-store",
    }
    return StreamingResponse(written, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/views")
def keep_view(
    request: Request, db: Db, now: Now, viewer: Viewer, name: Text = "", query: Text = ""
) -> Response:
    """Keep this list under a name."""
    wanted = filters.of(dict(_pairs(query)))
    try:
        with db.write() as session:
            service.keep_view(session, viewer.user_id, name, wanted, now)
    except FleetError as problem:
        with db.read() as session:
            typed = Filled({"name": name}, problem)
            return _rooms(request, session, board(request).current(now), viewer, wanted, typed)
    return RedirectResponse(f"/staff/rooms?{wanted.query}", 303)


@router.post("/views/forget")
def forget_view(db: Db, viewer: Viewer, view: Text = "", query: Text = "") -> Response:
    """Forget one of one's views."""
    with db.write() as session:
        service.forget_view(session, viewer.user_id, view)
    return RedirectResponse(f"/staff/rooms?{filters.of(dict(_pairs(query))).query}", 303)


@router.get("/new")
def new_room(request: Request, db: Db, now: Now, editor: Editor, unit: str = "") -> Response:
    """The form for another room."""
    with db.write() as session:
        orgs.root(session)
    return _new(request, board(request).current(now), editor, Filled({"unit": unit}))


@router.post("")
def add_room(
    request: Request,
    db: Db,
    now: Now,
    editor: Editor,
    name: Text = "",
    timezone: Text = "",
    unit: Text = "",
) -> Response:
    """Add a room and go to it; without a unit, where the editor's view begins."""
    try:
        with db.write() as session:
            at = orgs.get(session, unit) if unit else _first(session, request, editor, now)
            check(request, editor, "rooms.change", at.path)
            added = classrooms.add_room(session, unit_id=at.id, name=name, timezone=timezone)
            audit.record(
                session,
                actor=editor.user_id,
                action="room.added",
                target=added.id,
                path=at.path,
                now=now,
            )
    except FleetError as problem:
        if problem.status in (403, 404):
            raise
        typed = Filled({"name": name, "timezone": timezone, "unit": unit}, problem)
        return _new(request, board(request).current(now), editor, typed)
    return RedirectResponse(f"/staff/rooms/{added.id}", 303)


def _rooms(
    request: Request,
    session: Session,
    snapshot: Snapshot,
    viewer: Signed,
    wanted: Filters,
    form: Filled,
) -> Response:
    reach = viewer.reach("staff.see")
    after = filters.key(request.query_params.get("after", ""))
    found = service.listed(session, snapshot, reach, wanted, after, PAGE)
    unit = snapshot.by_id(wanted.unit) if wanted.unit else None
    return page(
        "rooms/list.html",
        scope=request.scope,
        status=form.problem.status if form.problem else 200,
        found=found,
        after=after,
        wanted=wanted,
        unit=unit,
        above=snapshot.above(unit.path, reach) if unit else (),
        below=snapshot.below(unit.path) if unit else snapshot.tops(reach),
        units=snapshot.units,
        choices=service.choices(session, snapshot, reach),
        views=service.views(session, viewer.user_id),
        form=form,
    )


def _new(request: Request, snapshot: Snapshot, editor: Signed, form: Filled) -> Response:
    may = [one for one in snapshot.units.values() if editor.may("rooms.change", one.path)]
    return page(
        "rooms/new.html",
        scope=request.scope,
        status=form.problem.status if form.problem else 200,
        units=[(one.id, _named(snapshot, one.path)) for one in may],
        zones=sorted(available_timezones()),
        form=form,
    )


def _named(snapshot: Snapshot, path: str) -> str:
    return " › ".join(one.name for one in snapshot.above(path, ("",)))


def _first(session: Session, request: Request, editor: Signed, now: datetime) -> OrgUnit:
    reach = editor.reach("rooms.change")
    if "" in reach:
        return orgs.root(session)
    return orgs.get(session, board(request).current(now).tops(reach)[0].id)


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query[:_LONGEST_QUERY])
