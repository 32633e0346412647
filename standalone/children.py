"""The broker as a child process: started, started again when it dies, ended with its parent."""

import asyncio
import logging
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from standalone.errors import Failed

logger = logging.getLogger(__name__)

START_SECONDS = 10.0
STOP_SECONDS = 5.0
RESTART_SECONDS = 1.0
LOOK_SECONDS = 0.1


class BrokerChild:
    """Mosquitto with one configuration file, on loopback."""

    def __init__(self, config: Path, port: int, log: Path) -> None:
        self._config = config
        self._port = port
        self._log = log

    async def run(self, ready: asyncio.Event) -> None:
        """Keep it running until cancelled; then end it.

        Raises:
            Failed: it is not installed, or does not start.
        """
        while True:
            child = self._start()
            try:
                await self._until_listening(child)
                ready.set()
                await _until_ended(child)
            finally:
                await _end(child)
            logger.warning("the broker ended with %s; starting it again", child.returncode)
            await asyncio.sleep(RESTART_SECONDS)

    def _start(self) -> "subprocess.Popen[bytes]":
        program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            raise Failed("mosquitto is not installed: run `make setup`")
        # Even a kill -9 of this process leaves no broker behind to hold the port. The signal
        # comes when the thread that started it ends, and this is the main one.
        guard = shutil.which("setpriv")
        prefix = [guard, "--pdeathsig", "TERM"] if guard else []
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*prefix, program, "-c", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; it stays until the rooms have left
            )

    async def _until_listening(self, child: "subprocess.Popen[bytes]") -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                while not is_taken(self._port):
                    if child.poll() is not None:
                        raise Failed(
                            f"mosquitto ended with {child.returncode}: {self._log} says why"
                        )
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise Failed(f"mosquitto does not listen on {self._port}: see {self._log}") from None


async def _end(child: "subprocess.Popen[bytes]") -> None:
    if child.poll() is not None:
        return
    child.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await _until_ended(child)
    except TimeoutError:
        child.kill()
        child.wait()


async def _until_ended(child: "subprocess.Popen[bytes]") -> None:
    # Polled: a thread that waits for the child could not be cancelled.
    while child.poll() is None:  # noqa: ASYNC110
        await asyncio.sleep(LOOK_SECONDS)


def is_taken(port: int) -> bool:
    """Whether something listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port(wanted: int) -> int:
    """`wanted` if nobody has it or is about to take it, or else any free loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return _any_port()
    return wanted if _reserve(wanted) else _any_port()


def _any_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as other:
        return int(other.getsockname()[1])


_reserved: dict[int, socket.socket] = {}
"""A name in Linux's abstract namespace for each port that this process is going to use."""


def _reserve(port: int) -> bool:
    """Whether no other Lectern that is just starting has chosen `port`. Kept until we end."""
    if sys.platform != "linux" or port in _reserved:
        return True
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0lectern-port-{port}")
    except OSError:
        name.close()
        return False
    _reserved[port] = name
    return True
