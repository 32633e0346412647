"""Where readings are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, get_args

from fleet.db import Session
from fleet.errors import FleetError

Aggregate = Literal["mean", "min", "max", "last", "count", "sum"]
AGGREGATES: tuple[Aggregate, ...] = get_args(Aggregate)
Sample = tuple[datetime, float]
"""The beginning of a step, UTC, and the aggregate of the readings in it."""


@dataclass(frozen=True, slots=True)
class Point:
    """One reading of one series: a device's measuring point in a room. `at` is the room's time.

    `site` is the id of the room's organisational unit; a store may need it to add up rooms.
    """

    room: str
    device: str
    point: str
    at: datetime
    value: float
    unit: str
    site: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """Which series: a measuring point of a device in a room."""

    room: str
    device: str
    point: str


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of time in steps of whole seconds; steps begin at multiples of their length.

    The first step is the one that `start` is in, the last one begins before `end`. A store may
    answer in longer steps, if it has kept nothing finer of that time. Steps without readings are
    left out.
    """

    start: datetime
    end: datetime
    step: int
    aggregate: Aggregate = "mean"


@dataclass(frozen=True, slots=True)
class Group:
    """The rooms of an organisational unit and of those below it, `units`, itself included."""

    unit: str
    units: tuple[str, ...]


class StoreDown(FleetError):
    """The metric store does not answer, or not in time: what became of a write is not known."""

    status = 503


class StoreRefused(FleetError):
    """The metric store answers and will not: its address, token or bucket is wrong."""

    status = 503


class ReadingsRefused(StoreRefused):
    """The metric store will not take, or not give, just these."""


class MetricStore(Protocol):
    """Numbers over time. `write` of the same reading again changes nothing.

    `session` is a transaction of the fleet's database; a store elsewhere does not need it. Stores
    elsewhere raise StoreDown and StoreRefused.
    """

    def write(self, session: Session, points: Sequence[Point]) -> None:
        """Keep readings; those of a store in the fleet's own database commit with the session."""
        ...

    def last(self, session: Session, room: str) -> list[Point]:
        """The newest reading of each series of a room, by device and point."""
        ...

    def range(self, session: Session, series: SeriesKey, asked: Range) -> list[Sample]:
        """One series, oldest first."""
        ...

    def grouped(
        self, session: Session, point: str, groups: Sequence[Group], asked: Range
    ) -> Mapping[str, list[Sample]]:
        """All series of a measuring point in each group together, by the group's unit.

        Each reading weighs the same, whichever room it is of.
        """
        ...

    def readings(
        self, session: Session, series: SeriesKey, start: datetime, end: datetime
    ) -> list[Sample]:
        """Readings of one series in `[start, end)` as they came, as far as they are still kept."""
        ...

    def retain(self, session: Session, now: datetime) -> int:
        """Forget a little of what is older than it has to be kept; how much that was.

        A store elsewhere has its own retention and forgets nothing here.
        """
        ...


class OutsideStore(MetricStore, Protocol):
    """A store that is not the fleet's database, and may be down when the fleet is not.

    Attributes:
        overwrites: writing a reading again changes nothing. Else it is there twice, and
            `missing` has to be asked before.
        settling: seconds after a write within which a crash of the store may lose it; 0: none.
    """

    overwrites: bool
    settling: float

    def send(self, points: Sequence[Point]) -> None:
        """Write; it does not need the fleet's database."""
        ...

    def missing(self, points: Sequence[Point]) -> list[Point]:
        """Those of the points that the store does not have."""
        ...
