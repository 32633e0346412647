"""The body of one request on its way from the network to the disk.

While a thread writes and digests one batch, the event loop gathers the next; a second thread
pushes what is written to the disk. So neither the network nor the disk waits for the other, and
the memory used is two batches.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from fleet.recordings.tus.errors import TooLarge
from fleet.recordings.tus.part import Part

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

Ending = Literal["whole", "broken", "stalled"]
"""How a body ended: as it should, with its connection, or by not coming any more."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is at stake at a time.

    Attributes:
        batch_bytes: gathered before a thread writes them. Measured: half a mebibyte is still in the
            processor's cache then, and 4 MiB took up to twice as long.
        sync_bytes: written before they are pushed to the disk and noted.
        sync_seconds: pushed and noted at least this often, on links that need a while.
        idle_seconds: a body that stops for so long is given up.
    """

    batch_bytes: int = 512 * 1024
    sync_bytes: int = 64 * 1024 * 1024
    sync_seconds: float = 2.0
    idle_seconds: float = 30.0


class Reception:
    """Receives one body into a part.

    Args:
        threads: where blocking work is done.
        part: opened and resumed.
        room: bytes that may come.
        commit: notes in a thread that so many bytes are on the disk; None: only all or nothing.
        algorithm: of the digest over this body alone, or None.
    """

    def __init__(
        self,
        threads: Executor,
        part: Part,
        room: int,
        pace: Pace,
        commit: Callable[[int], object] | None,
        algorithm: str | None,
    ) -> None:
        self._threads = threads
        self._part = part
        self._room = room
        self._pace = pace
        self._commit = commit
        self._checked = hashlib.new(algorithm) if algorithm else None
        self._received = 0
        self._writing: asyncio.Future[None] | None = None
        self._syncing: asyncio.Future[None] | None = None
        self._synced_at = asyncio.get_running_loop().time()
        self._synced = part.end

    async def run(self, receive: Receive) -> Ending:
        """Receive until the end; everything that came is then written, but not yet synced.

        Raises:
            TooLarge: more came than was announced.
            OSError: it could not be written.
        """
        try:
            return await self._run(receive)
        finally:
            await self._rest()

    def matches(self, digest: bytes) -> bool:
        """Whether this is the digest of the body, by the algorithm asked for."""
        return self._checked is not None and self._checked.digest() == digest

    async def _run(self, receive: Receive) -> Ending:
        clock = asyncio.get_running_loop().time
        batch: list[bytes] = []
        size, since = 0, clock()
        ending: Ending | None = None
        while ending is None:
            message = await self._next(receive)
            if message is None:
                ending = "stalled"
            elif message["type"] == "http.disconnect":
                ending = "broken"
            else:
                body = message.get("body", b"")
                batch.append(body)
                size += len(body)
                if not message.get("more_body", False):
                    ending = "whole"
            late = clock() - since >= self._pace.sync_seconds
            if size and (ending or late or size >= self._pace.batch_bytes):
                await self._write(batch, size)
                batch, size, since = [], 0, clock()
        await _done(self._writing)
        await _done(self._syncing)
        return ending

    async def _next(self, receive: Receive) -> Message | None:
        """The next piece, or None when it does not come."""
        try:
            async with asyncio.timeout(self._pace.idle_seconds):
                return await receive()
        except TimeoutError:
            return None

    async def _rest(self) -> None:
        """Wait for the threads: they must be done with the part before its owner closes it."""
        busy = [future for future in (self._writing, self._syncing) if future]
        if busy:
            await asyncio.wait(busy)
        for future in busy:
            future.exception()  # the first one was raised already

    async def _write(self, batch: list[bytes], size: int) -> None:
        self._received += size
        if self._received > self._room:
            raise TooLarge("the body goes beyond the Upload-Length")
        await _done(self._writing)
        loop = asyncio.get_running_loop()
        if self._commit and self._due(loop.time()) and (not self._syncing or self._syncing.done()):
            await _done(self._syncing)
            # The end as it is now: what follows it is not empty, so this is never the whole file.
            self._synced, self._synced_at = self._part.end, loop.time()
            sync = partial(self._sync, self._commit, self._part.end)
            self._syncing = loop.run_in_executor(self._threads, sync)
        self._writing = loop.run_in_executor(self._threads, self._write_now, batch)

    def _due(self, now: float) -> bool:
        waiting = self._part.end - self._synced
        return waiting >= self._pace.sync_bytes or (
            waiting > 0 and now - self._synced_at >= self._pace.sync_seconds
        )

    def _write_now(self, batch: list[bytes]) -> None:
        self._part.write(*batch)
        if self._checked is not None:
            for piece in batch:
                self._checked.update(piece)

    def _sync(self, commit: Callable[[int], object], end: int) -> None:
        self._part.sync()
        commit(end)


async def _done(work: asyncio.Future[None] | None) -> None:
    """Wait for a thread. Shielded: a cancelled future would look done while its thread is not."""
    if work is not None:
        await asyncio.shield(work)
