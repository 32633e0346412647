"""One ffmpeg child: started, read by threads, ended within a time limit.

It dies with the agent by the broken pipe of its packet lines, within a packet's time and with its
file closed (measured: 0.07 s, nothing lost); one that waits for a silent network source by that
source's time limit. The kernel's parent death signal would be worse: it is sent again for each
thread of a killed agent, and ffmpeg takes more than three interrupts for an order to drop all.
"""

import contextlib
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from edge_agent.capture.plan import SCRIPT, Plan

log = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 2.0
CLOSING_SECONDS: Final = 2.0
TERMINATING_SECONDS: Final = 1.0
KILLING_SECONDS: Final = 5.0
CHUNK: Final = 65536

_MUTTERING = re.compile(r"non-monoton|timestamps?\b|\bdts\b|\bpts\b|last message repeated", re.I)
_SPEAKER = re.compile(r"^(\[[^\]]+ @ 0x[0-9a-f]+\] ?)+")


class Child:
    """A running ffmpeg.

    Args:
        plan: what to start.
        directory: its working directory.
        secrets: words that must not leave this class.

    Raises:
        OSError: the program cannot be started.
    """

    def __init__(self, plan: Plan, directory: Path, secrets: Sequence[str] = ()) -> None:
        self._secrets = tuple(secrets)
        self._complaints: deque[str] = deque(maxlen=50)
        with _script(plan.script) as (name, descriptors):
            self._script_file = Path(name) if name and not descriptors else None
            argv = [word.replace(SCRIPT, name) for word in plan.arguments]
            self._popen = subprocess.Popen(
                [_found(argv[0]), *argv[1:]],
                cwd=directory,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=descriptors,
                start_new_session=sys.platform != "win32",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        self._errors = threading.Thread(
            target=self._drain, name=f"ffmpeg-{self.pid}-errors", daemon=True
        )
        self._errors.start()

    @property
    def pid(self) -> int:
        """Its process id; stays the same through `setpriv`."""
        return self._popen.pid

    @property
    def complaints(self) -> tuple[str, ...]:
        """The last lines of its standard error, without secrets."""
        return tuple(self._complaints)

    @property
    def complaint(self) -> str:
        """Its last error in one line for a person, without secrets; empty when it had none.

        What it mutters about timestamps is no reason, and which of its parts speaks, at which
        address in memory, tells nobody anything.
        """
        said = [text for text in self._complaints if not _MUTTERING.search(text)]
        return _SPEAKER.sub("", said[-1]) if said else ""

    def batches(self) -> Iterator[list[str]]:
        """The whole lines of its standard output since the last batch; ends with the child.

        Waits for the first, never for more.
        """
        rest = b""
        while chunk := os.read(_opened(self._popen.stdout).fileno(), CHUNK):
            self._forget_script()
            *lines, rest = (rest + chunk).splitlines(keepends=True)
            if rest.endswith(b"\n"):
                lines, rest = [*lines, rest], b""
            yield [line.decode("ascii", errors="replace") for line in lines]

    def end(self, patience: float = PATIENCE_SECONDS) -> None:
        """Have it close its file and end; harder means follow. For any thread; blocks.

        After `patience` seconds it is asked again, which also reaches an ffmpeg that waits for a
        silent source, but might cut short one that is still writing.
        """
        for seconds in (patience, CLOSING_SECONDS):
            self._ask()
            if self._ended_within(seconds):
                return
        log.warning("ffmpeg %d does not end when asked, terminating it", self.pid)
        self._popen.terminate()
        if not self._ended_within(TERMINATING_SECONDS):
            self._popen.kill()

    def kill(self) -> None:
        """End it at once: it has nothing to close. For any thread."""
        self._popen.kill()

    def reap(self) -> int:
        """Its exit status, when its batches are over. For the thread that reads them."""
        if not self._ended_within(CLOSING_SECONDS):
            self._popen.kill()
        status = self._popen.wait(KILLING_SECONDS)
        self._errors.join(KILLING_SECONDS)
        self._forget_script()
        for pipe in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            with contextlib.suppress(OSError):
                _opened(pipe).close()
        return status

    def _ended_within(self, seconds: float) -> bool:
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _forget_script(self) -> None:
        if self._script_file is not None:
            with contextlib.suppress(OSError):
                self._script_file.unlink()
            self._script_file = None

    def _ask(self) -> None:
        if sys.platform == "win32":
            with contextlib.suppress(OSError):
                stdin = _opened(self._popen.stdin)
                stdin.write(b"q")
                stdin.flush()
        else:
            self._popen.send_signal(signal.SIGINT)

    def _drain(self) -> None:
        for line in _opened(self._popen.stderr):
            text = self._scrubbed(line.decode(errors="replace").strip())
            if text:
                self._complaints.append(text)
                log.debug("ffmpeg %d: %s", self.pid, text)

    def _scrubbed(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…") if secret else text
        return text


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise FileNotFoundError(f"{program} is not installed, or not on PATH")
    return path


def _opened(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the child was started without this pipe")
    return pipe


@contextlib.contextmanager
def _script(text: str | None) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A name under which a child reads `text`, and the descriptors it must inherit.

    The text is never in a file where there are pipes with names.
    """
    if text is None:
        yield "", ()
    elif os.name == "posix":
        reader, writer = os.pipe()
        try:
            os.write(writer, text.encode())
            os.close(writer)
            yield f"/dev/fd/{reader}", (reader,)
        finally:
            os.close(reader)
    else:
        descriptor, name = tempfile.mkstemp(suffix=".ffconcat")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        yield name, ()
