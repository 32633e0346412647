"""Listens to a microphone through PortAudio, without a child of its own.

Only while no take runs: one thread of PortAudio sends what it hears to the same socket that
ffmpeg sends it to. PortAudio knows the devices of the moment in which it is initialised, so that
is done for each microphone that is opened; it is not made for several threads, hence the lock.

Tested with PulseAudio; ALSA's own devices and Windows' are found by their names only, as no
machine of the test suite has any.
"""

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pyaudio

from edge_agent.capture.side import BLOCK, RATE
from edge_agent.room.model import Source

log = logging.getLogger(__name__)

DRIVERS: Final = frozenset({"pulse", "alsa", "dshow"})
_PULSE_SOURCE: Final = "PULSE_SOURCE"
_portaudio = threading.Lock()


class Microphone:
    """An open microphone, until `close`.

    Args:
        source: the microphone.
        send: told each block of mono samples of 16 bits, from PortAudio's thread.

    Raises:
        LookupError: PortAudio has no such device.
        OSError: it has, and cannot open it.
    """

    def __init__(self, source: Source, send: Callable[[bytes], object]) -> None:
        with _portaudio:
            self._audio = pyaudio.PyAudio()
            try:
                with _chosen(source):
                    self._stream = self._open(source, send)
            except BaseException:
                self._audio.terminate()
                raise

    def _open(self, source: Source, send: Callable[[bytes], object]) -> pyaudio.Stream:
        def heard(data: bytes, *_: object) -> tuple[None, int]:
            send(data)
            return None, pyaudio.paContinue

        return self._audio.open(
            format=pyaudio.paInt16,
            channels=1,
            rate=RATE,
            input=True,
            input_device_index=self._index(source),
            frames_per_buffer=BLOCK,
            stream_callback=heard,
        )

    def _index(self, source: Source) -> int:
        devices = [
            self._audio.get_device_info_by_index(index)
            for index in range(self._audio.get_device_count())
        ]
        inputs = [device for device in devices if int(device["maxInputChannels"]) > 0]
        return number(source, inputs)

    @property
    def alive(self) -> bool:
        """Whether it still gives sound, as far as PortAudio knows."""
        with contextlib.suppress(OSError):
            return bool(self._stream.is_active())
        return False

    def close(self) -> None:
        """Let go of the device. Blocks for as long as its driver likes."""
        with _portaudio, contextlib.suppress(OSError):
            self._stream.close()
            self._audio.terminate()


def number(source: Source, inputs: list[Mapping[str, Any]]) -> int:
    """Which of PortAudio's inputs a source is.

    Raises:
        LookupError: none of them.
    """
    wanted = "pulse" if source.driver == "pulse" else source.address
    for device in inputs:
        name = str(device["name"])
        # ALSA's is `Card: PCM (hw:1,0)`; the oldest of Windows' interfaces cuts names at 31.
        if name == wanted or f"({wanted})" in name or (len(name) == 31 and wanted.startswith(name)):
            return int(device["index"])
    raise LookupError(f"PortAudio has no device {wanted!r}")


@contextlib.contextmanager
def _chosen(source: Source) -> Iterator[None]:
    """PortAudio sees PulseAudio as one device, and that takes the source the environment names."""
    if source.driver != "pulse":
        yield
        return
    before = os.environ.get(_PULSE_SOURCE)
    os.environ[_PULSE_SOURCE] = source.address
    try:
        yield
    finally:
        os.environ.pop(_PULSE_SOURCE)
        if before is not None:
            os.environ[_PULSE_SOURCE] = before
