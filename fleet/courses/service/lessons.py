"""Lessons: added, found, told to their rooms."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from contract.messages import Meeting
from fleet.classrooms import service as classrooms
from fleet.courses import matching, repository
from fleet.courses.models import Course, Lesson
from fleet.courses.service import clashes, offers
from fleet.courses.service.catalogue import course
from fleet.db import Session
from fleet.errors import NotFound, Refused
from fleet.web.language import gettext as _

HORIZON = timedelta(days=14)
"""How far ahead lessons are made of slots and told to rooms."""

LONGEST = timedelta(hours=12)
"""No lesson is longer."""


def add_lesson(
    session: Session,
    course_id: str,
    room_id: str,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    now: datetime | None = None,
) -> Lesson:
    """Add a single lesson and tell its room. Times have an offset; an empty title is made up.

    Raises:
        NotFound: no such course or room.
        Refused: it would end before it starts, or last longer than 12 hours.
        Conflict: the room is taken at that time.
    """
    found = course(session, course_id)
    zone = classrooms.room(session, room_id).timezone
    starts_at, ends_at = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    if ends_at <= starts_at:
        raise Refused(_("The lesson would end before it starts."), field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise Refused(_("A lesson lasts at most 12 hours."), field="ends_at")
    clashes.check_lesson(session, room_id, zone, starts_at, ends_at)
    added = new_lesson(session, found, room_id, title.strip(), starts_at, ends_at)
    push_timetable(session, room_id, now or datetime.now(UTC))
    return added


def lesson(session: Session, lesson_id: str) -> Lesson:
    """A lesson by id. Raises NotFound."""
    found = repository.lesson(session, lesson_id)
    if found is None:
        raise NotFound(_("There is no such lesson."))
    return found


def lessons_of_course(
    session: Session, course_id: str, reach: Sequence[str] = ("",)
) -> list[Lesson]:
    """The lessons of a course in rooms of these subtrees, the first meeting first."""
    return repository.lessons_of_course(session, course_id, reach)


def lessons_in_room(session: Session, room_id: str, start: datetime, end: datetime) -> list[Lesson]:
    """Lessons of a room that overlap `[start, end)`, in order of time."""
    return repository.lessons_between(session, start, end, room_id)


def lessons_between(session: Session, start: datetime, end: datetime) -> list[Lesson]:
    """Lessons of all rooms that overlap `[start, end)`, in order of time."""
    return repository.lessons_between(session, start, end)


def candidates(
    session: Session, room_id: str, started_at: datetime, ended_at: datetime | None
) -> list[matching.Candidate]:
    """The lessons that a take of this room might be of, wide enough for a clock that was wrong.

    A lesson that nobody planned is of its own takes and of no other.
    """
    reach = matching.HINT_REACH + timedelta(hours=1)
    found = repository.lessons_between(
        session, started_at - reach, (ended_at or started_at) + reach, room_id
    )
    return [
        matching.Candidate(one.id, one.starts_at, one.ends_at)
        for one in found
        if one.made_for is None
    ]


def push_timetable(session: Session, room_id: str, now: datetime) -> None:
    """Tell a room its lessons that are not over, for the next two weeks, and its courses."""
    session.flush()
    meetings = [
        Meeting(
            lesson=one.id,
            course=one.course_id,
            title=one.title,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
        )
        for one in repository.lessons_between(session, now, now + HORIZON, room_id)
        if one.made_for is None
    ]
    classrooms.set_desired(session, room_id, "timetable", meetings)
    offers.offer(session, room_id, now)


def new_lesson(
    session: Session,
    of: Course,
    room_id: str,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
) -> Lesson:
    """A lesson row with the next number; the caller has checked everything."""
    number = repository.last_number(session, of.id) + 1
    added = Lesson(
        course_id=of.id,
        room_id=room_id,
        title=(title or f"{of.title} {number}")[:200],
        number=number,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    session.add(added)
    session.flush()
    return added
