"""Who of the staff watched what is not published: one row an hour and lesson in the audit trail."""

from datetime import timedelta

from fastapi import Request

from fleet.audit import service as audit
from fleet.auth.deps import maybe_signed_in
from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.web.deps import options

_ONCE_IN = timedelta(hours=1)
ACTION = "media.watched"


def note(request: Request, lesson_id: str) -> None:
    """Somebody was let see a file that is held back."""
    found = maybe_signed_in(request)
    if found is None:
        return
    web = options(request)
    now = web.now()
    with web.db.read() as session:
        if audit.done_since(session, found.user_id, ACTION, lesson_id, now - _ONCE_IN):
            return
    with web.db.write() as session:
        room = classrooms.room(session, courses.lesson(session, lesson_id).room_id)
        audit.record(
            session,
            actor=found.user_id,
            action=ACTION,
            target=lesson_id,
            path=room.path,
            now=now,
        )
