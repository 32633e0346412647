"""What can be wrong with a device, switched on and off while it runs."""

import asyncio
from dataclasses import dataclass
from typing import Final

GARBAGE: Final = b"\xff\xfe\x00garbage\r\n"
"""Is of no protocol: not of bytes, not of lines."""


class Cut(Exception):
    """The device closes the line now, after `sent`."""

    def __init__(self, sent: bytes) -> None:
        super().__init__("cut")
        self.sent = sent


@dataclass(slots=True)
class Faults:
    """A simulated device's faults.

    Attributes:
        silent: it hears and does not answer.
        delay: seconds it takes to answer.
        garbage: it answers with bytes that are of no protocol.
        cut: it closes the line in the middle of its answer.
        wrong_checksum: the checksum of its answer is wrong, where its protocol has one.
    """

    silent: bool = False
    delay: float = 0.0
    garbage: bool = False
    cut: bool = False
    wrong_checksum: bool = False

    async def applied(self, answer: bytes) -> bytes:
        """What really goes out instead of an answer: nothing when it is silent.

        `wrong_checksum` is the simulator's own affair: it alone knows where its checksum is.

        Raises:
            Cut: send what it holds, then close the line.
        """
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.silent:
            return b""
        if self.cut:
            raise Cut(answer[: len(answer) // 2])
        return GARBAGE if self.garbage else answer
