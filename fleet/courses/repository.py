"""SQL of courses, slots and lessons."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from fleet.classrooms.models import Room
from fleet.courses.models import Course, Lesson, Slot
from fleet.db.paths import within
from fleet.orgs.models import OrgUnit


def course(session: Session, course_id: str) -> Course | None:
    """A course by id."""
    return session.get(Course, course_id)


def course_by_slug(session: Session, slug: str) -> Course | None:
    """A course by its piece of an address."""
    return session.scalars(select(Course).where(Course.slug == slug)).first()


def courses(session: Session, reach: Sequence[str]) -> list[Course]:
    """Courses of units in these subtrees, and those of nobody, by title."""
    query = select(Course).order_by(Course.title, Course.id)
    if "" not in reach:
        units = select(OrgUnit.id).where(within(OrgUnit.path, reach))
        query = query.where(or_(Course.unit_id.is_(None), Course.unit_id.in_(units)))
    return list(session.scalars(query))


def courses_for_room(
    session: Session, room_id: str, unit_id: str, *, whole: bool, since: datetime, limit: int
) -> list[Course]:
    """Courses that meet in a room since then, and after them those of its organisation, by title.

    `whole` says that the organisation is the top one, to which courses of none belong.
    """
    slots = select(Slot.course_id).where(Slot.room_id == room_id, Slot.last_date >= since.date())
    lessons = select(Lesson.course_id).where(Lesson.room_id == room_id, Lesson.ends_at > since)
    meets = or_(Course.id.in_(slots), Course.id.in_(lessons))
    run = Course.unit_id == unit_id
    if whole:
        run = or_(run, Course.unit_id.is_(None))
    query = select(Course).where(or_(meets, run))
    order = (case((meets, 0), else_=1), Course.title, Course.id)
    return list(session.scalars(query.order_by(*order).limit(limit)))


def rooms_of_course(session: Session, course_id: str, since: datetime) -> set[str]:
    """Rooms in which a course meets since then."""
    slots = select(Slot.room_id).where(Slot.course_id == course_id, Slot.last_date >= since.date())
    lessons = select(Lesson.room_id).where(Lesson.course_id == course_id, Lesson.ends_at > since)
    return {*session.scalars(slots), *session.scalars(lessons)}


def slots(
    session: Session,
    *,
    course_id: str | None = None,
    room_id: str | None = None,
    reach: Sequence[str] = ("",),
) -> list[Slot]:
    """Slots, of a course or a room or all, in rooms of these subtrees."""
    query = select(Slot).order_by(Slot.weekday, Slot.starts, Slot.id)
    if "" not in reach:
        query = query.join(Room, Room.id == Slot.room_id).where(within(Room.path, reach))
    if course_id is not None:
        query = query.where(Slot.course_id == course_id)
    if room_id is not None:
        query = query.where(Slot.room_id == room_id)
    return list(session.scalars(query))


def slots_between(session: Session, first: date, last: date) -> list[Slot]:
    """Slots that may meet between two dates, inclusive."""
    query = select(Slot).where(Slot.first_date <= last, Slot.last_date >= first)
    return list(session.scalars(query.order_by(Slot.id)))


def expanded_dates(session: Session, slot_id: str, since: date) -> set[date]:
    """Dates of a slot, from `since` on, that are lessons already."""
    query = select(Lesson.local_date).where(Lesson.slot_id == slot_id, Lesson.local_date >= since)
    return {found for found in session.scalars(query) if found is not None}


def lesson(session: Session, lesson_id: str) -> Lesson | None:
    """A lesson by id."""
    return session.get(Lesson, lesson_id)


def lesson_made_for(session: Session, take_id: str) -> Lesson | None:
    """The lesson that was made of a take, if one was."""
    return session.scalars(select(Lesson).where(Lesson.made_for == take_id)).first()


def lessons_of_course(session: Session, course_id: str, reach: Sequence[str]) -> list[Lesson]:
    """The lessons of a course in rooms of these subtrees, the first meeting first."""
    query = select(Lesson).where(Lesson.course_id == course_id)
    if "" not in reach:
        query = query.join(Room, Room.id == Lesson.room_id).where(within(Room.path, reach))
    return list(session.scalars(query.order_by(Lesson.starts_at, Lesson.id)))


def lessons_between(
    session: Session, start: datetime, end: datetime, room_id: str | None = None
) -> list[Lesson]:
    """Lessons that overlap `[start, end)`, in one room or all, in order of time."""
    query = select(Lesson).where(Lesson.starts_at < end, Lesson.ends_at > start)
    if room_id is not None:
        query = query.where(Lesson.room_id == room_id)
    return list(session.scalars(query.order_by(Lesson.starts_at, Lesson.id)))


def last_number(session: Session, course_id: str) -> int:
    """The highest number given to a lesson of the course, or 0.

    Nobody else numbers its lessons until this transaction ends.
    """
    session.get_one(Course, course_id, with_for_update=True)
    query = select(func.max(Lesson.number)).where(Lesson.course_id == course_id)
    return session.scalar(query) or 0
