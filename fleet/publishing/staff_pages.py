"""One lesson, for the staff: its recordings, its processing, and what can be done about it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from fleet.audit import service as audit
from fleet.auth.deps import Signed, require
from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.db import Session
from fleet.errors import FleetError, NotFound
from fleet.publishing import service
from fleet.publishing.pages import stages_of
from fleet.recordings import service as recordings
from fleet.web.deps import Db, Now
from fleet.web.render import page

router = APIRouter(prefix="/staff/lessons/{lesson_id}", include_in_schema=False)
Editor = Annotated[Signed, Depends(require("recordings.change"))]


@router.get("", dependencies=[Depends(require("staff.see"))])
def lesson(request: Request, lesson_id: str, db: Db, now: Now) -> Response:
    """The lesson's state, recordings and files."""
    with db.read() as session:
        return _lesson(request, session, lesson_id, now, None)


@router.post("/retry")
def retry(request: Request, lesson_id: str, db: Db, now: Now, editor: Editor) -> Response:
    """Process again what failed."""
    return _act(request, db, lesson_id, now, editor, "lesson.retried", service.retry)


@router.post("/release")
def release(request: Request, lesson_id: str, db: Db, now: Now, editor: Editor) -> Response:
    """Publish what is held."""
    return _act(request, db, lesson_id, now, editor, "lesson.released", service.release)


@router.post("/withdraw")
def withdraw(request: Request, lesson_id: str, db: Db, now: Now, editor: Editor) -> Response:
    """Hide what is published."""
    return _act(request, db, lesson_id, now, editor, "lesson.withdrawn", service.withdraw)


@router.post("/unlink/{take_id}")
def unlink(
    request: Request, lesson_id: str, take_id: str, db: Db, now: Now, editor: Editor
) -> Response:
    """Put one of its recordings back into the tray."""

    def put_back(session: Session, lesson_id: str, _now: datetime) -> None:
        if recordings.recording(session, take_id).lesson_id != lesson_id:
            raise NotFound(f"there is no recording {take_id} of this lesson")
        recordings.unlink(session, take_id)

    return _act(request, db, lesson_id, now, editor, "recording.unlinked", put_back)


def _act(
    request: Request,
    db: Db,
    lesson_id: str,
    now: datetime,
    editor: Signed,
    action: str,
    do: Callable[[Session, str, datetime], None],
) -> Response:
    try:
        with db.write() as session:
            room_id = courses.lesson(session, lesson_id).room_id
            do(session, lesson_id, now)
            audit.record(
                session,
                actor=editor.user_id,
                action=action,
                target=lesson_id,
                path=classrooms.room(session, room_id).path,
                now=now,
            )
    except FleetError as problem:
        with db.read() as session:
            return _lesson(request, session, lesson_id, now, problem)
    return RedirectResponse(f"/staff/lessons/{lesson_id}", 303)


def _lesson(
    request: Request,
    session: Session,
    lesson_id: str,
    now: datetime,
    problem: FleetError | None,
) -> Response:
    found = courses.lesson(session, lesson_id)
    return page(
        "lessons/staff.html",
        scope=request.scope,
        status=problem.status if problem else 200,
        problem=problem,
        lesson=found,
        course=courses.course(session, found.course_id),
        room=classrooms.room(session, found.room_id),
        stage=stages_of(session, [found], now)[found.id],
        publication=service.status(session, lesson_id),
        takes=recordings.recordings_of_lesson(session, lesson_id),
        media=service.lesson_media(session, lesson_id, unpublished=True),
    )
