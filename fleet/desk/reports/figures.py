"""Figures of a month from what happened in it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

RUNNING = frozenset({"on", "warming"})
WEEK_HOURS = 40.0
"""Hours a week in which a room could be used: five days of eight hours."""


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in a time zone: half-open `[start, end)`."""

    first: date
    start: datetime
    end: datetime

    @property
    def weeks(self) -> float:
        """Its length in weeks."""
        return (self.end - self.start) / timedelta(weeks=1)


def month(text: str, zone: str, now: datetime) -> Month | None:
    """The month written `2026-11`; of `now` when nothing is; None if it is no month."""
    local = ZoneInfo(zone)
    try:
        first = date.fromisoformat(f"{text}-01") if text else now.astimezone(local).date()
    except ValueError:
        return None
    first = first.replace(day=1)
    if not 2000 <= first.year <= 2200:
        return None
    after = (first + timedelta(days=32)).replace(day=1)
    start, end = (datetime(d.year, d.month, 1, tzinfo=local) for d in (first, after))
    return Month(first, start, end)


@dataclass(frozen=True, slots=True)
class Taught:
    """A lesson of the timetable and how much of it is recorded, in seconds."""

    room: str
    starts_at: datetime
    ends_at: datetime
    recorded: float


@dataclass(frozen=True, slots=True)
class Use:
    """What a room was used for. `missed` are lessons that are over and of which nothing is held."""

    lessons: int = 0
    recorded: int = 0
    missed: int = 0
    hours: float = 0.0
    hours_recorded: float = 0.0

    def __add__(self, other: "Use") -> "Use":
        """Both together."""
        return Use(
            self.lessons + other.lessons,
            self.recorded + other.recorded,
            self.missed + other.missed,
            self.hours + other.hours,
            self.hours_recorded + other.hours_recorded,
        )

    def share(self, weeks: float, rooms: int = 1) -> float:
        """Lesson hours of the hours there were, 0 to 1 and more in a busy room."""
        possible = weeks * WEEK_HOURS * rooms
        return self.hours / possible if possible else 0.0


def use(lessons: Iterable[Taught], now: datetime) -> dict[str, Use]:
    """Use by room, of lessons that have begun by `now`."""
    found: dict[str, Use] = {}
    for one in lessons:
        if one.starts_at > now:
            continue
        over = one.ends_at <= now
        held = one.recorded > 0
        mine = Use(
            lessons=1,
            recorded=int(held),
            missed=int(over and not held),
            hours=(min(one.ends_at, now) - one.starts_at) / timedelta(hours=1),
            hours_recorded=one.recorded / 3600,
        )
        found[one.room] = found.get(one.room, Use()) + mine
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """A device's power from a moment on; `power` is "" while it does not answer."""

    at: datetime
    power: str


def running_hours(changes: Sequence[Change], start: datetime, end: datetime) -> float:
    """Hours within `[start, end)` in which a device ran, by changes in order of time.

    Before the first change nothing is known, and nothing counted.
    """
    total = timedelta()
    for index, change in enumerate(changes):
        until = changes[index + 1].at if index + 1 < len(changes) else end
        if change.power in RUNNING:
            total += max(min(until, end) - max(change.at, start), timedelta())
    return total / timedelta(hours=1)


def energy(hours: Mapping[str, float], watts: Mapping[str, float]) -> float | None:
    """Kilowatt-hours of running hours by role, by the rated watts of each role.

    None when no device that ran has a rating: nothing is better than a number out of thin air.
    """
    rated = {role: hours[role] * watts[role] / 1000 for role in hours if role in watts}
    return sum(rated.values()) if rated else None
