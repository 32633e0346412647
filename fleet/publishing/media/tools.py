"""ffmpeg and ffprobe as children: a time limit, the reason of a failure, and no orphans."""

import logging
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import psutil

from fleet.jobs import Stopped

log = logging.getLogger(__name__)

ONLY_MP4: Final = ("-protocol_whitelist", "file", "-format_whitelist", "mov")
"""Before an input that a room has sent. It could be a playlist of another name, which ffmpeg would
follow: to recordings of other rooms, or into the network."""

_LINES_KEPT = 6
_NICE = 10


class ToolFailed(Exception):
    """ffmpeg or ffprobe failed; the text ends with its last words."""


class Tools:
    """Runs ffmpeg and ffprobe. Thread-safe; all calls block.

    Args:
        ffmpeg: name or path of the program.
        ffprobe: name or path of the program.
        time_limit: seconds after which any one child is killed.
    """

    def __init__(
        self, ffmpeg: str = "ffmpeg", ffprobe: str = "ffprobe", time_limit: float = 3600.0
    ) -> None:
        self._ffmpeg = ffmpeg
        self._ffprobe = ffprobe
        self._time_limit = time_limit
        self._children: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self._prefix = _die_with_parent()

    def ffmpeg(self, arguments: Sequence[str], *, cwd: Path, patient: bool = False) -> None:
        """Run ffmpeg in `cwd`. A patient child gives way to everything else on the machine.

        Raises:
            ToolFailed: it failed, could not be started, or took too long.
            Stopped: the process is shutting down.
        """
        quiet = ["-nostdin", "-hide_banner", "-loglevel", "error", "-y"]
        self._run([self._ffmpeg, *quiet, *arguments], cwd=cwd, patient=patient)

    def ffprobe(self, arguments: Sequence[str]) -> bytes:
        """What ffprobe prints; raises as `ffmpeg` does."""
        return self._run([self._ffprobe, "-loglevel", "error", *arguments], cwd=None)

    def check(self) -> None:
        """Between two pieces of work.

        Raises:
            Stopped: the process is shutting down.
        """
        if self._stopping:
            raise Stopped

    def stop(self) -> None:
        """Kill every child, and let none be started any more."""
        with self._lock:
            self._stopping = True
            for child in self._children:
                child.kill()

    def _run(self, argv: Sequence[str], *, cwd: Path | None, patient: bool = False) -> bytes:
        child = self._start(argv, cwd)
        last: deque[str] = deque(maxlen=_LINES_KEPT)
        out, err = child.stdout, child.stderr
        if out is None or err is None:
            raise AssertionError("both pipes were asked for")
        reader = threading.Thread(target=_keep_last, args=(err, last), daemon=True)
        timer = threading.Timer(self._time_limit, child.kill)
        late = False
        try:
            reader.start()
            timer.start()
            if patient:
                with suppress(psutil.Error):
                    psutil.Process(child.pid).nice(
                        psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else _NICE
                    )
            output = out.read()
            status = child.wait()
            late = timer.finished.is_set()
            reader.join()
        finally:
            timer.cancel()
            child.kill()
            child.wait()
            out.close()
            with self._lock:
                self._children.discard(child)
        self.check()
        if late:
            raise ToolFailed(f"{argv[0]} took longer than {self._time_limit:.0f} s and was stopped")
        if status != 0:
            words = " | ".join(last) or "it said nothing"
            raise ToolFailed(f"{Path(argv[0]).name} failed with status {status}: {words}")
        return output

    def _start(self, argv: Sequence[str], cwd: Path | None) -> subprocess.Popen[bytes]:
        with self._lock:
            self.check()
            try:
                child = subprocess.Popen(
                    [*self._prefix, *argv],
                    cwd=cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                )
            except OSError as error:
                raise ToolFailed(f"{argv[0]} could not be started: {error}") from error
            self._children.add(child)
            return child


def _keep_last(stream: IO[bytes], last: deque[str]) -> None:
    with stream:
        for line in stream:
            text = line.decode(errors="replace").strip()
            if text:
                last.append(text[:300])


def _die_with_parent() -> list[str]:
    """On Linux the kernel kills the child when this process dies, even by kill -9."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
