"""kill -9 of the worker in each named step: the next one finishes, without help, once."""

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil
import pytest

from fleet.db import Base, Bus, Database
from fleet.publishing import service
from fleet.publishing.timeline import Take
from tests.fleet.publishing import watch
from tests.fleet.publishing.killing import LESSON, STEPS, lay_out, short_lesson, wait_for, worker


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Take]]:
    return short_lesson(tmp_path_factory.mktemp("short"))


@pytest.mark.fault
@pytest.mark.parametrize("step", STEPS)
def test_killed_in(
    step: str,
    short: tuple[Path, list[Take]],
    tmp_path: Path,
    figure: Callable[[str, str], None],
) -> None:
    root, takes = short
    directory = tmp_path
    urls = (f"sqlite:///{tmp_path / 'fleet.sqlite'}", f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    files = lay_out(directory, root)
    (directory / "takes.json").write_bytes(msgspec.json.encode(takes))
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
    figure("finished after the restart", f"{time.monotonic() - began:.1f} s")
    assert (directory / "published.txt").read_text() == f"{LESSON} 1\n", "published exactly once"
    base = files.path("lessons/lesson-1/1")
    for name in ("presenter.mp4", "presenter.m3u8", "presenter.low.mp4", "audio.m4a"):
        assert watch.errors(str(base / name)) == "", name
    assert abs(watch.duration(str(base / "presenter.mp4")) - 4.2) < 0.2
    assert list((directory / "work").iterdir()) == []
