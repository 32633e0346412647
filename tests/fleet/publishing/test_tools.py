"""Children: limits, reasons, and no orphans."""

import threading
import time
from pathlib import Path

import psutil
import pytest

from fleet.jobs import Stopped
from fleet.publishing.media.join import prepare
from fleet.publishing.media.probe import probe
from fleet.publishing.media.tools import ToolFailed, Tools
from fleet.publishing.timeline import Lane, Placed

ENDLESS = ["-re", "-f", "lavfi", "-i", "testsrc=s=64x64", "-f", "null", "-"]


def test_a_failure_ends_with_the_programs_last_words(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match=r"failed with status 1: .*nowhere"):
        Tools().ffmpeg(["-i", "nowhere.mp4", "-f", "null", "-"], cwd=tmp_path)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="no-such-ffmpeg"):
        Tools(ffmpeg="no-such-ffmpeg").ffmpeg(["-version"], cwd=tmp_path)


def test_what_takes_too_long_is_stopped(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(ToolFailed, match="longer than 1 s"):
        Tools(time_limit=1).ffmpeg(ENDLESS, cwd=tmp_path)
    assert time.monotonic() - began < 10


def test_stopping_kills_children_and_starts_none(tmp_path: Path) -> None:
    tools = Tools()
    ended: list[BaseException] = []

    def run() -> None:
        try:
            tools.ffmpeg(ENDLESS, cwd=tmp_path)
        except Stopped as stopped:
            ended.append(stopped)

    thread = threading.Thread(target=run)
    thread.start()
    me = psutil.Process()
    while not [child for child in me.children() if child.status() != psutil.STATUS_ZOMBIE]:
        time.sleep(0.02)
    tools.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert len(ended) == 1
    with pytest.raises(Stopped):
        tools.ffmpeg(["-version"], cwd=tmp_path)


@pytest.mark.parametrize(
    "playlist",
    [
        "ffconcat version 1.0\nfile other.mp4\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}/other.mp4\n#EXT-X-ENDLIST\n",
    ],
    ids=["concat", "HLS"],
)
@pytest.mark.parametrize("own", [0, 1], ids=["alone", "behind a segment of its own"])
def test_a_room_does_not_get_at_what_others_have_sent(
    tmp_path: Path, playlist: str, own: int
) -> None:
    """A playlist that calls itself a recording leads nowhere."""
    picture = ["-f", "lavfi", "-i", "testsrc=s=64x64:r=5:d=1", "-c:v", "libx264"]
    tools = Tools()
    for name in ("other.mp4", "own.mp4"):
        tools.ffmpeg([*picture, str(tmp_path / name)], cwd=tmp_path)
    sent = tmp_path / "sent.mp4"
    sent.write_text(playlist.format(tmp_path))

    with pytest.raises(ToolFailed, match="not on whitelist"):
        probe(tools, sent)
    files = {"own": tmp_path / "own.mp4", "sent": sent}
    keys = [*["own"] * own, "sent"]
    pieces = [Placed(key, "1", at * 1_000_000, 1_000_000) for at, key in enumerate(keys)]
    lane = Lane("presenter", "video", tuple(pieces))
    with pytest.raises(ToolFailed, match="is no MP4"):
        prepare(tools, lane, files, tmp_path)


def test_what_is_not_media_is_said(tmp_path: Path) -> None:
    file = tmp_path / "text.mp4"
    file.write_text("no media at all")
    with pytest.raises(ToolFailed, match="ffprobe failed"):
        probe(Tools(), file)
