"""Child processes of a test: output kept in a file, awaited by line, never left behind."""

import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

MARK = "LECTERN_TEST_CHILD"
"""Environment variable that a child and all its descendants carry, whatever session they are in."""


class Child:
    """A running program. Its standard output and error are one growing file, `log`."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
    ) -> None:
        self.argv = [str(word) for word in argv]
        # If the test run itself is killed, no fixture ends what it had started.
        guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        self.log = log
        self.mark = uuid.uuid4().hex
        self._seen = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*guard, *self.argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {}), MARK: self.mark},
                cwd=cwd,
                user=user,
                group=user,
                extra_groups=[] if user else None,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def output(self) -> str:
        """What this run of the program has written so far."""
        with self.log.open("rb") as file:
            file.seek(self._seen)
            return file.read().decode(errors="replace")

    def wait_for(self, pattern: str, seconds: float = 10) -> re.Match[str]:
        """The first match of `pattern` in the output, as soon as it is there.

        Fails the test when the program ends without it or the time is over.
        """
        until = time.monotonic() + seconds
        while True:
            ended = not self.running
            text = self.output()
            if found := re.search(pattern, text, re.MULTILINE):
                return found
            if ended or time.monotonic() > until:
                what = f"ended with {self.process.returncode}" if ended else "is still running"
                raise AssertionError(
                    f"{self.argv[0]} {what} and in {seconds} s never said {pattern!r}:\n"
                    + text[-4000:]
                )
            time.sleep(0.02)

    def wait(self, seconds: float = 10) -> int:
        """Its exit status, once it has ended by itself."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self.argv[0]} did not end within {seconds} s:\n{self.output()[-4000:]}"
            ) from None

    def kill(self) -> None:
        """`kill -9` of this process alone; its children are left to notice by themselves."""
        if self.running:
            self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 15, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end and wait; its exit status. Fails the test when it does not comply."""
        if self.running:
            self.process.send_signal(how)
        return self.wait(seconds)

    def descendants(self) -> list[int]:
        """Pids that carry this child's mark, itself included while it runs."""
        wanted = f"{MARK}={self.mark}".encode()
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and wanted in _environment(entry)
        ]


class Children:
    """Starts children and, at the end of the test, sees to it that none is left."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.started: list[Child] = []

    def start(
        self,
        argv: Sequence[str | Path],
        *,
        name: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
    ) -> Child:
        """Start a program; `name` names its log file (the same name appends to the same file)."""
        log = self.directory / f"{name or Path(argv[0]).name}-{len(self.started)}.log"
        if name:
            log = self.directory / f"{name}.log"
        child = Child(argv, log, env=env, cwd=cwd, user=user)
        self.started.append(child)
        return child

    def close(self, patience: float = 5) -> None:
        """End everything. Fails the test if a stopped child's own children outlive it."""
        for child in reversed(self.started):
            if child.running:
                child.process.terminate()
                try:
                    child.process.wait(patience)
                except subprocess.TimeoutExpired:
                    child.process.kill()
                    child.process.wait()
        left = self._survivors(patience)
        for pid, _ in left:
            os.kill(pid, signal.SIGKILL)
        if left:
            raise AssertionError(f"these outlived the program that started them: {left}")

    def _survivors(self, patience: float) -> list[tuple[int, str]]:
        until = time.monotonic() + patience
        while True:
            left = [
                (pid, _command_line(pid)) for child in self.started for pid in child.descendants()
            ]
            if not left or time.monotonic() > until:
                return left
            time.sleep(0.1)


def _environment(entry: Path) -> bytes:
    try:
        if (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return b""
        return (entry / "environ").read_bytes()
    except OSError:  # it ended meanwhile, or belongs to someone else
        return b""


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return "?"
