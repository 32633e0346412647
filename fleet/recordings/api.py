"""JSON routes of recordings, for staff."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from fleet.audit import service as audit
from fleet.auth.deps import Signed, check, require
from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.db.requests import ReadSession, WriteSession
from fleet.recordings import service
from fleet.recordings.schemas import LinkIn, RecordingOut

router = APIRouter(prefix="/api/v1/recordings", tags=["recordings"])
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Editor = Annotated[Signed, Depends(require("recordings.change"))]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("")
def recordings(viewer: Viewer, session: ReadSession, limit: Limit = 100) -> list[RecordingOut]:
    """The newest recordings of the rooms that the one who asks may see."""
    found = service.newest(session, limit, viewer.reach("staff.see"))
    return [RecordingOut.of(row) for row in found]


@router.get("/tray")
def tray(viewer: Viewer, session: ReadSession, limit: Limit = 100) -> list[RecordingOut]:
    """Those of them that belong to no lesson yet, and why."""
    found = service.tray(session, limit, viewer.reach("staff.see"))
    return [RecordingOut.of(row) for row in found]


@router.get("/{take_id}", dependencies=[Depends(require("staff.see"))])
def recording(take_id: str, session: ReadSession) -> RecordingOut:
    """One recording."""
    return RecordingOut.of(service.recording(session, take_id))


@router.put("/{take_id}/lesson")
def link(
    request: Request, take_id: str, given: LinkIn, editor: Editor, session: WriteSession
) -> RecordingOut:
    """Say which lesson a recording is of."""
    now = datetime.now(UTC)
    lesson = courses.lesson(session, given.lesson_id)
    path = classrooms.room(session, lesson.room_id).path
    check(request, editor, "recordings.change", path)
    row = service.link(session, take_id, given.lesson_id, by=editor.email, now=now)
    audit.record(
        session,
        actor=editor.user_id,
        action="recording.linked",
        target=take_id,
        detail={"lesson": given.lesson_id},
        path=path,
        now=now,
    )
    return RecordingOut.of(row)


@router.delete("/{take_id}/lesson")
def unlink(take_id: str, editor: Editor, session: WriteSession) -> RecordingOut:
    """Put a recording back into the tray."""
    row = service.unlink(session, take_id)
    audit.record(
        session,
        actor=editor.user_id,
        action="recording.unlinked",
        target=take_id,
        path=classrooms.room(session, row.room_id).path,
        now=datetime.now(UTC),
    )
    return RecordingOut.of(row)
