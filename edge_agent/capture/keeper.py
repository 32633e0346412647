"""Keeps what the children write: synced each second, and digested when a segment is closed."""

import logging
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from edge_agent.capture.ledger import Ledger, Row
from edge_agent.capture.mending import mend
from edge_agent.capture.plan import Files
from edge_agent.capture.sealing import seal, sync, sync_directory
from edge_agent.capture.settings import CaptureSettings
from edge_agent.capture.timeline import Placed
from edge_agent.ports.recorder import ClosedSegment

log = logging.getLogger(__name__)


class Keeper:
    """The disk side of a running take. Its methods return at once, whatever the disk does.

    Args:
        directory: the take's own.
        settings: how often to sync, and which ffmpeg mends what a killed child left.
        closed: told of each closed segment, from a thread.
    """

    def __init__(
        self, directory: Path, settings: CaptureSettings, closed: Callable[[ClosedSegment], None]
    ) -> None:
        self._directory = directory
        self._settings = settings
        self._closed = closed
        self._ledger = Ledger(directory)
        self._open: dict[str, Path] = {}
        self._ended = threading.Event()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="segments")
        self._syncing = threading.Thread(target=self._sync_often, name="sync", daemon=True)
        self._syncing.start()

    def opened(self, files: Files, index: int, start: float) -> None:
        """A segment is being written; may be said again when `start` is known better."""
        path = self._directory / files.segment(index)
        new = self._open.get(files.track) != path
        self._open[files.track] = path
        row = Row(track=files.track, run=files.run, index=index, start=start)
        self._worker.submit(self._guarded, self._note, row, new)

    def closed(self, files: Files, placed: Placed, *, whole: bool) -> None:
        """A segment is complete, or its child died before it could close it (not `whole`)."""
        self._worker.submit(self._guarded, self._finish, files, placed, whole)

    def end(self) -> None:
        """Wait until all that was closed has been told."""
        self._worker.shutdown(wait=True)
        self._ended.set()
        self._syncing.join()
        self._ledger.close()

    def _note(self, row: Row, new: bool) -> None:
        if new:
            sync_directory(self._directory)
        self._ledger.write(row)

    def _finish(self, files: Files, placed: Placed, whole: bool) -> None:
        path = self._directory / files.segment(placed.index)
        duration = placed.duration if whole else mend(path, self._settings.ffmpeg)
        if duration is None:
            return
        size, sha256 = seal(path)
        sync_directory(self._directory)
        segment = ClosedSegment(
            files.track, placed.index, files.run, placed.start, duration, size, sha256, path
        )
        self._ledger.write(Row.of(segment))
        self._closed(segment)

    def _guarded(self, work: Callable[..., None], *args: object) -> None:
        try:
            work(*args)
        except (OSError, subprocess.SubprocessError):
            # The file stays; recovery finds whatever could not be told now.
            log.exception("%s cannot be kept", self._directory)

    def _sync_often(self) -> None:
        while not self._ended.wait(self._settings.sync_seconds):
            for path in list(self._open.values()):
                try:
                    sync(path)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    log.warning("%s cannot be forced to the disk: %s", path.name, error)
