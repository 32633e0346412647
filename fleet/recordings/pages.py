"""The tray: recordings of no lesson, until a person says which they are of."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from fleet.audit import service as audit
from fleet.auth.deps import Signed, check, require
from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.courses.models import Lesson
from fleet.db import Session
from fleet.errors import FleetError, Refused
from fleet.recordings import service
from fleet.recordings.models import Recording
from fleet.web.deps import Db, Now
from fleet.web.language import gettext as _
from fleet.web.render import page

router = APIRouter(prefix="/staff/tray", include_in_schema=False)
Editor = Annotated[Signed, Depends(require("recordings.change"))]
_AROUND = timedelta(days=3)


@router.get("")
def tray(
    request: Request, db: Db, viewer: Annotated[Signed, Depends(require("staff.see"))]
) -> Response:
    """What waits, each with the lessons of its room around that time."""
    with db.read() as session:
        return _tray(request, session, viewer, None)


@router.post("/{take_id}")
def choose(
    request: Request,
    take_id: str,
    db: Db,
    now: Now,
    editor: Editor,
    lesson_id: Annotated[str, Form()] = "",
) -> Response:
    """Link a recording to the lesson chosen."""
    try:
        if not lesson_id:
            raise Refused(_("Choose a lesson first."), field="lesson_id")
        with db.write() as session:
            room_id = courses.lesson(session, lesson_id).room_id
            path = classrooms.room(session, room_id).path
            check(request, editor, "recordings.change", path)
            service.link(session, take_id, lesson_id, by=editor.email, now=now)
            audit.record(
                session,
                actor=editor.user_id,
                action="recording.linked",
                target=take_id,
                detail={"lesson": lesson_id},
                path=path,
                now=now,
            )
    except FleetError as problem:
        with db.read() as session:
            return _tray(request, session, editor, problem)
    return RedirectResponse(f"/staff/lessons/{lesson_id}", 303)


def _tray(
    request: Request, session: Session, signed: Signed, problem: FleetError | None
) -> Response:
    reach = signed.reach("staff.see")
    waiting = service.tray(session, 100, reach)
    return page(
        "recordings/tray.html",
        scope=request.scope,
        status=problem.status if problem else 200,
        waiting=[(row, _lessons_around(session, row)) for row in waiting],
        rooms={one: classrooms.room(session, one) for one in {row.room_id for row in waiting}},
        problem=problem,
    )


def _lessons_around(session: Session, row: Recording) -> list[Lesson]:
    """Lessons of the room near the recording, the nearest first."""
    found = courses.lessons_in_room(
        session, row.room_id, row.started_at - _AROUND, row.started_at + _AROUND
    )
    return sorted(found, key=lambda lesson: abs(lesson.starts_at - row.started_at))
