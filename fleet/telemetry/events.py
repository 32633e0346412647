"""What telemetry announces, on the bus, in the transaction in which the readings are kept."""

from dataclasses import dataclass
from datetime import datetime

from fleet.telemetry.ports import Point


@dataclass(frozen=True, slots=True)
class ReadingsCame:
    """A report of a room was taken in: once, though it may be late, and others may be newer.

    Attributes:
        at: the room's time of the report; that of each point is in it.
        points: its readings; never empty.
    """

    room_id: str
    agent_id: str
    at: datetime
    points: tuple[Point, ...]
