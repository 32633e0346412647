"""Which lesson a recording is of."""

from datetime import datetime

from fleet.courses import matching
from fleet.courses import service as courses
from fleet.db import Session
from fleet.errors import Conflict
from fleet.recordings.models import Recording
from fleet.recordings.service.complete import announce_if_ready
from fleet.recordings.service.look import recording

TIMETABLE = "timetable"


def match(session: Session, row: Recording) -> None:
    """Find the lesson by room and time; leave it in the tray, with the reason, when unsure.

    What a person has chosen stays.
    """
    if row.linked_by not in ("", TIMETABLE):
        return
    candidates = courses.candidates(session, row.room_id, row.started_at, row.ended_at)
    times = matching.TakeTimes(row.started_at, row.ended_at, row.hint)
    match matching.match(times, candidates):
        case matching.One(lesson=lesson):
            row.lesson_id, row.linked_by, row.tray_reason = lesson, TIMETABLE, ""
        case matching.NoneFound(why=why) | matching.Several(why=why):
            if row.lesson_id is None:
                row.tray_reason = why


def link(session: Session, take_id: str, lesson_id: str, *, by: str, now: datetime) -> Recording:
    """A person says which lesson a recording is of.

    Raises:
        NotFound: there is no such recording or lesson.
        Conflict: it already belongs to a lesson; unlink it first.
    """
    row = recording(session, take_id)
    lesson = courses.lesson(session, lesson_id)
    if row.lesson_id == lesson.id:
        return row
    if row.lesson_id is not None:
        raise Conflict("this recording already belongs to a lesson; take it out of that one first")
    row.lesson_id, row.linked_by, row.tray_reason, row.announced = lesson.id, by, "", False
    session.flush()
    announce_if_ready(session, lesson.id, now, by_hand=True)
    return row


def unlink(session: Session, take_id: str) -> Recording:
    """Put a recording back into the tray. What was published of it stays until published anew.

    Raises:
        NotFound: there is no such recording.
    """
    row = recording(session, take_id)
    row.lesson_id, row.linked_by, row.announced = None, "", False
    row.tray_reason = matching.NoneFound("somebody took it out of its lesson").why
    session.flush()
    return row
