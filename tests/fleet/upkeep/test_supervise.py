"""Parts that fail are started again."""

import asyncio
import logging

import pytest

from fleet.upkeep.supervise import keep_running


def test_a_part_that_fails_is_started_again_and_its_end_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    starts: list[int] = []

    async def part() -> None:
        starts.append(1)
        if len(starts) == 1:
            raise KeyError("first")
        await asyncio.Event().wait()

    async def watch() -> None:
        async with asyncio.TaskGroup() as group:
            kept = group.create_task(keep_running("the part", part))
            async with asyncio.timeout(10):
                while len(starts) < 2:  # noqa: ASYNC110 - it counts calls
                    await asyncio.sleep(0.01)
            kept.cancel()

    with caplog.at_level(logging.ERROR):
        asyncio.run(watch())

    assert len(starts) == 2
    assert [record.message for record in caplog.records] == [
        "the part has failed; starting it again"
    ]
