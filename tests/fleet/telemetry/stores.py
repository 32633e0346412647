"""A metric store with rooms to have readings of, and how tests speak to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fleet.adapters import sql_sums
from fleet.classrooms import service as classrooms
from fleet.db import Database, new_id
from fleet.orgs import service as orgs
from fleet.orgs.models import OrgUnit
from fleet.telemetry.levels import Keeping
from fleet.telemetry.ports import Group, MetricStore, Point, Range, Sample, SeriesKey

NOON = (datetime.now(UTC) - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
"""Of yesterday: what is kept, and for how long, depends on today."""


@dataclass(slots=True)
class Kept:
    """A store, whatever is needed to use it, and two rooms in one country and one in another."""

    database: Database
    store: MetricStore
    rooms: list[str]
    units: Mapping[str, str]
    """Of "world", "ke" and "mn"; and that of each room by its id."""
    settle: Callable[[], None]
    """Return when what was written can be read."""

    def write(self, *points: Point) -> None:
        with self.database.write() as session:
            self.store.write(session, points)
        self.settle()

    def last(self, room: str) -> list[Point]:
        with self.database.read() as session:
            return self.store.last(session, room)

    def range(self, series: SeriesKey, asked: Range) -> list[Sample]:
        with self.database.read() as session:
            return self.store.range(session, series, asked)

    def readings(self, series: SeriesKey, start: datetime, end: datetime) -> list[Sample]:
        with self.database.read() as session:
            return self.store.readings(session, series, start, end)

    def grouped(self, point: str, names: Sequence[str], asked: Range) -> dict[str, list[Sample]]:
        with self.database.write() as session:
            while sql_sums.sum_units(session, Keeping(), datetime.now(UTC)):
                pass
        groups = [self.group(name) for name in names]
        with self.database.read() as session:
            found = self.store.grouped(session, point, groups, asked)
        return {name: found[self.units[name]] for name in names}

    def group(self, name: str) -> Group:
        unit = self.units[name]
        with self.database.read() as session:
            below = orgs.subtree(session, (orgs.get(session, unit).path,))
        return Group(unit, tuple(one.id for one in below))

    def point(
        self, seconds: float, value: float, *, room: int = 0, point: str = "cpu", device: str = "pc"
    ) -> Point:
        """A reading so many seconds after noon."""
        name = self.rooms[room]
        at = NOON + timedelta(seconds=seconds)
        return Point(name, device, point, at, value, "%", self.units[name])

    def key(self, room: int = 0, point: str = "cpu", device: str = "pc") -> SeriesKey:
        return SeriesKey(self.rooms[room], device, point)


def furnished(database: Database, store: MetricStore, settle: Callable[[], None]) -> Kept:
    """Rooms for a store."""
    with database.write() as session:
        root = orgs.root(session).id
        units = {"world": root}
        for name in ("ke", "mn"):
            made = OrgUnit(id=new_id(), parent_id=root, kind="country", name=name)
            made.path, made.code = f"{root}.{made.id}.", name
            session.add(made)
            units[name] = made.id
        session.flush()
        rooms = []
        for number, unit in enumerate(("ke", "ke", "mn")):
            room = classrooms.add_room(session, unit_id=units[unit], name=f"Lab {number}")
            rooms.append(room.id)
            units[room.id] = units[unit]
    return Kept(database, store, rooms, units, settle)
