"""Children: limits, reasons, and no orphans."""

import threading
import time
from pathlib import Path

import psutil
import pytest

from fleet.jobs import Stopped
from fleet.publishing.media.probe import probe
from fleet.publishing.media.tools import ToolFailed, Tools

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


def test_what_is_not_media_is_said(tmp_path: Path) -> None:
    file = tmp_path / "text.mp4"
    file.write_text("no media at all")
    with pytest.raises(ToolFailed, match="ffprobe failed"):
        probe(Tools(), file)
