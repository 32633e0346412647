"""Seconds from the touch of "Start lesson" until each source of the room is recorded.

The whole house runs on loopback, as `python -m standalone` starts it: the simulated classroom's
devices, whose scene of a lesson's beginning is played meanwhile, its drawn camera and screen and
its spoken microphone. The touch is the page's own form, sent over HTTP. It is tried with closed
sources, and while somebody looks at the room: then children that watch have every source open, and
must be gone before it can be recorded.

The clock is the monotonic one of this PC, which the journal has the beginning of a take in. A
track's first frame is where its first segment begins: the moment of the first picture or sound
that is in the file, by the arrival of its packets less what the encoder is known to add. Not the
recorder's "gives data", which is said when it is sure of that place, half a second later. Drawn
sources begin at once; what a real camera needs to open comes on top.
"""

import asyncio
import json
import logging
import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx

from benchmarks.result import Result
from standalone.app import lectern
from standalone.children import free_port
from standalone.house import House

GOAL_SECONDS: Final = 1.5
REPETITIONS: Final = 10
QUICK_REPETITIONS: Final = 3
RECORDED_SECONDS: Final = 1.0
REST_SECONDS: Final = 1.0
LIMIT_SECONDS: Final = 20.0
_TOKEN: Final = re.compile(r'name="token" value="([0-9a-f]+)"')


def run(quick: bool) -> list[Result]:
    """Median and worst of the slowest track, with closed sources and while they are looked at."""
    return [
        Result(f"start_button.{case}.{name}", value, "s", GOAL_SECONDS, "lower", against)
        for case, waits in measure(QUICK_REPETITIONS if quick else REPETITIONS).items()
        for against in (f"a limit; slowest track, {len(waits)} touches",)
        for name, value in (("median", statistics.median(waits)), ("worst", max(waits)))
    ]


def measure(repetitions: int) -> dict[str, list[float]]:
    """Seconds until the slowest track is recorded, of each repetition.

    Raises:
        RuntimeError: a touch was refused, or a track was not recorded.
    """
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as directory:
        return asyncio.run(_measure(Path(directory), repetitions))


async def _measure(directory: Path, repetitions: int) -> dict[str, list[float]]:
    house = House(directory / "data", free_port(8080), free_port(8883), free_port(8090))
    house.data.mkdir()
    logging.basicConfig(
        filename=house.log, level=logging.INFO, format="%(asctime)s %(name)s %(message)s"
    )
    async with (
        lectern(house, _quiet, segment_seconds=60.0),
        httpx.AsyncClient(
            base_url=house.panel_url,
            headers={"accept": "application/json"},
            trust_env=False,
            timeout=LIMIT_SECONDS,
        ) as client,
    ):
        page = TouchPage(client, house.classroom / "journal.sqlite")
        closed = [await page.lesson() for _ in range(repetitions)]
        # Last: what was looked at stays open for two minutes.
        watched = [await page.lesson(looked_at=True) for _ in range(repetitions)]
    return {"closed": closed, "watched": watched}


class TouchPage:
    """The touch page of an agent, and the journal of what it makes of a touch."""

    def __init__(self, client: httpx.AsyncClient, journal: Path) -> None:
        self._client = client
        self._journal = journal

    async def lesson(self, *, looked_at: bool = False) -> float:
        """Start an unplanned lesson and stop it again: seconds until its slowest track began."""
        await asyncio.sleep(REST_SECONDS)
        form = {"token": await self._token()}
        if looked_at:
            await self._touch("/look", form)
            await self._seen()
        touched = time.monotonic()
        await self._touch("/lesson/start", {**form, "course": "", "minutes": "45"})
        await asyncio.sleep(RECORDED_SECONDS)
        await self._touch("/lesson/stop", form)
        began = await asyncio.to_thread(first_frames, self._journal)
        if set(began) != {"presenter", "presentation", "audio"}:
            raise RuntimeError(f"recorded was only {', '.join(began) or 'nothing'}")
        return max(began.values()) - touched

    async def _token(self) -> str:
        found = _TOKEN.search((await self._client.get("/")).text)
        if found is None:
            raise RuntimeError("the touch page has no form")
        return found[1]

    async def _touch(self, path: str, form: Mapping[str, str]) -> None:
        answer = await self._client.post(path, data=form)
        if not answer.is_success:
            raise RuntimeError(f"{path} was refused: {answer.text}")

    async def _seen(self) -> None:
        """Wait until both pictures are there: the sources are open."""
        async with asyncio.timeout(LIMIT_SECONDS):
            for track in ("presenter", "presentation"):
                picture = f"/pictures/{track}.jpg"
                while (await self._client.get(picture)).status_code != httpx.codes.OK:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)


def first_frames(journal: Path) -> dict[str, float]:
    """When each track of the last take begins, in monotonic seconds."""
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT track, began, segment FROM segments JOIN takes USING (take) "
            "WHERE idx = 0 AND take = (SELECT take FROM takes ORDER BY began DESC LIMIT 1)"
        ).fetchall()
    return {track: began + json.loads(segment)["start"] for track, began, segment in rows}


def _quiet(_what: str, _text: str) -> None:
    """A benchmark tells its figures only."""
