"""Two serial ports and a cable between them: what goes into one comes out of the other."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class SerialPair:
    """`socat` with a pseudo-terminal at each end.

    Attributes:
        ours: the port the room opens.
        theirs: the port the device has.
    """

    def __init__(self, directory: Path) -> None:
        self.ours = directory / "ours"
        self.theirs = directory / "theirs"
        self._process = subprocess.Popen(
            ["socat", *(f"pty,raw,echo=0,link={end}" for end in (self.ours, self.theirs))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 10
        while not (self.ours.exists() and self.theirs.exists()):
            assert self._process.poll() is None, "socat ended"
            assert time.monotonic() < until, "socat made no ports within 10 s"
            time.sleep(0.01)

    def cut(self) -> None:
        """Pull the cable, as when a USB adapter is unplugged."""
        self._process.kill()
        self._process.wait(10)


@contextmanager
def serial_pair(directory: Path) -> Iterator[SerialPair]:
    """A pair for as long as the block lasts."""
    if not shutil.which("socat"):
        pytest.skip("not installed: socat (`make setup-test` installs it)")
    pair = SerialPair(directory)
    try:
        yield pair
    finally:
        pair.cut()


def open_end(path: Path) -> int:
    """A device's end as a file descriptor that blocks; close it."""
    return os.open(path, os.O_RDWR | os.O_NOCTTY)
