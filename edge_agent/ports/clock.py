"""Time as the agent sees it."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Fleet time, counted on a clock that no one can set."""

    def now(self) -> datetime:
        """The fleet's time in UTC as well as the room knows it; never jumps with the PC's clock."""

    def monotonic(self) -> float:
        """`time.monotonic()`: seconds, what takes are timed by."""

    async def sleep(self, seconds: float) -> None:
        """Wait; 0 lets others run."""

    def heard(self, fleet_time: datetime, sent_at: float | None) -> None:
        """The fleet named its time just now, in answer to what was sent at monotonic `sent_at`.

        None: when it was sent is not known, e.g. because it was sent twice.
        """

    @property
    def trusted(self) -> bool:
        """Whether the fleet's time is known, from the fleet or from what was remembered."""

    @property
    def offset(self) -> float | None:
        """Seconds by which the fleet's clock is ahead of the PC's; None: not yet known."""


class PcClock(Clock, Protocol):
    """The same, seen by who looks after it."""

    def step(self) -> float | None:
        """By how many seconds the PC's clock was set since the last call, or None."""

    def saved(self) -> bytes:
        """What to remember over a restart."""
