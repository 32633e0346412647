"""How much of the line uploads may take: a token bucket."""

from edge_agent.ports.clock import Clock

_BURST_SECONDS = 0.5


class Bandwidth:
    """Lets bytes through at a rate; what was not used is kept for half a second, no longer."""

    def __init__(self, clock: Clock, bytes_per_second: int | None = None) -> None:
        self._clock = clock
        self._rate = bytes_per_second
        self._tokens = 0.0
        self._at = clock.monotonic()

    @property
    def rate(self) -> int | None:
        """Bytes a second; None is no limit."""
        return self._rate

    def limit(self, bytes_per_second: int | None) -> None:
        """Use this rate from now on."""
        self._rate = bytes_per_second

    async def take(self, count: int) -> None:
        """Wait until `count` more bytes may go."""
        if self._rate is None:
            return
        at = self._clock.monotonic()
        self._tokens = min(self._tokens + (at - self._at) * self._rate, self._rate * _BURST_SECONDS)
        self._at = at
        self._tokens -= count
        if self._tokens < 0:
            await self._clock.sleep(-self._tokens / self._rate)
