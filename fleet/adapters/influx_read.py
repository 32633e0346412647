"""What a reader of an outside store can be asked."""

from collections.abc import Mapping
from typing import Protocol

from fleet.telemetry.ports import Aggregate, Point, Sample

Where = Mapping[str, tuple[str, ...]]
"""By tag, the values (as tags, see `influx_lines`) of which a series has one."""


class Reader(Protocol):
    """Reads in the store's own language. Raises StoreDown and StoreRefused."""

    def aggregated(
        self, where: Where, first: int, end: int, step: int, aggregate: Aggregate
    ) -> list[Sample]:
        """All these series together in steps from second `first` on; `end` is a step's end."""
        ...

    def raw(self, where: Where, start: int, end: int) -> list[tuple[Point, int]]:
        """Readings in `[start, end)`, in microseconds, and the time that the store knows."""
        ...

    def newest(self, room: str) -> list[Point]:
        """The newest reading of each series of a room."""
        ...
