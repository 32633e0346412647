"""The monthly report of an institution."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Room
from fleet.db import Session
from fleet.desk.reports import figures, repository
from fleet.desk.reports.figures import Month, Use


@dataclass(frozen=True, slots=True)
class RoomUse:
    """A row of the report: a room, what it was used for, and its devices' hours by role."""

    room: Room
    use: Use
    share: float
    hours: Mapping[str, float]
    energy: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """A month of an institution. `watts` are what the energy was reckoned with."""

    month: Month
    rooms: list[RoomUse]
    total: Use
    share: float
    hours: Mapping[str, float]
    energy: float | None
    watts: Mapping[str, float]


def report(
    session: Session, unit_id: str, month: Month, watts: Mapping[str, float], now: datetime
) -> Report:
    """The report; a month that is not over counts what has happened by `now`."""
    end = min(month.end, now)
    uses = figures.use(repository.lessons(session, unit_id, month.start, month.end), now)
    changed = repository.changes(session, unit_id, month.start, end)
    by_room: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for device in repository.devices(session, unit_id):
        known = changed.get((device.room_id, device.name), [])
        ran = figures.running_hours(known, month.start, end)
        by_room[device.room_id][device.role] += ran
    rows = []
    total, together = Use(), defaultdict[str, float](float)
    for room in classrooms.rooms_of_unit(session, unit_id):
        mine, hours = uses.get(room.id, Use()), by_room.get(room.id, {})
        total += mine
        for role, ran in hours.items():
            together[role] += ran
        share = mine.share(month.weeks)
        rows.append(RoomUse(room, mine, share, hours, figures.energy(hours, watts)))
    rows.sort(key=lambda row: (row.room.name, row.room.id))
    return Report(
        month,
        rows,
        total,
        total.share(month.weeks, len(rows)),
        together,
        figures.energy(together, watts),
        watts,
    )
