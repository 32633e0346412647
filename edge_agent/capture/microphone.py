"""Listens to a microphone through PortAudio: a program, so that what crashes in there is not ours.

    python -m edge_agent.capture.microphone DRIVER ADDRESS PORT

Sends what it hears to a port of this machine as datagrams, like the side stream of `capture.side`,
until it is killed or its standard output is closed. Measured: PortAudio 19.6 aborts its process
while it is initialised when ALSA knows PulseAudio, but no default device.

Tested with PulseAudio; ALSA's own devices and Windows' are found by their names only, as no
machine of the test suite has any.
"""

import contextlib
import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyaudio

from edge_agent.capture.plan import Plan
from edge_agent.capture.side import BLOCK, RATE
from edge_agent.room.model import Source

DRIVERS: Final = frozenset({"pulse", "alsa", "dshow"})
NOT_THERE: Final = 3
"""The exit status when PortAudio has no such device; ffmpeg may have it."""

LOOKING_SECONDS: Final = 0.25
CUT_NAME: Final = 31
"""The oldest of Windows' interfaces cuts names at so many characters."""


def listening(source: Source, port: int) -> Plan:
    """The child that listens to `source`."""
    words = (source.driver, source.address, str(port))
    return Plan((sys.executable, "-m", "edge_agent.capture.microphone", *words), None)


def number(driver: str, address: str, inputs: Sequence[Mapping[str, Any]]) -> int:
    """Which of PortAudio's inputs is meant.

    Raises:
        LookupError: none of them.
    """
    # PulseAudio is one device to it, and takes the source that the environment names.
    wanted = "pulse" if driver == "pulse" else address
    for device in inputs:
        name = str(device["name"])
        cut = len(name) == CUT_NAME and wanted.startswith(name)
        # ALSA's devices are called `Card: PCM (hw:1,0)`.
        if name == wanted or f"({wanted})" in name or cut:
            return int(device["index"])
    raise LookupError(f"PortAudio has no device {wanted!r}")


def main(driver: str, address: str, port: int) -> int:
    """Listen until the agent is gone or the microphone gives no more; the exit status."""
    if driver == "pulse":
        os.environ["PULSE_SOURCE"] = address
    audio = pyaudio.PyAudio()
    devices = [audio.get_device_info_by_index(index) for index in range(audio.get_device_count())]
    inputs = [device for device in devices if int(device["maxInputChannels"]) > 0]
    try:
        index = number(driver, address, inputs)
    except LookupError as error:
        sys.stderr.write(f"{error}\n")
        return NOT_THERE
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.setblocking(False)

        def heard(data: bytes, *_: object) -> tuple[None, int]:
            with contextlib.suppress(OSError):  # dropped, as ffmpeg's would be
                out.sendto(data, ("127.0.0.1", port))
            return None, pyaudio.paContinue

        stream = audio.open(
            format=pyaudio.paInt16,
            channels=1,
            rate=RATE,
            input=True,
            input_device_index=index,
            frames_per_buffer=BLOCK,
            stream_callback=heard,
        )
        _follow(stream)
    return 0


def _follow(stream: pyaudio.Stream) -> None:
    with contextlib.suppress(BrokenPipeError):
        while stream.is_active():
            sys.stdout.write("\n")
            sys.stdout.flush()
            time.sleep(LOOKING_SECONDS)


if __name__ == "__main__":
    status = main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    # PortAudio may wait for a dead device for ever when it is to close it.
    os._exit(status)
