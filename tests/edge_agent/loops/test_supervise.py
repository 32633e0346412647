import asyncio
import logging
import sqlite3

import pytest

from edge_agent.loops import supervise as subject
from edge_agent.loops.bus import Bus
from edge_agent.loops.supervise import supervise


def test_a_loop_that_fails_is_started_again_and_said_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "_HEALTHY_SECONDS", 0.05)
    runs = 0

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs < 5:
            raise RuntimeError("broken")
        await asyncio.sleep(0.1)

    with caplog.at_level(logging.INFO):
        asyncio.run(supervise("lesson", run, most_seconds=0.01))

    assert runs == 5
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "the lesson loop failed and is started again",
        "the lesson loop runs again after 4 failures",
    ]


def test_a_cancelled_loop_stays_cancelled() -> None:
    async def scene() -> None:
        task = asyncio.get_running_loop().create_task(
            supervise("lesson", lambda: asyncio.sleep(100))
        )
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scene())


def test_a_loop_that_fails_while_it_is_cancelled_ends() -> None:
    async def fail() -> None:
        raise RuntimeError("broken")

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            asyncio.get_running_loop().call_soon(supervised.cancel)
            await asyncio.sleep(60)

    async def work() -> None:
        nonlocal supervised
        supervised = asyncio.get_running_loop().create_task(supervise("watching", run))
        await asyncio.wait((supervised,), timeout=5)
        assert supervised.cancelled()

    supervised: asyncio.Task[None]
    asyncio.run(work())


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_damaged_journal_ends_the_agent(*, wrapped: bool) -> None:
    async def run() -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        raise ExceptionGroup("tasks", [error]) if wrapped else error

    with pytest.raises(ExceptionGroup if wrapped else sqlite3.DatabaseError):
        asyncio.run(supervise("lesson", run))


def test_a_full_disk_does_not() -> None:
    runs = 0

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise sqlite3.OperationalError("database or disk is full")

    asyncio.run(supervise("health", run, most_seconds=0.01))

    assert runs == 2


def test_the_bus_delivers_by_class_until_taken_back() -> None:
    bus, heard = Bus(), []
    undo = bus.on(int, heard.append)
    bus.on(str, heard.append)

    for event in (1, "a", 2.0):
        bus.publish(event)
    undo()
    bus.publish(3)

    assert heard == [1, "a"]
