"""Opens one source while no take runs, only to be seen or heard; nothing is kept of it."""

import logging
import tempfile
import threading
from pathlib import Path
from typing import Final

from edge_agent.capture.inputs import secrets
from edge_agent.capture.microphone import DRIVERS, listening
from edge_agent.capture.plan import Plan, watching
from edge_agent.capture.process import Child
from edge_agent.capture.settings import CaptureSettings
from edge_agent.room.model import Source

log = logging.getLogger(__name__)

AGAIN_SECONDS: Final = 2.0


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
        through_portaudio = self._source.is_audio and self._source.driver in DRIVERS
        while not self._ended.is_set():
            try:
                status, why = self._watched(
                    listening(self._source, self._port)
                    if through_portaudio
                    else watching(self._source, self._port, self._settings)
                )
            except OSError as error:
                status, why = 0, str(error)
            if self._ended.is_set():
                return
            if through_portaudio and status:
                log.info("%s is listened to by ffmpeg: %s", self._source.track, why)
                through_portaudio = False
                continue
            if why != self._complained:
                log.warning("%s cannot be watched: %s", self._source.track, why)
                self._complained = why
            self._ended.wait(AGAIN_SECONDS)

    def _watched(self, planned: Plan) -> tuple[int, str]:
        """Follow a child to its end: its exit status, and what it had to say."""
        with self._lock:
            if self._ended.is_set():
                return 0, ""
            directory = Path(tempfile.gettempdir())
            self._child = child = Child(planned, directory, secrets(self._source))
        try:
            for _ in child.batches():
                self._complained = ""
        finally:
            status = child.reap()
            with self._lock:
                self._child = None
        return status, child.complaint or "it ended"
