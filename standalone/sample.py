"""The sample course: an institution, a room, a course, and one more lesson at each start."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.errors import NotFound
from fleet.orgs import service as orgs

INSTITUTION = "Sample University"
ROOM = "Lecture room 101"
COURSE = "How water shapes the land"
SLUG = "water"


@dataclass(frozen=True, slots=True)
class Sample:
    """Ids of the sample room and course."""

    room: str
    course: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """A timetabled lesson; times are UTC."""

    lesson: str
    number: int
    title: str
    starts_at: datetime
    ends_at: datetime


def prepare(session: Session, now: datetime) -> Sample:
    """The sample's room and course, made when they are not there yet."""
    try:
        course = courses.course_by_slug(session, SLUG)
    except NotFound:
        course = courses.add_course(
            session,
            title=COURSE,
            slug=SLUG,
            description="A sample course, recorded by a simulated classroom.",
            language="en",
            now=now,
        )
    for room in classrooms.rooms(session):
        if room.name == ROOM:
            return Sample(room.id, course.id)
    institution = orgs.add(
        session, parent_id=orgs.root(session).id, kind="institution", name=INSTITUTION
    )
    room = classrooms.add_room(session, unit_id=institution.id, name=ROOM, timezone="UTC")
    return Sample(room.id, course.id)


def timetable_lesson(
    session: Session, sample: Sample, starts_at: datetime, seconds: float, now: datetime
) -> Meeting:
    """Put one more lesson of the course into the room's timetable."""
    lesson = courses.add_lesson(
        session,
        sample.course,
        sample.room,
        "",
        starts_at,
        starts_at + timedelta(seconds=seconds),
        now=now,
    )
    return Meeting(lesson.id, lesson.number, lesson.title, lesson.starts_at, lesson.ends_at)
