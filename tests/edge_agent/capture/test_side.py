"""The side stream, and that nothing about it harms the recording beside it."""

import asyncio
import contextlib
import itertools
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from edge_agent.capture import side
from edge_agent.capture.plan import PACKETS, Files, plan, watching
from edge_agent.capture.recorder import FfmpegRecorder
from edge_agent.capture.settings import CaptureSettings
from edge_agent.ports.recorder import ClosedSegment, Lost
from tests.devices import playback
from tests.devices.rtsp import RtspCamera
from tests.edge_agent.capture.taking import PICTURE, SOUND, Take, taking

SETTINGS = CaptureSettings(encoder="libx264")
CAMERA = replace(PICTURE, driver="rtsp", address="rtsp://c/1", copy=True)


@dataclass
class Elsewhere:
    """A watch as the recorder sees it, whose side streams go to one port of the test's choice."""

    chosen: int

    def claim(self, take: object) -> None:
        pass

    def release(self) -> None:
        pass

    def shifted(self, track: str, by: float) -> None:
        pass

    def port(self, track: str) -> int:
        return self.chosen


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(10)
        yield bound


def received(listener: socket.socket) -> Iterator[bytes]:
    """All datagrams that are waiting."""
    listener.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            yield listener.recv(65535)


def record(watch: Elsewhere | None, directory: Path, sources: list, segments: int = 3) -> Take:
    async def recorded() -> Take:
        async with taking(FfmpegRecorder(SETTINGS, watch), directory, sources, 1.0) as take:
            for source in sources:
                await take.wait_for(ClosedSegment, source.track, segments)
        return take

    return asyncio.run(recorded())


def assert_unharmed(take: Take) -> None:
    assert not take.of(Lost)
    for track in {segment.track for segment in take.of(ClosedSegment)}:
        segments = take.segments(track)
        for one, after in itertools.pairwise(segments):
            assert after.start == pytest.approx(one.start + one.duration, abs=0.005)
    for segment in take.segments("presentation")[:-1]:
        assert playback.decode_video(segment.path).frames == 15


def test_a_recorder_without_a_watch_has_no_second_output() -> None:
    words = plan(PICTURE, Files("presentation", 0), 0, 60, SETTINGS).arguments

    assert "mjpeg" not in words
    assert not any("udp" in word for word in words)


def test_a_copied_picture_is_decoded_for_the_side_stream_alone() -> None:
    words = plan(CAMERA, Files("presenter", 0), 0, 60, SETTINGS, port=4000).arguments

    assert words.index("-skip_loop_filter") < words.index("-i")
    assert words.index("copy") < words.index("mjpeg")
    assert "-skip_loop_filter" not in plan(CAMERA, Files("c", 0), 0, 60, SETTINGS).arguments


def test_who_only_looks_keeps_nothing() -> None:
    words = watching(PICTURE, 4000, SETTINGS).arguments

    assert not any("segment" in word or "mp4" in word for word in words)
    assert words[-1].endswith(f"|{PACKETS}")


def test_each_datagram_is_a_picture(listener: socket.socket, tmp_path: Path) -> None:
    take = record(Elsewhere(listener.getsockname()[1]), tmp_path / "take", [PICTURE], 2)

    pictures = list(received(listener))
    assert all(each[:2] == b"\xff\xd8" and each[-2:] == b"\xff\xd9" for each in pictures)
    shown = sum(segment.duration for segment in take.segments("presentation"))
    assert len(pictures) / shown == pytest.approx(side.PICTURES_A_SECOND, rel=0.15)


def test_sound_comes_in_short_blocks(listener: socket.socket, tmp_path: Path) -> None:
    record(Elsewhere(listener.getsockname()[1]), tmp_path / "take", [SOUND], 1)

    sizes = {len(listener.recv(65535)) for _ in range(20)}
    assert sizes == {2 * side.BLOCK}
    assert side.BLOCK / side.RATE <= 0.05


@pytest.mark.fault
@pytest.mark.parametrize("reader", ["dead", "stalled"])
def test_a_reader_that_is_dead_or_stalled_harms_nothing(
    listener: socket.socket, tmp_path: Path, reader: str
) -> None:
    port = listener.getsockname()[1]
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    if reader == "dead":
        listener.close()

    assert_unharmed(record(Elsewhere(port), tmp_path / "take", [PICTURE, SOUND]))


@pytest.mark.fault
def test_a_side_stream_that_fails_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str, str], None]
) -> None:
    # Port 0 cannot be sent to: the very first datagram fails.
    assert_unharmed(record(Elsewhere(0), tmp_path / "take", [PICTURE, SOUND]))

    bare = [word for word in side.output(PICTURE, 0) if word != "tee"]
    words = [*bare[:-2], "-f", "mjpeg", "udp://127.0.0.1:0?pkt_size=65000"]
    command = [
        "ffmpeg",
        "-v",
        "quiet",
        "-nostdin",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=320x180:r=15:d=3",
    ]
    command += ["-map", "0:v:0", "-c:v", "libx264", "-f", "framecrc", "-", *words]
    packets = subprocess.run(command, capture_output=True, timeout=30).stdout.count(b"\n0,")
    figure("pictures of 45 recorded beside one that is not let go of", str(packets))
    assert packets < 45


def test_a_copied_camera_is_seen_more_than_once_a_second(
    rtsp_camera: Callable[..., RtspCamera], listener: socket.socket, tmp_path: Path
) -> None:
    camera = rtsp_camera(size="320x180", rate=15, flash=0)
    source = replace(CAMERA, address=camera.url, track="presenter")
    take = record(Elsewhere(listener.getsockname()[1]), tmp_path / "take", [source], 2)

    assert not take.of(Lost)
    assert all(listener.recv(65535)[:2] == b"\xff\xd8" for _ in range(4))
