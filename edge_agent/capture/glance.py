"""Opens one source while no take runs, only to be seen or heard; nothing is kept of it."""

import contextlib
import logging
import socket
import tempfile
import threading
from pathlib import Path
from typing import Final

from edge_agent.capture.inputs import secrets
from edge_agent.capture.microphone import DRIVERS, Microphone
from edge_agent.capture.plan import watching
from edge_agent.capture.process import Child
from edge_agent.capture.settings import CaptureSettings
from edge_agent.room.model import Source

log = logging.getLogger(__name__)

AGAIN_SECONDS: Final = 2.0
LOOKING_SECONDS: Final = 0.5


class Glance:
    """An opened source, in a thread of its own; opened again when it is lost.

    Args:
        source: what is opened.
        port: where its side stream goes.
        settings: which ffmpeg, and how long a network source may be silent.
    """

    def __init__(self, source: Source, port: int, settings: CaptureSettings) -> None:
        self._source = source
        self._port = port
        self._settings = settings
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._child: Child | None = None
        self._complained = ""
        name = f"glance-{source.track}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Let go of the device; returns at once."""
        with self._lock:
            self._ended.set()
            if self._child is not None:
                self._child.kill()

    def gone(self, seconds: float) -> bool:
        """Whether the device is free; waits for it at most so long."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._ended.is_set():
            listening = self._source.is_audio and self._source.driver in DRIVERS
            try:
                why = self._listened() if listening else self._looked()
            except OSError as error:
                why = str(error)
            if not self._ended.is_set() and why != self._complained:
                log.warning("%s cannot be watched: %s", self._source.track, why)
                self._complained = why
            self._ended.wait(AGAIN_SECONDS)

    def _listened(self) -> str:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.setblocking(False)

            def send(block: bytes) -> None:
                with contextlib.suppress(OSError):  # dropped, as ffmpeg's would be
                    out.sendto(block, ("127.0.0.1", self._port))

            try:
                microphone = Microphone(self._source, send)
            except LookupError as error:
                log.debug("%s; ffmpeg opens it", error)
                return self._looked()
            try:
                while microphone.alive and not self._ended.wait(LOOKING_SECONDS):
                    pass
            finally:
                microphone.close()
            return "the microphone gives nothing more"

    def _looked(self) -> str:
        planned = watching(self._source, self._port, self._settings)
        with self._lock:
            if self._ended.is_set():
                return ""
            directory = Path(tempfile.gettempdir())
            self._child = child = Child(planned, directory, secrets(self._source))
        try:
            for _ in child.batches():
                self._complained = ""
        finally:
            child.reap()
            with self._lock:
                self._child = None
        return child.complaint or "ffmpeg ended"
