"""What every recorder promises."""

import asyncio
import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.capture.recorder import FfmpegRecorder
from edge_agent.capture.settings import CaptureSettings
from edge_agent.ports.recorder import ClosedSegment, Recorder, Recording
from tests.edge_agent.capture.taking import PICTURE, SOUND, taking
from tests.fakes.recorder import FakeRecorder


@pytest.fixture(params=["fake", "ffmpeg"])
def recorder(request: pytest.FixtureRequest) -> Recorder:
    make: dict[str, Callable[[], Recorder]] = {
        "fake": FakeRecorder,
        "ffmpeg": lambda: FfmpegRecorder(CaptureSettings(encoder="libx264")),
    }
    return make[request.param]()


def test_segments_of_a_track_follow_each_other(recorder: Recorder, tmp_path: Path) -> None:
    async def record() -> None:
        async with taking(recorder, tmp_path / "take", [PICTURE, SOUND], 1.0) as take:
            await take.wait_for(ClosedSegment, "presentation", 3)
            ended = take.now
        for track in ("presentation", "audio"):
            segments = take.segments(track)
            assert [segment.index for segment in segments] == list(range(len(segments)))
            assert {segment.run for segment in segments} == {0}
            for one, next_one in itertools.pairwise(segments):
                assert next_one.start == pytest.approx(one.start + one.duration, abs=0.005)
            last = segments[-1]
            assert last.start + last.duration == pytest.approx(ended, abs=0.35)

    asyncio.run(record())


def test_a_closed_segment_is_on_the_disk_with_its_size_and_digest(
    recorder: Recorder, tmp_path: Path
) -> None:
    async def record() -> None:
        async with taking(recorder, tmp_path / "take", [PICTURE], 1.0) as take:
            closed = await take.wait_for(ClosedSegment)
            content = closed.path.read_bytes()
            assert closed.path.parent == tmp_path / "take"
            assert closed.bytes == len(content)
            assert closed.sha256 == hashlib.sha256(content).hexdigest()

    asyncio.run(record())


def test_recording_is_announced_once_a_run_before_its_segments(
    recorder: Recorder, tmp_path: Path
) -> None:
    async def record() -> None:
        async with taking(recorder, tmp_path / "take", [PICTURE, SOUND], 1.0) as take:
            await take.wait_for(Recording, "audio")
            await take.wait_for(ClosedSegment, "presentation", 2)
        for track in ("presentation", "audio"):
            first = next(event for event in take.events if event.track == track)
            assert first == take.of(Recording, track)[0]
            assert len(take.of(Recording, track)) == 1
            assert first.at == pytest.approx(take.segments(track)[0].start, abs=0.1)

    asyncio.run(record())


def test_a_recorder_records_one_take_after_another(recorder: Recorder, tmp_path: Path) -> None:
    async def record() -> None:
        for name in ("first", "second"):
            async with taking(recorder, tmp_path / name, [PICTURE], 1.0) as take:
                await take.wait_for(Recording)
                with pytest.raises(RuntimeError, match="stop it first"):
                    await recorder.start(take.order)
            assert take.segments("presentation")[0].path.parent.name == name
        await recorder.stop()

    asyncio.run(record())


def test_recovering_is_idempotent_and_agrees_with_what_was_told(
    recorder: Recorder, tmp_path: Path
) -> None:
    async def record() -> None:
        directory = tmp_path / "take"
        async with taking(recorder, directory, [PICTURE, SOUND], 1.0) as take:
            await take.wait_for(ClosedSegment, "presentation", 2)
        told = {(s.track, s.index): s for s in take.of(ClosedSegment)}
        (directory / "audio-000-00099.mp4").touch()

        for _ in range(2):
            found = {(s.track, s.index): s for s in await recorder.recover(directory)}
            assert found == told
        assert (directory / "audio-000-00099.mp4.unreadable").exists()

    asyncio.run(record())
