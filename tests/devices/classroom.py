"""The simulated classroom in a thread of its own, for tests whose agent is another process."""

import asyncio
import threading
from types import TracebackType
from typing import Self

from simulator.classroom import Classroom

_START_SECONDS = 10.0


class ClassroomThread:
    """`with` it; `room` is the `Classroom`, whose faults may be set from any thread."""

    def __init__(self, *, warm_up: float, cool_down: float) -> None:
        self.room = Classroom(warm_up=warm_up, cool_down=cool_down)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="classroom", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(_START_SECONDS), "the simulated classroom did not start"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._loop is not None
        assert self._over is not None
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_START_SECONDS)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with self.room:
            self._ready.set()
            await self._over.wait()
