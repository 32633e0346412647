"""Seconds from the bell until the lesson plays, for a lesson of one minute and of ten.

(And the few seconds more that are recorded in real time.)

The whole house runs on loopback: Mosquitto, fleet and agent as `python -m standalone` starts
them. The timetable, the take, the uploads, their receipts, the manifest and the publishing
workflow are the real ones, and the result is played over HTTP before it counts.

Only time is saved: all of a lesson but its last seconds comes from segments that ffmpeg made
beforehand at a lecture's bit rate (0.8 Mbit/s a picture, 96 kbit/s of sound). The agent is handed
them when the take starts, and uploads them while the lesson goes on, as it would have done minute
by minute. When they have arrived the bell is moved to a few seconds ahead. What follows the bell
is not shortened: the last segments close, are digested and uploaded, and all segments of the
lesson are joined.
"""

import asyncio
import logging
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.long_lesson import LongLesson, Prepared, prepare
from benchmarks.result import Result
from fleet.courses import service as courses
from standalone.app import Lectern, follow, lectern, timetable
from standalone.children import free_port
from standalone.house import House
from standalone.lesson import delivered
from standalone.sample import Meeting

GOAL_SECONDS = 5.0
SEGMENT_SECONDS = 60.0
LIVE_SECONDS = 6.0
UPLOAD_LIMIT_SECONDS = 120.0
LESSONS = {"60 s": 60.0, "10 min": 600.0}


def run(quick: bool) -> list[Result]:
    """Both lessons; `quick` measures the long one, which is the harder.

    Figures are those of the fleet's own record of each lesson.
    """
    lengths = {"10 min": LESSONS["10 min"]} if quick else LESSONS
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as directory:
        live = LIVE_SECONDS / 2 if quick else LIVE_SECONDS
        measured = asyncio.run(_measure(Path(directory), list(lengths.values()), live))
    return [
        Result(
            f"bell_to_playable {label}",
            seconds,
            "s",
            GOAL_SECONDS,
            "lower",
            "a limit; whole system on loopback",
        )
        for label, seconds in zip(lengths, measured, strict=True)
    ]


async def _measure(directory: Path, lengths: list[float], live: float) -> list[float]:
    house = House(directory / "data", free_port(8080), free_port(8883), free_port(8090))
    house.data.mkdir()
    logging.basicConfig(
        filename=house.log, level=logging.INFO, format="%(asctime)s %(name)s %(message)s"
    )
    sources = (await asyncio.to_thread(house.room, SEGMENT_SECONDS, [])).sources
    minutes: dict[str, Prepared] = {}
    made = [asyncio.to_thread(prepare, each, SEGMENT_SECONDS, directory) for each in sources]
    for source, minute in zip(sources, await asyncio.gather(*made), strict=True):
        minutes[source.track] = minute

    recorder = LongLesson({})
    measured = []
    async with lectern(
        house, _quiet, segment_seconds=SEGMENT_SECONDS, recorder=recorder
    ) as running:
        for total in lengths:
            recorder.before = {
                track: [minute] * int(total / SEGMENT_SECONDS) for track, minute in minutes.items()
            }
            measured.append(await _lesson(running, recorder, total, live))
    return measured


async def _lesson(running: Lectern, recorder: LongLesson, total: float, live: float) -> float:
    meeting = await timetable(running, UPLOAD_LIMIT_SECONDS)
    earlier = sum(len(parts) for parts in recorder.before.values())
    async with asyncio.timeout(UPLOAD_LIMIT_SECONDS):
        while (await delivered(running.database, meeting.lesson)).segments < earlier:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    meeting = await asyncio.to_thread(_ring_in, running, meeting, live)
    report = await follow(running, meeting, total)
    if report.seconds_from_bell_to_playable <= 0:
        raise RuntimeError("published before the bell: nothing was measured")
    return report.seconds_from_bell_to_playable


def _ring_in(running: Lectern, meeting: Meeting, seconds: float) -> Meeting:
    """Move the bell to `seconds` from now; the room hears of it as of any change."""
    now = datetime.now(UTC)
    with running.database.write() as session:
        row = courses.lesson(session, meeting.lesson)
        row.ends_at = now + timedelta(seconds=seconds)
        courses.push_timetable(session, running.sample.room, now)
    return replace(meeting, ends_at=now + timedelta(seconds=seconds))


def _quiet(_what: str, _text: str) -> None:
    """A benchmark tells its figures only."""
