"""One question and its answer over a wire: all that may come instead ends in an error in time."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from edge_agent.drivers.wire import Wire
from edge_agent.errors import Garbled, Unreachable

MOST_ANSWER: Final = 64 << 10
"""More bytes than that without the answer among them are a flood."""

T = TypeVar("T")

Take = Callable[[bytearray], bytes | None]
"""Takes the first whole answer out of what came; None: more must come."""

Read = Callable[[bytes], T | None]
"""What an answer means; None: it is none to this question."""


async def exchange(wire: Wire, request: bytes, take: Take, read: Read[T], seconds: float) -> T:
    """Send a request and read what comes until an answer to it is there.

    What came before the request is forgotten. Without a request, what the device says first is
    the answer.

    After an error of this function the wire is closed.

    Raises:
        Unreachable: nothing came within `seconds`, or the line ended.
        Garbled: something came, and no answer was in it; or `take` or `read` says so.
    """
    heard = bytearray()
    try:
        async with asyncio.timeout(seconds):
            if request:
                wire.discard()
                await wire.write(request)
            return await _answer(wire, take, read, heard, seconds)
    except TimeoutError:
        await wire.close()
        if heard:
            raise Garbled(f"no answer in what came: {shown(heard)}") from None
        raise Unreachable(f"no answer within {seconds:g} s") from None
    except (Unreachable, asyncio.CancelledError):
        # What comes late would be taken for the answer to the next question.
        await wire.close()
        raise


async def _answer(wire: Wire, take: Take, read: Read[T], heard: bytearray, seconds: float) -> T:
    held = bytearray()
    while True:
        # The outer limit is the one that counts; this one must not come before it.
        piece = await wire.read(seconds + 1)
        heard += piece
        held += piece
        while (answer := take(held)) is not None:
            if (meant := read(answer)) is not None:
                return meant
        if len(heard) > MOST_ANSWER:
            raise Garbled(f"a flood without an answer: {shown(heard)}")


def shown(data: bytes | bytearray) -> str:
    """The beginning of what came, for a person."""
    return f"{data[:24].hex(' ')}{' …' if len(data) > 24 else ''}"
