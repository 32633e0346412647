"""Which courses a room may say an unplanned lesson belongs to."""

from datetime import datetime, timedelta

from contract.messages import CourseOffer
from fleet.classrooms import service as classrooms
from fleet.courses import repository
from fleet.courses.models import Course
from fleet.db import Session
from fleet.orgs import service as orgs

MOST = 50
"""More than anyone looks through on a touch panel."""

_LATELY = timedelta(days=14)


def offer(session: Session, room_id: str, now: datetime) -> None:
    """Tell a room the courses that meet there and those of its organisation, by title.

    When there are too many, those that meet there stay. Courses of no organisation belong to the
    top one.
    """
    session.flush()
    unit_id = classrooms.room(session, room_id).unit_id
    found = repository.courses_for_room(
        session,
        room_id,
        unit_id,
        whole=unit_id == orgs.root(session).id,
        since=now - _LATELY,
        limit=MOST,
    )
    offers = [CourseOffer(course=one.id, title=one.title) for one in found]
    offers.sort(key=lambda one: (one.title.casefold(), one.course))
    if offers or classrooms.desired(session, room_id) is not None:
        classrooms.set_desired(session, room_id, "courses", offers)


def offer_course(session: Session, course: Course, now: datetime) -> None:
    """Tell every room that may offer this course what it now offers."""
    session.flush()
    unit_id = course.unit_id or orgs.root(session).id
    rooms = {room.id for room in classrooms.rooms_of_unit(session, unit_id)}
    rooms |= repository.rooms_of_course(session, course.id, now - _LATELY)
    for room_id in sorted(rooms):
        offer(session, room_id, now)
