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
PAUSE = timedelta(seconds=2)
LONGEST_LESSON = timedelta(hours=4)


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
    session: Session, sample: Sample, now: datetime, ahead: float, seconds: float
) -> Meeting:
    """Put one more lesson of the course into the room's timetable, `ahead` seconds from `now`.

    Later if need be: a killed run may have left a lesson that is still on, and its room goes on
    recording it.
    """
    starts_at = (now + timedelta(seconds=ahead)).replace(microsecond=0)
    end = starts_at + timedelta(seconds=seconds)
    for other in sorted(
        courses.lessons_in_room(session, sample.room, now, end + LONGEST_LESSON),
        key=lambda lesson: lesson.starts_at,
    ):
        if other.starts_at < end and other.ends_at > starts_at:
            starts_at = other.ends_at + PAUSE
            end = starts_at + timedelta(seconds=seconds)
    lesson = courses.add_lesson(session, sample.course, sample.room, "", starts_at, end, now=now)
    return Meeting(lesson.id, lesson.number, lesson.title, lesson.starts_at, lesson.ends_at)
