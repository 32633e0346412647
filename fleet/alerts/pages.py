"""Alarms, for the staff: what is wrong where, what to do about it, and who sees to it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from fleet.alerts import exporting, service, texts, views
from fleet.alerts.views import Filters
from fleet.auth.deps import Signed, check, require
from fleet.classrooms import service as classrooms
from fleet.db import Session
from fleet.errors import FleetError, Refused
from fleet.orders import service as orders
from fleet.telemetry.deps import Metrics
from fleet.web.deps import Db, Now
from fleet.web.forms import Filled
from fleet.web.language import gettext as _
from fleet.web.render import page

router = APIRouter(prefix="/staff/alarms", include_in_schema=False)
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Editor = Annotated[Signed, Depends(require("alarms.change"))]
Text = Annotated[str, Form()]
PAGE = 50
_MOST_EXPORTED = 20_000
_MOST_AT_ONCE = 500


@router.get("")
def alarms(request: Request, db: Db, now: Now, viewer: Viewer) -> Response:
    """Alarms as filtered in the address, firing ones first."""
    with db.read() as session:
        return _alarms(request, session, viewer, now, Filled())


@router.get("/csv")
def csv(request: Request, db: Db, now: Now, viewer: Viewer) -> Response:
    """The same list, all of it, as CSV."""
    with db.read() as session:
        asked = views.filters(session, request.query_params, viewer.reach("staff.see"))
        found = service.listed(session, asked.wanted, now, limit=_MOST_EXPORTED)
        text = exporting.csv(found)
    headers = {
        "content-disposition": f'attachment; filename="alarms-{now:%Y-%m-%d}.csv"',
        "cache-control": "no-store",
    }
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/bulk")
def bulk(
    request: Request,
    db: Db,
    now: Now,
    editor: Editor,
    alarm: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
    act: Text = "",
    query: Text = "",
) -> Response:
    """Acknowledge or silence what is ticked."""
    back = f"/staff/alarms?{views.clean_query(query)}"
    try:
        do = _act(act, len(set(alarm)), now)
        with db.read() as session:
            for path in sorted({service.alarm(session, one).path for one in alarm}):
                check(request, editor, "alarms.change", path)
        with db.write() as session:
            for one in sorted(set(alarm)):
                do(session, one, editor.user_id)
    except Refused as problem:
        with db.read() as session:
            return _alarms(request, session, editor, now, Filled({}, problem))
    return RedirectResponse(back, 303)


@router.get("/{alarm_id}")
def one(
    request: Request, alarm_id: str, db: Db, now: Now, viewer: Viewer, metrics: Metrics
) -> Response:
    """One alarm: what is wrong, what helps, readings around it, its history."""
    with db.read() as session:
        return _one(request, session, viewer, alarm_id, now, metrics, Filled())


@router.post("/{alarm_id}/acknowledge")
def acknowledge(alarm_id: str, db: Db, now: Now, editor: Editor) -> Response:
    """Say that one sees to it."""
    with db.write() as session:
        service.acknowledge(session, alarm_id, by=editor.user_id, now=now)
    return _back(alarm_id)


@router.post("/{alarm_id}/silence")
def silence(
    request: Request, alarm_id: str, db: Db, now: Now, editor: Editor, metrics: Metrics,
    hours: Text = "", until: Text = "",
) -> Response:  # fmt: skip
    """Tell nobody of it for one hour, eight hours, or until a time on the room's clock."""
    try:
        with db.write() as session:
            found = service.shown(session, [service.alarm(session, alarm_id)])[0]
            if until:
                at = views.local_time(until, found.zone, "until")
            else:
                at = now + timedelta(hours=views.hours(hours))
            service.silence(session, alarm_id, until=at, by=editor.user_id, now=now)
    except Refused as problem:
        typed = Filled({"until": until}, problem)
        with db.read() as session:
            return _one(request, session, editor, alarm_id, now, metrics, typed)
    return _back(alarm_id)


@router.post("/{alarm_id}/notes")
def write(
    request: Request, alarm_id: str, db: Db, now: Now, editor: Editor, metrics: Metrics,
    text: Text = "",
) -> Response:  # fmt: skip
    """Write a note."""
    try:
        with db.write() as session:
            service.write(session, alarm_id, text, by=editor.user_id, now=now)
    except Refused as problem:
        with db.read() as session:
            typed = Filled({"text": text}, problem)
            return _one(request, session, editor, alarm_id, now, metrics, typed)
    return _back(alarm_id)


@router.post("/maintenance/{room_id}")
def maintain(
    request: Request, room_id: str, db: Db, now: Now, editor: Editor,
    hours: Text = "8", why: Text = "", back: Text = "",
) -> Response:  # fmt: skip
    """Put a room in maintenance for some hours, or with 0 take it out again."""
    length = views.hours(hours, least=0)
    with db.write() as session:
        room = classrooms.room(session, room_id)
        current = service.maintenance_of(session, room_id, now)
        if current is not None:
            service.end_quiet(session, current.id, by=editor.user_id, now=now)
        if length:
            service.be_quiet(
                session, kind="maintenance", path=room.path, room_id=room_id, why=why,
                ends_at=now + timedelta(hours=length), by=editor.user_id, now=now,
            )  # fmt: skip
    target = f"/staff/alarms/{back}" if views.is_id(back) else f"/staff/rooms/{room_id}"
    return RedirectResponse(target, 303)


def _back(alarm_id: str) -> Response:
    return RedirectResponse(f"/staff/alarms/{alarm_id}", 303)


def _act(act: str, count: int, now: datetime) -> Callable[[Session, str, str], object]:
    if not count:
        raise Refused(_("Tick at least one alarm."), field="alarm")
    if count > _MOST_AT_ONCE:
        raise Refused(_("These are too many at once."), field="alarm")
    match act.split(":"):
        case ["acknowledge"]:
            return lambda session, one, by: service.acknowledge(session, one, by=by, now=now)
        case ["silence", length]:
            until = now + timedelta(hours=views.hours(length))
            return lambda session, one, by: service.silence(
                session, one, until=until, by=by, now=now
            )
    raise Refused(_("Choose what to do."), field="act")


def _alarms(
    request: Request, session: Session, viewer: Signed, now: datetime, form: Filled
) -> Response:
    reach = viewer.reach("staff.see")
    problem: FleetError | None = form.problem
    try:
        asked = views.filters(session, request.query_params, reach)
    except Refused as wrong:
        asked, problem = Filters.nothing(reach), wrong
    skip = (asked.page - 1) * PAGE
    found = service.listed(session, asked.wanted, now, limit=PAGE + 1, skip=skip)
    return page(
        "alarms/list.html",
        scope=request.scope,
        status=problem.status if problem else 200,
        form=Filled({}, problem),
        asked=asked,
        found=found[:PAGE],
        more=len(found) > PAGE,
        total=service.count(session, asked.wanted, now),
        severities=service.open_by_severity(session, reach),
        units=views.units(session, reach),
        rules=views.rule_names(session, reach),
        states=views.states(),
        say=texts,
        now=now,
        may_change=viewer.may("alarms.change"),
    )


def _one(
    request: Request, session: Session, viewer: Signed, alarm_id: str, now: datetime,
    metrics: Metrics, form: Filled,
) -> Response:  # fmt: skip
    alarm = service.alarm(session, alarm_id)
    shown = service.shown(session, [alarm])[0]
    room = alarm.room_id
    may_look = room is not None and viewer.may("rooms.look", alarm.path)
    return page(
        "alarms/one.html",
        scope=request.scope,
        status=form.problem.status if form.problem else 200,
        one=alarm,
        shown=shown,
        say=texts,
        form=form,
        now=now,
        readings=views.readings(session, metrics, alarm, now),
        explained=service.explained(session, alarm_id),
        parent=alarm.masked_by,
        rooms=service.dark_rooms(session, alarm) if alarm.state == "firing" else [],
        history=views.history(session, alarm_id),
        before=service.before(session, alarm),
        maintenance=service.maintenance_of(session, alarm.room_id, now) if alarm.room_id else None,
        told=views.told(session, alarm_id),
        may_change=viewer.may("alarms.change", alarm.path),
        may_look=may_look,
        pictures=orders.pictures(session, room) if room and may_look else [],
        may_order=room is not None and viewer.may("rooms.order", alarm.path),
    )
