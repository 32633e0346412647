"""Carrying out a touch: once, however often the finger bounced, and within a time limit."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from edge_agent.ports.touch import NO_ANSWER, Done

log = logging.getLogger(__name__)

BOUNCE_SECONDS = 0.8
_LONGEST = 12.0  # a little more than the port allows


@dataclass(slots=True)
class _Last:
    """What was last asked of one address."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    fields: dict[str, str] = field(default_factory=dict)
    at: float = float("-inf")
    done: Done = field(default_factory=lambda: Done(False))


@dataclass(slots=True)
class Touches:
    """The same touch again, while the first is at work or just after it, gets its answer.

    Something else asked of the same lesson or device in between makes it a new one.
    """

    _last: dict[str, _Last] = field(default_factory=dict)
    _newest: dict[str, str] = field(default_factory=dict)

    async def do(
        self, path: str, fields: dict[str, str], act: Callable[[], Awaitable[Done]]
    ) -> Done:
        """What became of it. `path` is one of the few that exist, checked by the caller."""
        last = self._last.setdefault(path, _Last())
        subject = path.rpartition("/")[0]
        loop = asyncio.get_running_loop()
        async with last.lock:
            soon = loop.time() - last.at < BOUNCE_SECONDS
            if soon and last.fields == fields and self._newest.get(subject) == path:
                return last.done
            self._newest[subject] = path
            done = await _carried_out(path, act)
            last.fields, last.at, last.done = fields, loop.time(), done
            return done


async def _carried_out(path: str, act: Callable[[], Awaitable[Done]]) -> Done:
    try:
        async with asyncio.timeout(_LONGEST):
            return await act()
    except TimeoutError:
        log.warning("the room did not answer %s within %d s", path, _LONGEST)
        return Done(False, NO_ANSWER)
