"""The sample: the institutions of the first deployment, two classrooms with a PC, a course."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.errors import NotFound
from standalone import sites

COURSE = "How water shapes the land"
SLUG = "water"
PAUSE = timedelta(seconds=2)
LONGEST_LESSON = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Place:
    """A simulated classroom: where it stands, and the folder of its agent."""

    institution: str
    room: str
    zone: str
    folder: str


FIRST = Place("University of Nairobi", "Lecture room 101", "Africa/Nairobi", "classroom")
NEIGHBOUR = Place("Tribhuvan University", "Seminar room 7", "Asia/Kathmandu", "classroom-2")
"""Records nothing; its projector's lamp has failed, so that there is an alarm to see."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Ids of the first classroom, the sample course and the second classroom."""

    room: str
    course: str
    neighbour: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """A timetabled lesson; times are UTC."""

    lesson: str
    number: int
    title: str
    starts_at: datetime
    ends_at: datetime


def prepare(session: Session, now: datetime) -> Sample:
    """The institutions, rooms and course, made when they are not there yet."""
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
    institutions = sites.prepare(session)
    first, neighbour = (_room(session, institutions, place) for place in (FIRST, NEIGHBOUR))
    return Sample(first, course.id, neighbour)


def _room(session: Session, institutions: Mapping[str, str], place: Place) -> str:
    unit = institutions[place.institution]
    for room in classrooms.rooms_of_unit(session, unit):
        if room.name == place.room:
            return room.id
    return classrooms.add_room(session, unit_id=unit, name=place.room, timezone=place.zone).id


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
