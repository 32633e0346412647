"""One room, one course at a time."""

from datetime import UTC, date, datetime, time, timedelta

from fleet.courses import repository, rules
from fleet.courses.models import Slot
from fleet.courses.service.catalogue import course
from fleet.db import Session
from fleet.errors import Conflict
from fleet.web.language import gettext as _

_FAR = timedelta(days=366)


def weekly(slot: Slot, zone: str) -> rules.Weekly:
    """A slot as the rules see it; `zone` is its room's."""
    return rules.Weekly(
        slot.weekday, slot.starts, slot.minutes, slot.first_date, slot.last_date, zone
    )


def check_slot(session: Session, slot: Slot, zone: str, now: datetime) -> None:
    """Raise Conflict when a slot would meet while another slot or a lesson has the room."""
    wanted = weekly(slot, zone)
    for other in repository.slots(session, room_id=slot.room_id):
        if day := rules.clash(wanted, weekly(other, zone)):
            raise _taken(session, other.course_id, day, "starts")
    start = max(now, datetime.combine(slot.first_date, time.min, UTC) - timedelta(days=1))
    for lesson in repository.lessons_between(session, start, start + _FAR, slot.room_id):
        if meeting := next(rules.occurrences(wanted, lesson.starts_at, lesson.ends_at), None):
            raise _taken(session, lesson.course_id, meeting.local_date, "starts")


def check_lesson(
    session: Session, room_id: str, zone: str, starts_at: datetime, ends_at: datetime
) -> None:
    """Raise Conflict when another lesson, or a slot to come, has the room at that time."""
    for other in repository.lessons_between(session, starts_at, ends_at, room_id):
        raise _taken(session, other.course_id, other.starts_at.date(), "starts_at")
    for slot in repository.slots(session, room_id=room_id):
        for meeting in rules.occurrences(weekly(slot, zone), starts_at, ends_at):
            # A meeting that is a lesson already was looked at above, where it is now.
            if meeting.local_date not in repository.expanded_dates(session, slot.id, date.min):
                raise _taken(session, slot.course_id, meeting.local_date, "starts_at")


def _taken(session: Session, course_id: str, day: date, field: str) -> Conflict:
    text = _(
        "The room is taken: %(course)s meets there on %(day)s.",
        course=course(session, course_id).title,
        day=day.isoformat(),
    )
    return Conflict(text, field=field)
