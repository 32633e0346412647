"""Which meeting is to be recorded now, and when to look again. Pure; times are the fleet's."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from contract.messages import Meeting
from edge_agent.room.events import Slot

EARLY = timedelta(seconds=30)
"""A lesson already running goes on although a corrected clock says it starts a moment later."""


def slot_now(timetable: Sequence[Meeting], now: datetime, running: str | None) -> Slot | None:
    """The slot that is open at `now`.

    Where meetings overlap, the running one keeps the room until its own bell; with none
    running, the one that began first has it.
    """
    open_now = [meeting for meeting in timetable if is_open(meeting, now)]
    for meeting in timetable:
        if meeting.lesson == running and meeting.starts_at - EARLY <= now < meeting.ends_at:
            return Slot(meeting.lesson, meeting.ends_at)
    if not open_now:
        return None
    first = min(open_now, key=lambda m: (m.starts_at, m.ends_at, m.lesson))
    return Slot(first.lesson, first.ends_at)


def rang(timetable: Sequence[Meeting], now: datetime, running: str | None) -> bool:
    """Whether the running lesson is over, or no longer in the timetable."""
    return not any(m.lesson == running and now < m.ends_at for m in timetable)


def is_open(meeting: Meeting, now: datetime) -> bool:
    """Whether `now` lies in the meeting's half-open time."""
    return meeting.starts_at <= now < meeting.ends_at


def waiting(timetable: Sequence[Meeting], now: datetime, slot: Slot | None) -> tuple[str, ...]:
    """Lessons whose time has come while `slot` still has the room."""
    if slot is None:
        return ()
    return tuple(m.lesson for m in timetable if is_open(m, now) and m.lesson != slot.lesson)


def next_bell(timetable: Iterable[Meeting], now: datetime) -> datetime | None:
    """The next beginning or end of a meeting after `now`."""
    bells = (bell for m in timetable for bell in (m.starts_at, m.ends_at))
    return min((bell for bell in bells if bell > now), default=None)


def next_beginning(
    timetable: Iterable[Meeting], now: datetime, running: str | None
) -> datetime | None:
    """When another lesson than the running one begins next."""
    begins = (m.starts_at for m in timetable if m.lesson != running)
    return min((begin for begin in begins if begin > now), default=None)


def sound(timetable: Iterable[Meeting]) -> tuple[tuple[Meeting, ...], tuple[str, ...]]:
    """The meetings that make sense, in order of time, and what is wrong with the others."""
    good: dict[str, Meeting] = {}
    wrong: list[str] = []
    for meeting in timetable:
        if meeting.ends_at <= meeting.starts_at:
            wrong.append(f"lesson {meeting.lesson} ends before it starts")
        elif meeting.lesson in good:
            wrong.append(f"lesson {meeting.lesson} is there twice")
        else:
            good[meeting.lesson] = meeting
    ordered = sorted(good.values(), key=lambda m: (m.starts_at, m.ends_at, m.lesson))
    return tuple(ordered), tuple(wrong)
