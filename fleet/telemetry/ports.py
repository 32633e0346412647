"""Where readings are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fleet.db import Session


@dataclass(frozen=True, slots=True)
class Point:
    """One reading of one series: a device's measuring point in a room. `at` is the room's time."""

    room: str
    device: str
    point: str
    at: datetime
    value: float
    unit: str


class MetricStore(Protocol):
    """Numbers over time. Writing the same reading again changes nothing."""

    def write(self, session: Session, points: Sequence[Point]) -> None:
        """Keep readings; those of one SQL database commit with the session."""
        ...

    def last(self, session: Session, room: str) -> list[Point]:
        """The newest reading of each series of a room, by device and point."""
        ...

    def range(
        self, session: Session, room: str, device: str, point: str, start: datetime, end: datetime
    ) -> list[tuple[datetime, float]]:
        """Readings of one series in `[start, end)`, oldest first."""
        ...
