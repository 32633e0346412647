"""A room, for the staff: how it and its devices are, who needs help, what happened."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from fleet.audit import service as audit
from fleet.auth.deps import Signed, require
from fleet.classrooms import enrolment, help_calls
from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.db import Session
from fleet.desk.room import repository
from fleet.desk.room.frame import section
from fleet.devices import sentences, service
from fleet.publishing.pages import stages_of
from fleet.telemetry import service as telemetry
from fleet.telemetry.deps import Metrics
from fleet.telemetry.ports import StoreDown, StoreRefused
from fleet.web.deps import Db, Now, options

router = APIRouter(prefix="/staff/rooms", include_in_schema=False)
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Editor = Annotated[Signed, Depends(require("rooms.change"))]
SPANS = (24, 168, 720)
_ROWS = 50
_LOG = 100
_AHEAD = timedelta(days=8)


@router.get("/{room_id}")
def room(request: Request, room_id: str, db: Db, viewer: Viewer) -> Response:
    """One room: who calls from it, what is wrong, its devices, its PC, what happened lately."""
    with db.read() as session:
        return _room(request, session, viewer, room_id, claim=None)


@router.post("/{room_id}/claim")
def make_claim(request: Request, room_id: str, db: Db, now: Now, editor: Editor) -> Response:
    """Make a one-time token for a PC; this answer is the only place where it is ever shown."""
    with db.write() as session:
        path = classrooms.room(session, room_id).path
        claim = enrolment.issue_claim(session, room_id, now)
        audit.record(
            session, actor=editor.user_id, action="claim.issued", target=room_id, path=path, now=now
        )
    with db.read() as session:
        return _room(request, session, editor, room_id, claim=claim)


@router.post("/{room_id}/help/{call_id}/answered")
def answer_call(room_id: str, call_id: str, db: Db, now: Now, editor: Editor) -> Response:
    """Say that somebody sees to a call for help."""
    with db.write() as session:
        path = classrooms.room(session, room_id).path
        if help_calls.answer(session, room_id, call_id, by=editor.user_id, now=now):
            audit.record(
                session,
                actor=editor.user_id,
                action="help.answered",
                target=room_id,
                detail={"call": call_id},
                path=path,
                now=now,
            )
    return RedirectResponse(f"/staff/rooms/{room_id}", 303)


@router.get("/{room_id}/devices")
def devices(request: Request, room_id: str, db: Db, viewer: Viewer) -> Response:
    """The devices: what they are and how they are."""
    with db.read() as session:
        found = service.devices(session, room_id)
        return section(request, session, viewer, room_id, "devices", devices=found)


@router.get("/{room_id}/readings")
def readings(
    request: Request,
    room_id: str,
    db: Db,
    now: Now,
    viewer: Viewer,
    metrics: Metrics,
    series: Annotated[str, Query(max_length=200)] = "",
    hours: int = SPANS[0],
) -> Response:
    """The newest of each series, and one of them over time as a chart with its table."""
    span = hours if hours in SPANS else SPANS[0]
    with db.read() as session:
        last = telemetry.last(session, room_id)
        names = [f"{one.device}/{one.point}" for one in last]
        chosen = series if series in names else next(iter(names), "")
        device, _slash, point = chosen.rpartition("/")
        chart, down = None, False
        if chosen:
            try:
                chart = telemetry.chart(
                    session, metrics, room_id, [(device, point)], now - timedelta(hours=span), now
                )
            except (StoreDown, StoreRefused):
                down = True
        return section(
            request,
            session,
            viewer,
            room_id,
            "readings",
            last=last,
            chosen=chosen,
            device=device,
            point=point,
            chart=chart,
            down=down,
            span=span,
            spans=SPANS,
            start=now - timedelta(hours=span),
            now=now,
        )


@router.get("/{room_id}/alarms")
def alarms(request: Request, room_id: str, db: Db, viewer: Viewer) -> Response:
    """Alarms that stand, and those that are over."""
    with db.read() as session:
        found = repository.alarms(session, room_id, _ROWS)
        return section(request, session, viewer, room_id, "alarms", alarms=found)


@router.get("/{room_id}/takes")
def takes(request: Request, room_id: str, db: Db, viewer: Viewer) -> Response:
    """Recordings, and what of them is still in the room."""
    with db.read() as session:
        found = repository.takes(session, room_id, _ROWS)
        return section(request, session, viewer, room_id, "takes", takes=found)


@router.get("/{room_id}/timetable")
def timetable(request: Request, room_id: str, db: Db, now: Now, viewer: Viewer) -> Response:
    """The lessons of the next days, in the time of the room."""
    with db.read() as session:
        lessons = courses.lessons_in_room(session, room_id, now - timedelta(hours=4), now + _AHEAD)
        stages = stages_of(session, lessons, now)
        return section(
            request, session, viewer, room_id, "timetable", lessons=lessons, stages=stages
        )


@router.get("/{room_id}/log")
def log(request: Request, room_id: str, db: Db, viewer: Viewer, routine: bool = False) -> Response:
    """What happened, the newest first; with what happens all the time only when asked for."""
    left_out = () if routine else sentences.ROUTINE
    with db.read() as session:
        events = classrooms.events(session, room_id, limit=_LOG, without=left_out)
        return section(request, session, viewer, room_id, "log", events=events, routine=routine)


@router.get("/{room_id}/pc")
def pc(request: Request, room_id: str, db: Db, viewer: Viewer) -> Response:
    """The PC: what it says of itself, its certificates."""
    with db.read() as session:
        agent = classrooms.agent_of_room(session, room_id)
        described = dict((agent.description or {}) if agent else {})
        expiries = sorted(agent.serials.items(), key=lambda one: one[1]) if agent else []
        return section(
            request,
            session,
            viewer,
            room_id,
            "pc",
            described={k: v for k, v in sorted(described.items()) if not isinstance(v, list)},
            sources=described.get("sources", []),
            certificates=[
                (serial, datetime.fromisoformat(expires)) for serial, expires in expiries
            ],
        )


def _room(
    request: Request, session: Session, viewer: Signed, room_id: str, claim: str | None
) -> Response:
    return section(
        request,
        session,
        viewer,
        room_id,
        "",
        calls=help_calls.open_calls(session, room_id),
        alarms=service.raised_alarms(session, room_id),
        devices=service.devices(session, room_id),
        events=classrooms.events(session, room_id, limit=15, without=sentences.ROUTINE),
        claim=claim,
        fleet=options(request).public_url,
    )
