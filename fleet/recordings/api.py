"""JSON routes of recordings, for staff."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from fleet.audit import service as audit
from fleet.auth.deps import Signed, require
from fleet.db.requests import ReadSession, WriteSession
from fleet.recordings import service
from fleet.recordings.schemas import LinkIn, RecordingOut

router = APIRouter(prefix="/api/v1/recordings", tags=["recordings"])
Viewer = Depends(require("staff.see"))
Editor = Annotated[Signed, Depends(require("recordings.change"))]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("", dependencies=[Viewer])
def recordings(session: ReadSession, limit: Limit = 100) -> list[RecordingOut]:
    """The newest recordings."""
    return [RecordingOut.of(row) for row in service.newest(session, limit)]


@router.get("/tray", dependencies=[Viewer])
def tray(session: ReadSession, limit: Limit = 100) -> list[RecordingOut]:
    """Recordings that belong to no lesson yet, and why."""
    return [RecordingOut.of(row) for row in service.tray(session, limit)]


@router.get("/{take_id}", dependencies=[Viewer])
def recording(take_id: str, session: ReadSession) -> RecordingOut:
    """One recording."""
    return RecordingOut.of(service.recording(session, take_id))


@router.put("/{take_id}/lesson")
def link(take_id: str, given: LinkIn, editor: Editor, session: WriteSession) -> RecordingOut:
    """Say which lesson a recording is of."""
    now = datetime.now(UTC)
    row = service.link(session, take_id, given.lesson_id, by=editor.email, now=now)
    audit.record(
        session,
        actor=editor.user_id,
        action="recording.linked",
        target=take_id,
        detail={"lesson": given.lesson_id},
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
        now=datetime.now(UTC),
    )
    return RecordingOut.of(row)
