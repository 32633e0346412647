"""Orders whose answer is a file: it is made, handed to the fleet, and then told of."""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from contract.messages import Order
from edge_agent.backoff import Backoff
from edge_agent.errors import Unreachable
from edge_agent.loops.bus import Bus
from edge_agent.loops.order_arguments import NotObeyed
from edge_agent.loops.sight import Sight
from edge_agent.loops.signals import PictureTaken
from edge_agent.ports.clock import Clock
from edge_agent.ports.order_files import OrderFiles
from edge_agent.room.model import Source

logger = logging.getLogger(__name__)

JPEG: Final = "image/jpeg"
ZIP: Final = "application/zip"
PICTURE_SECONDS: Final = 10.0
TRIES: Final = 5
MOST_PAUSE_SECONDS: Final = 30.0

Still = Callable[[Source], Awaitable[bytes | None]]
"""A JPEG of what a source shows, in its full size, taken beside whoever else looks; None where it
cannot be opened twice."""


class FileOrders:
    """Makes the files.

    Args:
        sources: of the room.
        sight: what may be seen.
        still: for what can be had larger than the watcher sees it.
        collect: the agent's logs as a .zip.
        files: hands them to the fleet.
        clock: time.
        bus: tells the touch page that a picture is taken.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        sight: Sight,
        still: Still,
        collect: Callable[[], Awaitable[bytes]],
        files: OrderFiles,
        clock: Clock,
        bus: Bus,
    ) -> None:
        self._sources = sources
        self._sight = sight
        self._still = still
        self._collect = collect
        self._files = files
        self._clock = clock
        self._bus = bus

    def source(self, track: str | None) -> Source:
        """The source that a screenshot is of: a presentation, unless a track is named.

        Raises:
            NotObeyed: there is none, or it may not be seen.
        """
        seen = [source for source in self._sources if not source.is_audio]
        if track is not None:
            seen = [source for source in seen if source.track == track]
        # Of one kind, in the order of the configuration.
        seen.sort(key=lambda source: source.kind != "screen")
        if not seen:
            tracks = ", ".join(s.track for s in self._sources if not s.is_audio) or "none"
            raise NotObeyed(f"track: this room has no such picture, only {tracks}")
        if why := self._sight.why_not(seen[0]):
            raise NotObeyed(f"{seen[0].track}: {why}")
        return seen[0]

    async def screenshot(self, order: Order, source: Source) -> dict[str, Any]:
        """Send a still; what the reply says of it.

        Raises:
            EdgeError: there is no picture, or the fleet does not take it.
        """
        self._bus.publish(PictureTaken())
        picture = await self._still(source) if self._sight.may_open else None
        picture = picture or await self._sight.still(source, PICTURE_SECONDS)
        if picture is None:
            raise Unreachable(f"{source.track} shows nothing now")
        return {**await self._sent(order, picture, JPEG), "track": source.track}

    async def logs(self, order: Order) -> dict[str, Any]:
        """Send the logs; what the reply says of them.

        Raises:
            EdgeError: the fleet does not take them.
        """
        return await self._sent(order, await self._collect(), ZIP)

    async def _sent(self, order: Order, content: bytes, kind: str) -> dict[str, Any]:
        backoff = Backoff(MOST_PAUSE_SECONDS)
        for left in reversed(range(TRIES)):
            try:
                await self._files.send(order.id, content, kind)
            except Unreachable as error:
                if not left or self._clock.now() >= order.not_after:
                    raise
                logger.info("the file of order %s is sent again: %s", order.id, error)
                await self._clock.sleep(backoff.next())
            else:
                break
        digest = hashlib.sha256(content).hexdigest()
        return {"file": {"bytes": len(content), "type": kind, "sha256": digest}}
