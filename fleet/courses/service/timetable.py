"""The weekly timetable, and the lessons it becomes."""

import logging
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from fleet.classrooms import service as classrooms
from fleet.courses import repository, rules
from fleet.courses.models import Slot
from fleet.courses.service import clashes, lessons
from fleet.courses.service.catalogue import course
from fleet.db import Session
from fleet.errors import Refused
from fleet.web.language import gettext as _

log = logging.getLogger(__name__)


def add_slot(
    session: Session,
    *,
    course_id: str,
    room_id: str,
    weekday: int,
    starts: time,
    minutes: int,
    first_date: date,
    last_date: date,
    now: datetime,
) -> Slot:
    """Let a course meet weekly in a room, and make the lessons of the next two weeks.

    Args:
        session: a write transaction.
        course_id: the course.
        room_id: the room; its wall clock is meant.
        weekday: 0 is Monday.
        starts: by the room's wall clock.
        minutes: how long, 1 to 720.
        first_date: the first day it may meet.
        last_date: the last day it may meet.
        now: UTC.

    Raises:
        NotFound: no such course or room.
        Refused: a field is out of range.
        Conflict: the room is taken at that time.
    """
    course(session, course_id)
    zone = classrooms.room(session, room_id).timezone
    if not 0 <= weekday <= 6:
        raise Refused(_("Choose a day of the week."), field="weekday")
    _check_minutes(minutes)
    if last_date < first_date:
        raise Refused(_("The last day is before the first."), field="last_date")
    slot = Slot(
        course_id=course_id,
        room_id=room_id,
        weekday=weekday,
        starts=starts.replace(second=0, microsecond=0, tzinfo=None),
        minutes=minutes,
        first_date=first_date,
        last_date=last_date,
    )
    clashes.check_slot(session, slot, zone, now)
    session.add(slot)
    session.flush()
    expand_slots(session, now)
    return slot


def slots_of_course(session: Session, course_id: str, reach: Sequence[str] = ("",)) -> list[Slot]:
    """When and where a course meets each week, in rooms of these subtrees."""
    return repository.slots(session, course_id=course_id, reach=reach)


def expand_slots(session: Session, now: datetime, horizon: timedelta = lessons.HORIZON) -> int:
    """Make lessons of the meetings of the next days that are none yet, and tell their rooms.

    Call it as often as you like; a lesson is made once. Returns how many were made.
    """
    made = 0
    rooms: set[str] = set()
    first, last = now.date() - timedelta(days=2), (now + horizon).date() + timedelta(days=2)
    for slot in repository.slots_between(session, first, last):
        rooms.add(slot.room_id)
        zone = classrooms.room(session, slot.room_id).timezone
        known = repository.expanded_dates(session, slot.id, first)
        for meeting in rules.occurrences(clashes.weekly(slot, zone), now, now + horizon):
            if meeting.local_date in known:
                continue
            added = lessons.new_lesson(
                session,
                course(session, slot.course_id),
                slot.room_id,
                "",
                meeting.starts_at,
                meeting.ends_at,
            )
            added.slot_id, added.local_date = slot.id, meeting.local_date
            made += 1
    session.flush()
    for room_id in sorted(rooms):
        lessons.push_timetable(session, room_id, now)
    if made:
        log.info("made %d lessons of the timetable", made)
    return made


def _check_minutes(minutes: int) -> None:
    if not 0 < minutes <= lessons.LONGEST.total_seconds() / 60:
        raise Refused(_("A lesson lasts between 1 minute and 12 hours."), field="minutes")
