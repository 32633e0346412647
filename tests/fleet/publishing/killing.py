"""Workers that stop inside a named step, to be killed there."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from fleet.publishing.timeline import Take, TakeTrack
from tests.fleet.publishing.folder import Folder
from tests.fleet.publishing.lesson import Run, record

ROOT = Path(__file__).parents[3]
LESSON = "lesson-1"

# Which child (or which step without one) the wrapped programs stop at.
STEPS = {
    "gather": "gather",
    "reading the segments": "ffprobe .*/one/",
    "join": "ffmpeg .* concat .*presenter",
    "package": "ffmpeg .* hls .*presenter.source",
    "poster": "poster.jpg",
    "publish": "ffprobe .*/audio.m4a",
    "renditions": "libx264",
    "offer": "ffprobe .*audio.low.m4a",
}

WRAPPER = """#!/bin/sh
hold=$(cat {directory}/hold 2>/dev/null)
if [ -n "$hold" ] && printf '%s ' {program} "$@" | grep -Eq -- "$hold"; then
    echo $$ > {directory}/held.new && mv {directory}/held.new {directory}/held
    exec sleep 600
fi
exec {program} "$@"
"""


def short_lesson(root: Path) -> tuple[Path, list[Take]]:
    """Four seconds of picture and sound below `root`."""
    tracks = (
        TakeTrack("presenter", "video", record(Run("presenter", 0.2, 4.0, cut=2.0), root / "one")),
        TakeTrack("audio", "audio", record(Run("audio", 0.0, 4.0, cut=2.0), root / "one")),
    )
    return root, [Take("one", datetime.now(UTC), tracks, datetime.now(UTC), "bell")]


def lay_out(directory: Path, root: Path) -> Folder:
    """A worker's directory, with a store that holds the segments, and the wrapped programs."""
    files = Folder(directory / "files")
    shutil.copytree(root, files.root, dirs_exist_ok=True)
    for program in ("ffmpeg", "ffprobe"):
        path = directory / program
        path.write_text(WRAPPER.format(directory=directory, program=program))
        path.chmod(0o755)
    return files


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 75.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {seconds} s"
        time.sleep(0.05)


@contextmanager
def worker(directory: Path, *urls: str) -> Iterator[subprocess.Popen[bytes]]:
    (directory / "ready").unlink(missing_ok=True)
    argv = [sys.executable, "-m", "tests.fleet.publishing.worker", str(directory), *urls]
    with (directory / "worker.log").open("ab") as log:
        child = subprocess.Popen(argv, cwd=ROOT, stderr=log, stdout=log)
    try:
        wait_for(lambda: (directory / "ready").exists() or child.poll() is not None, "start")
        assert child.poll() is None, (directory / "worker.log").read_text()
        yield child
    finally:
        child.kill()
        child.wait()
