"""Which lesson a recording is of."""

from datetime import datetime

from fleet.courses import matching
from fleet.courses import service as courses
from fleet.db import Session
from fleet.errors import Conflict, NotFound
from fleet.recordings import repository, rules
from fleet.recordings.models import Recording
from fleet.recordings.service import span
from fleet.recordings.service.complete import announce_if_ready
from fleet.recordings.service.look import recording
from fleet.web.language import gettext as _

TIMETABLE = "timetable"
ROOM = "room"


def match(session: Session, row: Recording) -> None:
    """Find the lesson by room and time; leave it in the tray, with the reason, when unsure.

    A take for which a course was chosen in the room, and that is of no planned lesson, is of a
    lesson of its own. What a person has chosen stays.
    """
    if row.linked_by not in ("", TIMETABLE, ROOM):
        return
    if row.hint is None and row.course is not None and row.linked_by != TIMETABLE:
        _make_lesson(session, row, row.course)
        return
    candidates = courses.candidates(session, row.room_id, row.started_at, row.ended_at)
    times = matching.TakeTimes(row.started_at, row.ended_at, row.hint)
    match matching.match(times, candidates):
        case matching.One(lesson=lesson):
            row.lesson_id, row.linked_by, row.tray_reason = lesson, TIMETABLE, ""
        case matching.NoneFound(why=why) | matching.Several(why=why):
            if row.lesson_id is None:
                row.tray_reason = why


def _make_lesson(session: Session, row: Recording, course_id: str) -> None:
    """Give an unplanned take its lesson, or that of the take it goes on from."""
    if row.lesson_id is None:
        row.lesson_id = _continued(session, row)
    if row.lesson_id is None:
        try:
            row.lesson_id = courses.unplanned_lesson(
                session,
                course_id=course_id,
                room_id=row.room_id,
                take_id=row.id,
                starts_at=row.started_at,
            ).id
        except NotFound:
            unknown = matching.NoneFound("the course that was chosen in the room is not known here")
            row.tray_reason = unknown.why
            return
    row.linked_by, row.tray_reason = ROOM, ""
    span.fit(session, row.lesson_id)


def _continued(session: Session, row: Recording) -> str | None:
    """The unplanned lesson that was paused, or broken off, before this take of the same course."""
    before = repository.before(session, row)
    if before is None or before.linked_by != ROOM or before.course != row.course:
        return None
    if before.ended_at is None or not rules.goes_on(before.end_reason):
        return None
    return before.lesson_id if row.started_at - before.ended_at <= rules.LONGEST_PAUSE else None


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
        raise Conflict(
            _("This recording already belongs to a lesson: take it out of that one first.")
        )
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
