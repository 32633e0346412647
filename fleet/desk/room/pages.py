"""A room, for the staff: how it and its devices are, who needs help, what happened."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from fleet.audit import service as audit
from fleet.auth.deps import Signed, require
from fleet.classrooms import enrolment, help_calls
from fleet.classrooms import service as classrooms
from fleet.db import Session
from fleet.devices import sentences, service
from fleet.web.deps import Db, Now, options
from fleet.web.render import page

router = APIRouter(prefix="/staff/rooms", include_in_schema=False)
Viewer = Depends(require("staff.see"))
Editor = Annotated[Signed, Depends(require("rooms.change"))]


@router.get("/{room_id}", dependencies=[Viewer])
def room(request: Request, room_id: str, db: Db) -> Response:
    """One room: who calls from it, what is wrong, its devices, its PC, what happened lately."""
    with db.read() as session:
        return _room(request, session, room_id, claim=None)


@router.post("/{room_id}/claim")
def make_claim(request: Request, room_id: str, db: Db, now: Now, editor: Editor) -> Response:
    """Make a one-time token for a PC; this answer is the only place where it is ever shown."""
    with db.write() as session:
        classrooms.room(session, room_id)
        claim = enrolment.issue_claim(session, room_id, now)
        audit.record(session, actor=editor.user_id, action="claim.issued", target=room_id, now=now)
    with db.read() as session:
        return _room(request, session, room_id, claim=claim)


@router.post("/{room_id}/help/{call_id}/answered")
def answer_call(room_id: str, call_id: str, db: Db, now: Now, editor: Editor) -> Response:
    """Say that somebody sees to a call for help."""
    with db.write() as session:
        if help_calls.answer(session, room_id, call_id, by=editor.user_id, now=now):
            audit.record(
                session,
                actor=editor.user_id,
                action="help.answered",
                target=room_id,
                detail={"call": call_id},
                now=now,
            )
    return RedirectResponse(f"/staff/rooms/{room_id}", 303)


def _room(request: Request, session: Session, room_id: str, claim: str | None) -> Response:
    found = classrooms.room(session, room_id)
    agent = classrooms.agent_of_room(session, room_id)
    return page(
        "rooms/one.html",
        scope=request.scope,
        room=found,
        agent=agent,
        presence=agent.presence if agent else "none",
        sources=(agent.description or {}).get("sources", []) if agent else [],
        calls=help_calls.open_calls(session, room_id),
        alarms=service.raised_alarms(session, room_id),
        devices=service.devices(session, room_id),
        events=classrooms.events(session, room_id, limit=30, without=sentences.ROUTINE),
        say=sentences,
        claim=claim,
        fleet=options(request).public_url,
    )
