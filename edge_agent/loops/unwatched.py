"""The touch page's monitor in a room whose sources are not watched."""

from collections.abc import AsyncIterator

from edge_agent.ports.clock import Clock
from edge_agent.ports.touch import LOOK_SECONDS, Level, Picture

_LOOK_SECONDS = 1.0


class Unwatched:
    """Implements `ports.touch.Monitor`: every source is closed to it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def look(self, seconds: float = LOOK_SECONDS) -> None:
        """Nothing is opened."""

    def picture(self, track: str) -> Picture | None:
        """None."""
        return None

    def heard(self) -> tuple[Level, ...]:
        """No level."""
        return ()

    async def levels(self) -> AsyncIterator[tuple[Level, ...]]:
        """No level, so that the page sees that the room is there."""
        while True:
            yield ()
            await self._clock.sleep(_LOOK_SECONDS)
