"""What is left of a take after a crash, cut anywhere."""

import asyncio
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.capture.ledger import NAME, Ledger, Row, rows
from edge_agent.capture.mending import mend, read, whole
from edge_agent.capture.plan import FRAGMENTED
from edge_agent.capture.recorder import FfmpegRecorder
from edge_agent.capture.recovery import recover
from edge_agent.capture.sealing import digest
from edge_agent.ports.recorder import ClosedSegment
from tests.devices import playback

SECONDS = 6


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of picture, in fragments as the recorder writes them."""
    path = tmp_path_factory.mktemp("segment") / "whole.mp4"
    picture = ["-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=15:duration={SECONDS}"]
    options = [word for key, value in FRAGMENTED for word in (f"-{key}", value)]
    coding = ["-c:v", "libx264", "-tune", "zerolatency", "-preset", "ultrafast", "-g", "30"]
    subprocess.run(["ffmpeg", "-v", "error", *picture, *coding, *options, path], check=True)
    return path


def _row(index: int, start: float, **facts: object) -> Row:
    return Row(track="presenter", run=0, index=index, start=start, **facts)


def _name(index: int, run: int = 0) -> str:
    return f"presenter-{run:03d}-{index:05d}.mp4"


def test_a_whole_segment_stays_as_it_is(segment: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(segment, tmp_path))
    before = digest(path)

    assert whole(path)
    assert mend(path, "ffmpeg") == pytest.approx(SECONDS)
    assert digest(path) == before


def test_wherever_it_is_cut_little_more_than_a_fragment_is_lost(
    segment: Path, tmp_path: Path, figure: Callable[[str, str], None]
) -> None:
    content = segment.read_bytes()
    chance = random.Random(7)  # noqa: S311
    lost = []
    for n in range(16):
        cut = chance.randrange(len(content) // 4, len(content))
        path = tmp_path / _name(n)
        zeros = (0, 65536, len(content) - cut)[n % 3]
        path.write_bytes(content[:cut] + b"\0" * zeros)
        duration = mend(path, "ffmpeg")
        assert duration is not None
        assert whole(path)
        assert playback.decode_video(path).frames == len(read(path, "ffmpeg"))
        # The bytes are spread evenly enough over the six seconds to say what was there.
        lost.append(SECONDS * cut / len(content) - duration)
    figure("lost by a cut", f"mean {sum(lost) / len(lost):.2f} s, at most {max(lost):.2f} s")
    assert max(lost) < 1.5


@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"garbage" * 99])
def test_what_has_no_frame_is_set_aside_and_kept(content: bytes, tmp_path: Path) -> None:
    (tmp_path / _name(0)).write_bytes(content)

    for _ in range(2):
        assert recover(tmp_path, "ffmpeg") == []
    assert (tmp_path / (_name(0) + ".unreadable")).read_bytes() == content


def test_offsets_survive_in_the_ledger(segment: Path, tmp_path: Path) -> None:
    for index in range(2):
        shutil.copy(segment, tmp_path / _name(index))
    path = tmp_path / _name(0)
    facts = {"duration": 6.0, "bytes": path.stat().st_size, "sha256": digest(path)}
    ledger = Ledger(tmp_path)
    ledger.write(_row(0, 0.4, **facts))
    ledger.write(_row(1, 6.4))
    ledger.close()

    first, second = recover(tmp_path, "ffmpeg")

    assert (first.start, first.duration, first.sha256) == (0.4, 6.0, digest(path))
    assert (second.start, second.index, second.run) == (6.4, 1, 0)
    assert second.duration == pytest.approx(SECONDS)


def test_without_a_row_a_segment_follows_the_one_before(segment: Path, tmp_path: Path) -> None:
    shutil.copy(segment, tmp_path / _name(0))
    shutil.copy(segment, tmp_path / _name(1, run=1))
    ledger = Ledger(tmp_path)
    ledger.write(_row(0, 1.0))
    ledger.close()

    first, second = recover(tmp_path, "ffmpeg")

    assert second.start == pytest.approx(first.start + first.duration)
    assert second.run == 1


def test_a_closed_segment_that_was_damaged_since_is_mended_and_digested_anew(
    segment: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copy(segment, tmp_path / _name(0)))
    ledger = Ledger(tmp_path)
    size = path.stat().st_size
    ledger.write(_row(0, 2.0, duration=6.0, bytes=size, sha256=digest(path)))
    ledger.close()
    with path.open("rb+") as file:
        file.truncate(size // 2)

    (found,) = recover(tmp_path, "ffmpeg")

    assert found.start == 2.0
    assert 1.5 < found.duration < 4.5
    assert found.sha256 == digest(path)
    assert recover(tmp_path, "ffmpeg") == [found]


def test_an_uploaded_and_deleted_segment_is_not_missed(segment: Path, tmp_path: Path) -> None:
    shutil.copy(segment, tmp_path / _name(1))
    ledger = Ledger(tmp_path)
    ledger.write(_row(0, 0.0, duration=6.0, bytes=1, sha256="a" * 64))
    ledger.write(_row(1, 6.0))
    ledger.close()

    assert [found.index for found in recover(tmp_path, "ffmpeg")] == [1]


def test_an_empty_directory_has_nothing_to_recover(tmp_path: Path) -> None:
    assert asyncio.run(FfmpegRecorder().recover(tmp_path)) == []


def test_a_torn_row_spoils_no_other(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(_row(0, 0.0))
    ledger.close()
    with (tmp_path / NAME).open("ab") as file:
        file.write(b'{"track":"presenter","run":0,"ind')

    again = Ledger(tmp_path)
    again.write(_row(1, 2.0))
    again.close()

    assert set(rows(tmp_path)) == {("presenter", 0), ("presenter", 1)}


def test_the_last_row_of_a_segment_holds(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(_row(0, 0.5))
    segment = ClosedSegment("presenter", 0, 0, 0.4, 2.0, 9, "b" * 64, tmp_path / _name(0))
    ledger.write(Row.of(segment))
    ledger.close()

    assert rows(tmp_path)["presenter", 0] == Row.of(segment)
