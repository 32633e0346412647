"""Pages of settings: of one room, and of many at once with a look before and a way back."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from fleet.audit import service as audit
from fleet.auth import service as auth
from fleet.auth.deps import Signed, require
from fleet.classrooms import service as classrooms
from fleet.db import Session
from fleet.desk.board.deps import board
from fleet.desk.orders.giving import chosen
from fleet.desk.room.frame import section
from fleet.desk.rooms import filters
from fleet.desk.rooms.filters import Filters
from fleet.desk.settings import service, words
from fleet.devices import wanted
from fleet.errors import FleetError
from fleet.orgs import defaults
from fleet.web.deps import Db, Now
from fleet.web.forms import Filled, whole_number
from fleet.web.language import LANGUAGES
from fleet.web.render import page

router = APIRouter(prefix="/staff", include_in_schema=False)
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Editor = Annotated[Signed, Depends(require("rooms.change"))]
Text = Annotated[str, Form()]


@router.get("/settings-bulk")
def look(request: Request, db: Db, now: Now, signed: Editor) -> Response:
    """Choose rooms, a setting and a value, and see what that would change."""
    given = request.query_params
    values = {name: given.get(name, "")[:100] for name in ("key", "value")}
    with db.read() as session:
        typed = Filled(values)
        return _look(request, session, now, signed, filters.of(given), typed, "key" in given)


@router.post("/settings-bulk")
def apply(
    request: Request,
    db: Db,
    now: Now,
    signed: Editor,
    key: Text = "",
    value: Text = "",
    unit: Text = "",
    standing: Text = "",
    role: Text = "",
    text: Text = "",
) -> Response:
    """Do it, and go to where it can be taken back."""
    wanted_rooms = filters.of({"unit": unit, "standing": standing, "role": role, "text": text})
    try:
        with db.write() as session:
            snapshot = board(request).current(now)
            rooms = chosen(session, snapshot, signed, wanted_rooms, "rooms.change")
            ids = [one.id for one in rooms]
            made = service.apply(
                session, ids, key, words.typed(key, value), by=signed.user_id, now=now
            )
    except FleetError as problem:
        if problem.status in (403, 404):
            raise
        with db.read() as session:
            typed = Filled({"key": key, "value": value}, problem)
            return _look(request, session, now, signed, wanted_rooms, typed, preview=False)
    return RedirectResponse(f"/staff/settings-bulk/{made}", 303)


@router.get("/settings-bulk/{batch_id}")
def batch(request: Request, batch_id: str, db: Db, now: Now, signed: Viewer) -> Response:
    """What was changed, in which rooms, and what was changed there again since."""
    with db.read() as session:
        found = service.batch(session, batch_id, signed.reach("staff.see"))
        return page(
            "shadow/batch.html",
            scope=request.scope,
            batch=found,
            batch_id=batch_id,
            places=board(request).current(now).units,
            words=words,
        )


@router.post("/settings-bulk/{batch_id}/undo")
def undo(batch_id: str, db: Db, now: Now, signed: Editor) -> Response:
    """Take it back, where nobody changed it since."""
    with db.write() as session:
        reach = signed.reach("rooms.change")
        made = service.undo(session, batch_id, reach, by=signed.user_id, now=now)
    return RedirectResponse(f"/staff/settings-bulk/{made}", 303)


@router.get("/rooms/{room_id}/settings")
def room(request: Request, room_id: str, db: Db, signed: Viewer) -> Response:
    """The settings of a room: wanted, reported, and how the two stand."""
    with db.read() as session:
        return _room(request, session, signed, room_id, Filled())


@router.post("/rooms/{room_id}/settings")
def want(
    request: Request,
    room_id: str,
    db: Db,
    now: Now,
    signed: Editor,
    key: Text = "",
    value: Text = "",
    version: Text = "",
) -> Response:
    """Want something else of a room."""
    try:
        with db.write() as session:
            wanted.want(
                session,
                room_id,
                key,
                words.typed(key, value),
                expected=whole_number(version, "version") if version else None,
                by=signed.user_id,
                now=now,
            )
            audit.record(
                session,
                actor=signed.user_id,
                action="room.wanted",
                target=room_id,
                detail={"key": key, "value": value},
                path=classrooms.room(session, room_id).path,
                now=now,
            )
    except FleetError as problem:
        if problem.status in (403, 404):
            raise
        with db.read() as session:
            typed = Filled({"key": key, "value": value}, problem)
            return _room(request, session, signed, room_id, typed)
    return RedirectResponse(f"/staff/rooms/{room_id}/settings", 303)


def _room(
    request: Request, session: Session, signed: Signed, room_id: str, form: Filled
) -> Response:
    keys = wanted.keys(session, room_id)
    answer = section(
        request,
        session,
        signed,
        room_id,
        "settings",
        keys=keys,
        who=auth.names(session, [one.by for one in keys]),
        version=wanted.version(session, room_id),
        form=form,
        words=words,
        languages=list(LANGUAGES.items()),
    )
    answer.status_code = form.problem.status if form.problem else 200
    return answer


def _look(
    request: Request,
    session: Session,
    now: datetime,
    signed: Signed,
    rooms_wanted: Filters,
    form: Filled,
    preview: bool,
) -> Response:
    snapshot = board(request).current(now)
    key = form["key"] if form["key"] in defaults.KEYS else defaults.KEYS[0]
    problem, found, rooms = form.problem, None, []
    try:
        rooms = chosen(session, snapshot, signed, rooms_wanted, "rooms.change")
        if preview:
            ids = [one.id for one in rooms]
            found = service.preview(session, ids, key, words.typed(key, form["value"]))
    except FleetError as error:
        if error.status in (403, 404):
            raise
        problem = problem or error
    return page(
        "shadow/bulk.html",
        scope=request.scope,
        status=problem.status if problem else 200,
        form=Filled(form.values, problem),
        key=key,
        wanted=rooms_wanted,
        rooms=len(rooms),
        found=found,
        units=[
            (one.id, " › ".join(above.name for above in snapshot.above(one.path, ("",))))
            for one in snapshot.units.values()
            if signed.may("rooms.change", one.path)
        ],
        standings=filters.STANDINGS,
        words=words,
        languages=list(LANGUAGES.items()),
    )
