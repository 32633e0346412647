"""Bytes a device sent that nobody has read yet. Bounded: a flood is dropped, then cut off."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from edge_agent.errors import Unreachable

MOST_HELD: Final = 64 << 10
MOST_DROPPED: Final = 1 << 20


class Inbox:
    """What came over one connection, piece by piece as it came (a datagram is a piece).

    Args:
        cut: called when the device has sent more than anybody could want; closes the line.
    """

    def __init__(self, cut: Callable[[], None]) -> None:
        self._cut = cut
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._dropped = 0
        self._ended = ""
        self._news = asyncio.Event()

    def put(self, piece: bytes) -> None:
        """Keep what came, or drop it when there is too much; after the end nothing is kept."""
        if self._ended or not piece:
            return
        if self._held + len(piece) > MOST_HELD:
            self._dropped += len(piece)
            if self._dropped > MOST_DROPPED:
                self.end("it floods the line")
                self._cut()
            return
        self._pieces.append(piece)
        self._held += len(piece)
        self._news.set()

    def end(self, why: str) -> None:
        """Nothing more will come; what is there can still be read."""
        self._ended = self._ended or why
        self._news.set()

    def discard(self) -> None:
        """Forget what came unasked."""
        self._pieces.clear()
        self._held = self._dropped = 0
        if not self._ended:
            self._news.clear()

    @property
    def ended(self) -> str:
        """Why nothing more will come, or nothing."""
        return self._ended

    async def get(self, seconds: float) -> bytes:
        """The next piece, at least one byte.

        Raises:
            Unreachable: none came in time, or the line has ended.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            raise Unreachable(f"no answer within {seconds:g} s") from None
        if not self._pieces:
            raise Unreachable(self._ended)
        piece = self._pieces.popleft()
        self._held -= len(piece)
        if not self._pieces and not self._ended:
            self._news.clear()
        return piece
