"""The tree of organisations: looked through, added to, changed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from fleet.auth.deps import Signed, check, require
from fleet.classrooms import service as classrooms
from fleet.db import Session
from fleet.desk.units import service
from fleet.errors import FleetError, NotFound, Refused
from fleet.orgs import service as orgs
from fleet.orgs.files import Act
from fleet.orgs.models import OrgUnit
from fleet.orgs.table import timezones
from fleet.web.deps import Db, Now
from fleet.web.forms import Filled
from fleet.web.language import LANGUAGES
from fleet.web.language import gettext as _
from fleet.web.render import page

router = APIRouter(prefix="/staff/units", include_in_schema=False)
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Editor = Annotated[Signed, Depends(require("units.change"))]
RoomEditor = Annotated[Signed, Depends(require("rooms.change"))]
Text = Annotated[str, Form()]
Search = Annotated[str, Query(max_length=100)]
After = Annotated[str, Query(max_length=36)]
EMPTY = Filled()


@router.get("")
def units(
    request: Request,
    db: Db,
    viewer: Viewer,
    text: Search = "",
    after: After = "",
    done: Annotated[str, Query(max_length=7)] = "",
) -> Response:
    """Where somebody's part of the tree begins, or what they look for."""
    with db.read() as session:
        if text.strip():
            found = service.search(session, viewer, text, after)
        else:
            found = service.Page(service.tops(session, viewer), "")
        if not text.strip() and len(found.rows) == 1 and not done:
            return _unit(request, session, viewer, found.rows[0])
        return page(
            "units/list.html",
            scope=request.scope,
            found=found,
            counts=service.counts(session, found.rows),
            text=text,
            done=int(done) if done.isdecimal() else None,
        )


@router.get("/{unit_id}")
def unit(
    request: Request,
    unit_id: str,
    db: Db,
    viewer: Viewer,
    after: After = "",
    room_after: After = "",
) -> Response:
    """One unit: what it is, what stands below it, its rooms."""
    with db.read() as session:
        found = orgs.get(session, unit_id)
        return _unit(request, session, viewer, found, after=after, room_after=room_after)


@router.post("/{unit_id}")
def change_unit(
    request: Request,
    unit_id: str,
    db: Db,
    now: Now,
    editor: Editor,
    name: Text = "",
    code: Text = "",
    language: Text = "",
    iso2: Text = "",
    centre: Text = "",
) -> Response:
    """Give a unit another name, code, language, country or national centre."""
    typed = {"name": name, "code": code, "language": language, "iso2": iso2, "centre": centre}
    try:
        with db.write() as session:
            service.change_unit(session, unit_id, typed, Act(editor.user_id, now))
    except FleetError as problem:
        with db.read() as session:
            found = orgs.get(session, unit_id)
            return _unit(request, session, editor, found, about=Filled(typed, problem))
    return RedirectResponse(f"/staff/units/{unit_id}", 303)


@router.post("/{unit_id}/below")
def add_unit(
    request: Request,
    unit_id: str,
    db: Db,
    now: Now,
    editor: Editor,
    kind: Text = "",
    name: Text = "",
    code: Text = "",
    language: Text = "",
    iso2: Text = "",
) -> Response:
    """Add a unit below this one."""
    typed = {"name": name, "code": code, "language": language, "iso2": iso2}
    try:
        if kind not in orgs.BELOW:
            raise Refused(_("Choose what it is."), field="kind")
        with db.write() as session:
            act = Act(editor.user_id, now)
            added = service.add_unit(session, unit_id, kind, typed, act)  # type: ignore[arg-type]
    except FleetError as problem:
        with db.read() as session:
            found = orgs.get(session, unit_id)
            wrong = Filled(typed | {"kind": kind}, problem)
            return _unit(request, session, editor, found, new=wrong)
    return RedirectResponse(f"/staff/units/{added.id}", 303)


@router.post("/{unit_id}/rooms")
def add_room(
    request: Request,
    unit_id: str,
    db: Db,
    now: Now,
    editor: RoomEditor,
    name: Text = "",
    timezone: Text = "",
    uplink: Text = "",
) -> Response:
    """Add a room to this unit."""
    typed = {"name": name, "timezone": timezone, "uplink": uplink}
    try:
        with db.write() as session:
            service.add_room(session, unit_id, typed, Act(editor.user_id, now))
    except FleetError as problem:
        with db.read() as session:
            found = orgs.get(session, unit_id)
            return _unit(request, session, editor, found, room=Filled(typed, problem))
    return RedirectResponse(f"/staff/units/{unit_id}#rooms", 303)


@router.get("/{unit_id}/rooms/{room_id}")
def room(request: Request, unit_id: str, room_id: str, db: Db, viewer: Viewer) -> Response:
    """What may be changed about one room."""
    with db.read() as session:
        return _room(request, session, viewer, unit_id, room_id, EMPTY)


@router.post("/{unit_id}/rooms/{room_id}")
def change_room(
    request: Request,
    unit_id: str,
    room_id: str,
    db: Db,
    now: Now,
    editor: RoomEditor,
    name: Text = "",
    timezone: Text = "",
    uplink: Text = "",
    unit: Text = "",
) -> Response:
    """Give a room another name, time zone or uplink, or let it belong to another unit."""
    typed = {"name": name, "timezone": timezone, "uplink": uplink}
    try:
        with db.read() as session:
            if classrooms.room(session, room_id).unit_id != unit_id:
                raise NotFound(_("The room belongs to another unit."))
            target = _target(session, unit, unit_id)
        check(request, editor, "rooms.change", target.path)
        with db.write() as session:
            act = Act(editor.user_id, now)
            service.change_room(session, room_id, typed, target.id, act)
    except FleetError as problem:
        with db.read() as session:
            wrong = Filled(typed | {"unit": unit}, problem)
            return _room(request, session, editor, unit_id, room_id, wrong)
    return RedirectResponse(f"/staff/units/{target.id}#rooms", 303)


def _target(session: Session, code: str, unit_id: str) -> OrgUnit:
    if not code.strip():
        return orgs.get(session, unit_id)
    try:
        return orgs.by_code(session, code.strip())
    except NotFound as error:
        error.field = "unit"
        raise


def _unit(
    request: Request,
    session: Session,
    signed: Signed,
    unit: OrgUnit,
    *,
    after: str = "",
    room_after: str = "",
    about: Filled = EMPTY,
    new: Filled = EMPTY,
    room: Filled = EMPTY,
) -> Response:
    problem = about.problem or new.problem or room.problem
    below = service.below(session, unit, after)
    top = unit.parent_id is None
    kinds = [one for one in orgs.BELOW[unit.kind] if orgs.may_stand(one, unit.kind, top=top)]
    return page(
        "units/one.html",
        scope=request.scope,
        status=problem.status if problem else 200,
        unit=unit,
        above=service.way(session, signed, unit),
        below=below,
        counts=service.counts(session, [unit, *below.rows]),
        rooms=service.rooms_of(session, unit, after=room_after),
        kinds=kinds,
        languages=list(LANGUAGES.items()),
        may_change=signed.may("units.change", unit.path),
        may_add_rooms=signed.may("rooms.change", unit.path),
        about=about,
        new=new,
        room=room,
    )


def _room(
    request: Request, session: Session, signed: Signed, unit_id: str, room_id: str, form: Filled
) -> Response:
    found = classrooms.room(session, room_id)
    unit = orgs.get(session, found.unit_id)
    if unit.id != unit_id:
        raise NotFound(_("The room belongs to another unit."))
    return page(
        "units/room.html",
        scope=request.scope,
        status=form.problem.status if form.problem else 200,
        unit=unit,
        above=[*service.way(session, signed, unit), unit],
        room=found,
        zones=sorted(timezones()),
        may_change=signed.may("rooms.change", found.path),
        form=form,
    )
