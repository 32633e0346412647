"""When a weekly slot meets, in UTC, through changes of summer time. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Weekly:
    """A weekly meeting by the wall clock of `zone` (IANA name); dates are inclusive."""

    weekday: int
    starts: time
    minutes: int
    first_date: date
    last_date: date
    zone: str


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One meeting of a weekly slot; times in UTC."""

    local_date: date
    starts_at: datetime
    ends_at: datetime


def occurrences(weekly: Weekly, start: datetime, end: datetime) -> Iterator[Occurrence]:
    """Meetings that overlap `[start, end)`, in order.

    A wall-clock time that summer time skips is moved on by the hour that is missing; of a time
    that comes twice, the first is meant. A meeting always lasts its full minutes.
    """
    zone = ZoneInfo(weekly.zone)
    length = timedelta(minutes=weekly.minutes)
    around = start.astimezone(zone).date() - timedelta(days=1) - length
    day = max(weekly.first_date, around)
    day += timedelta(days=(weekly.weekday - day.weekday()) % 7)
    while day <= weekly.last_date:
        starts_at = datetime.combine(day, weekly.starts, zone).astimezone(UTC)
        if starts_at >= end:
            return
        if starts_at + length > start:
            yield Occurrence(day, starts_at, starts_at + length)
        day += timedelta(days=7)


def clash(one: Weekly, other: Weekly) -> date | None:
    """The first local date of `one` on which the two would be in the room at the same time."""
    zone = ZoneInfo(one.zone)
    start = datetime.combine(max(one.first_date, other.first_date), time.min, zone)
    end = datetime.combine(min(one.last_date, other.last_date), time.max, zone)
    for meeting in occurrences(one, start, end):
        if next(occurrences(other, meeting.starts_at, meeting.ends_at), None):
            return meeting.local_date
    return None


def slug_of(title: str) -> str:
    """A piece of an address made from a title; empty when the title has no Latin letters."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
