"""A watch that sees and hears what a test says."""

import asyncio
from collections.abc import AsyncIterator

from edge_agent.ports.watch import Observation


class FakeWatch:
    """Implements `ports.watch.Watch`."""

    def __init__(self) -> None:
        self.is_open = False
        self.aims: list[tuple[str, str | None]] = []
        self._told: asyncio.Queue[tuple[Observation, ...]] = asyncio.Queue()

    def open(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False

    def aim(self, track: str, view: str | None) -> None:
        self.aims.append((track, view))

    async def observations(self) -> AsyncIterator[tuple[Observation, ...]]:
        while True:
            yield await self._told.get()
            self._told.task_done()

    async def tell(self, *observations: Observation) -> None:
        """Returns when it has been heard."""
        self._told.put_nowait(observations)
        await self._told.join()
