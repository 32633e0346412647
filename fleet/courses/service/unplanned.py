"""Lessons that nobody planned: made of their recordings, for the course chosen in the room."""

from datetime import datetime

from fleet.classrooms import service as classrooms
from fleet.courses import repository
from fleet.courses.models import Lesson
from fleet.courses.service.catalogue import course
from fleet.courses.service.lessons import lesson, new_lesson
from fleet.db import Session


def unplanned_lesson(
    session: Session, *, course_id: str, room_id: str, take_id: str, starts_at: datetime
) -> Lesson:
    """The lesson of an unplanned take, made when it is first asked for.

    The room is taken, whatever the timetable says, and is not told: it knows. How long the lesson
    is `set_span` says.

    Raises:
        NotFound: no such course or room.
    """
    made = repository.lesson_made_for(session, take_id)
    if made is not None:
        return made
    classrooms.room(session, room_id)
    made = new_lesson(session, course(session, course_id), room_id, "", starts_at, starts_at)
    made.made_for = take_id
    session.flush()
    return made


def set_span(session: Session, lesson_id: str, starts_at: datetime, ends_at: datetime) -> None:
    """When the takes of an unplanned lesson began and ended; a planned one stays as planned."""
    found = lesson(session, lesson_id)
    if found.made_for is not None:
        found.starts_at, found.ends_at = starts_at, ends_at
