"""kill -9 of the worker in each named step: the next one finishes, without help, once."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil
import pytest

from fleet.db import Base, Bus, Database
from fleet.publishing import service
from fleet.publishing.timeline import Take, TakeTrack
from tests.fleet.publishing import watch
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


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Take]]:
    root = tmp_path_factory.mktemp("short")
    tracks = (
        TakeTrack("presenter", "video", record(Run("presenter", 0.2, 4.0, cut=2.0), root / "one")),
        TakeTrack("audio", "audio", record(Run("audio", 0.0, 4.0, cut=2.0), root / "one")),
    )
    return root, [Take("one", datetime.now(UTC), tracks, datetime.now(UTC), "bell")]


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 40.0) -> None:
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


@pytest.mark.fault
@pytest.mark.parametrize("step", STEPS)
def test_killed_in(step: str, short: tuple[Path, list[Take]], tmp_path: Path) -> None:
    root, takes = short
    urls = (f"sqlite:///{tmp_path / 'fleet.sqlite'}", f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    kill_and_finish(step, root, takes, tmp_path, urls)


def kill_and_finish(
    step: str, root: Path, takes: list[Take], directory: Path, urls: tuple[str, str]
) -> None:
    files = Folder(directory / "files")
    shutil.copytree(root, files.root)
    (directory / "takes.json").write_bytes(msgspec.json.encode(takes))
    for program in ("ffmpeg", "ffprobe"):
        path = directory / program
        path.write_text(WRAPPER.format(directory=directory, program=program))
        path.chmod(0o755)
    database = Database(urls[0], Bus())
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        service.request(session, LESSON, takes, datetime.now(UTC))

    (directory / "hold").write_text(STEPS[step])
    with worker(directory, *urls) as first:
        wait_for((directory / "held").exists, f"step {step}")
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    held = int((directory / "held").read_text())
    if held:
        wait_for(lambda: not psutil.pid_exists(held), "the end of the killed worker's ffmpeg", 5)
    (directory / "hold").unlink()

    began = time.monotonic()

    def done() -> bool:
        with database.read() as session:
            found = service.status(session, LESSON)
        return found is not None and found.low == "made"

    with worker(directory, *urls):
        wait_for(done, f"the rest after {step}")
    with database.read() as session:
        media = service.lesson_media(session, LESSON)
    database.close()
    assert media is not None
    print(f"killed in {step}: everything published {time.monotonic() - began:.1f} s after restart")
    assert (directory / "published.txt").read_text() == f"{LESSON} 1\n", "published exactly once"
    base = files.path("lessons/lesson-1/1")
    for name in ("presenter.mp4", "presenter.m3u8", "presenter.low.mp4", "audio.m4a"):
        assert watch.errors(str(base / name)) == "", name
    assert abs(watch.duration(str(base / "presenter.mp4")) - 4.2) < 0.2
    assert list((directory / "work").iterdir()) == []
