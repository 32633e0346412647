"""Durable workflows in one process, and after it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleet.db import Base, Bus, Database
from fleet.jobs import Jobs, heartbeat
from fleet.jobs.models import Worker

ROOT = Path(__file__).parents[3]

PROGRAM = """
import sys, time
from pathlib import Path
from fleet.db import Bus, Database
from fleet.jobs import Jobs

directory = Path(sys.argv[1])

def first():
    with (directory / "steps").open("a") as file:
        file.write("first ")

def second():
    with (directory / "steps").open("a") as file:
        file.write("second ")
    if sys.argv[2] == "die":
        (directory / "reached").touch()
        time.sleep(600)

def work(name):
    jobs.step("first", first)
    jobs.step("second", second)

jobs = Jobs(Database(f"sqlite:///{directory}/fleet.sqlite", Bus()),
            f"sqlite:///{directory}/jobs.sqlite", poll=0.1)
jobs.define("work", work, at_once=1)
jobs.launch()
if sys.argv[2] == "die":
    jobs.start("work", "the-one", "x")
    time.sleep(600)
while jobs.outcome("the-one") != "succeeded":
    time.sleep(0.05)
jobs.shutdown()
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'fleet.sqlite'}", Bus())
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def jobs(tmp_path: Path, database: Database) -> Iterator[Jobs]:
    jobs = Jobs(database, f"sqlite:///{tmp_path / 'jobs.sqlite'}", poll=0.1)
    yield jobs
    jobs.shutdown()


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_started_twice_runs_once(jobs: Jobs) -> None:
    done: list[str] = []

    def work(name: str) -> None:
        jobs.step("append", done.append, name)

    jobs.define("work", work, at_once=2)
    jobs.launch()
    assert jobs.outcome("one") == "unknown"
    for _ in range(3):
        jobs.start("work", "one", "x")
    wait_for(lambda: jobs.outcome("one") == "succeeded")
    jobs.start("work", "one", "x")
    jobs.start("work", "two", "y")
    wait_for(lambda: jobs.outcome("two") == "succeeded")
    assert done == ["x", "y"]


def test_a_workflow_that_fails_says_so(jobs: Jobs) -> None:
    def work() -> None:
        raise OSError("the disk is gone")

    jobs.define("work", work, at_once=1)
    jobs.launch()
    jobs.start("work", "one")
    wait_for(lambda: jobs.outcome("one") == "failed")


def test_no_more_run_at_once_than_defined(jobs: Jobs) -> None:
    running: list[int] = []
    most: list[int] = []

    def count() -> None:
        running.append(1)
        most.append(len(running))
        time.sleep(0.3)
        running.pop()

    def work() -> None:
        jobs.step("count", count)

    jobs.define("work", work, at_once=2)
    jobs.launch()
    for number in range(6):
        jobs.start("work", str(number))
    wait_for(lambda: len(most) == 6 and not running)
    assert max(most) == 2


def test_a_workflow_that_waits_lets_the_process_end_and_goes_on_after(
    tmp_path: Path, database: Database
) -> None:
    done: list[str] = []

    def start() -> tuple[Jobs, float]:
        jobs = Jobs(database, f"sqlite:///{tmp_path / 'jobs.sqlite'}", poll=0.1)

        def work() -> None:
            jobs.step("first", done.append, "first")
            jobs.sleep(3.0)
            jobs.step("second", done.append, "second")

        jobs.define("work", work, at_once=1)
        jobs.launch()
        return jobs, time.monotonic()

    jobs, began = start()
    jobs.start("work", "one")
    wait_for(lambda: done == ["first"])
    jobs.shutdown()
    # A thread that went on waiting would keep the process from ending.
    wait_for(lambda: not [t for t in threading.enumerate() if "dbos-executor" in t.name], 3)
    jobs, _ = start()
    try:
        wait_for(lambda: jobs.outcome("one") == "succeeded")
    finally:
        jobs.shutdown()
    assert done == ["first", "second"]
    assert time.monotonic() - began > 3.0


def test_the_event_loop_goes_on_turning(jobs: Jobs) -> None:
    """Launch, work and shutdown run beside asyncio, as in `fleet.app`."""
    late: list[float] = []

    async def tick() -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            late.append(time.monotonic() - began)

    def finish() -> None:
        jobs.start("work", "one")
        wait_for(lambda: jobs.outcome("one") == "succeeded")

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            ticking = group.create_task(tick(), name="tick")
            await asyncio.to_thread(jobs.launch)
            await asyncio.to_thread(finish)
            ticking.cancel()

    def work() -> None:
        jobs.step("sleep", time.sleep, 1.0)

    jobs.define("work", work, at_once=1)
    asyncio.run(run())
    assert max(late) < 1.0, "something blocked the event loop for as long as the step took"


def test_a_patrol_walks_by_itself_when_woken_and_after_it_failed(jobs: Jobs) -> None:
    walks: list[float] = []

    def look() -> None:
        walks.append(time.monotonic())
        if len(walks) == 1:
            raise OSError("for once")

    jobs.patrol(look)
    jobs.launch()
    wait_for(lambda: len(walks) >= 3)
    asked = time.monotonic()
    jobs.wake()
    wait_for(lambda: walks[-1] > asked)


@pytest.mark.fault
def test_killed_in_a_step_only_that_step_is_done_again(tmp_path: Path, database: Database) -> None:
    argv = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    with subprocess.Popen([*argv, "die"], cwd=ROOT) as child:
        wait_for((tmp_path / "reached").exists)
        os.kill(child.pid, signal.SIGKILL)
    subprocess.run([*argv, "finish"], cwd=ROOT, check=True, timeout=60)
    assert (tmp_path / "steps").read_text() == "first second second "


def test_a_worker_elsewhere_is_dead_after_its_lease(database: Database) -> None:
    now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    with database.write() as session:
        heartbeat.enter(session, "me", now)
        session.add(Worker(id="far", host="another", pid=1, born=0.0, seen_at=now))
        session.add(
            Worker(id="gone", host=socket.gethostname(), pid=2**22 + 1, born=0.0, seen_at=now)
        )
        session.add(
            Worker(id="reused", host=socket.gethostname(), pid=os.getpid(), born=1.0, seen_at=now)
        )
    late = now + heartbeat.LEASE + timedelta(seconds=1)
    with database.write() as session:
        assert heartbeat.dead(session, "me", now) == ["gone", "reused"]
        assert heartbeat.dead(session, "me", late) == ["far", "gone", "reused"]
        assert heartbeat.beat(session, "far", late)
        assert heartbeat.dead(session, "me", late) == ["gone", "reused"]
        heartbeat.leave(session, "far")
        assert not heartbeat.beat(session, "far", late)
