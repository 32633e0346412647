"""How long a lost source is left alone."""

import asyncio
from pathlib import Path

from edge_agent.capture.recorder import FfmpegRecorder
from edge_agent.capture.settings import CaptureSettings
from edge_agent.ports.recorder import Back, Lost, Recording
from tests.edge_agent.capture.taking import SOUND, taking


def test_a_source_that_comes_and_goes_is_opened_less_and_less_often(tmp_path: Path) -> None:
    # Gives half a second of sound each time it is opened.
    short = tmp_path / "ffmpeg"
    short.write_text('#!/bin/sh\nexec timeout -s INT 0.9 ffmpeg "$@"\n')
    short.chmod(0o755)
    settings = CaptureSettings(ffmpeg=str(short), retry_shortest=0.4, retry_longest=10)

    async def record() -> None:
        async with taking(FfmpegRecorder(settings), tmp_path / "take", [SOUND]) as take:
            await take.wait_for(Recording, count=4, seconds=30)
        kinds = [type(event) for event in take.events if isinstance(event, Lost | Back)]
        assert kinds == [Lost, Back] * (len(kinds) // 2) + [Lost] * (len(kinds) % 2)
        lost, back = take.of(Lost), take.of(Back)
        gaps = [each.gap for each in back[:3]]
        assert gaps[2] > gaps[0]
        assert [b.at > a.at for a, b in zip(lost, back, strict=False)] == [True] * len(back)
        runs = [segment.run for segment in take.segments("audio")]
        assert runs == sorted(runs)

    asyncio.run(record())
