"""One look at one source."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.capture.check import check
from edge_agent.room.model import Source
from tests.devices.rtsp import RtspCamera
from tests.devices.xvfb import Xvfb
from tests.edge_agent.capture.taking import PICTURE, SOUND


def test_a_picture_has_size_rate_and_a_thumbnail(tmp_path: Path) -> None:
    thumbnail = tmp_path / "look.jpg"
    seen = check(PICTURE, thumbnail)

    assert seen.opens
    assert seen.why == ""
    assert (seen.width, seen.height, seen.codec) == (320, 180, "rawvideo")
    assert seen.rate == pytest.approx(15, abs=0.1)
    assert seen.thumbnail == thumbnail
    probe = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width", "-of", "csv=p=0"]
    assert subprocess.check_output([*probe, thumbnail], text=True).strip() == "mjpeg,480"


def test_a_thumbnail_is_made_only_when_asked_for(xvfb: Xvfb) -> None:
    size = (xvfb.width, xvfb.height)
    seen = check(replace(PICTURE, driver="x11", address=xvfb.name, size=size), None)

    assert seen.opens
    assert (seen.width, seen.height) == size
    assert seen.thumbnail is None


def test_sound_has_a_level() -> None:
    tone = check(SOUND, None)
    quiet = check(replace(SOUND, address="anullsrc=r=48000:cl=mono"), None)

    assert (tone.opens, tone.rate, tone.codec) == (True, 48000, "pcm_s16le")
    assert tone.level_rms == pytest.approx(-21.1, abs=0.2)
    assert tone.level_peak == pytest.approx(-18.1, abs=0.2)
    assert quiet.opens
    assert quiet.level_peak == pytest.approx(-91, abs=1)


def test_a_network_camera_with_a_password_opens(rtsp_camera: Callable[..., RtspCamera]) -> None:
    camera = rtsp_camera(size="320x180", flash=0, secret=("lectern", "right"))
    source = Source("c", "camera", "presenter", "rtsp", camera.url, secret=("lectern", "right"))
    seen = check(source, None)
    wrong = check(replace(source, secret=("lectern", "wr0ng")), None)

    assert (seen.opens, seen.codec, seen.width) == (True, "h264", 320)
    assert not wrong.opens
    assert "401" in wrong.why
    assert "wr0ng" not in wrong.why


def test_a_source_that_does_not_open_says_why_and_leaves_no_old_thumbnail(tmp_path: Path) -> None:
    thumbnail = tmp_path / "look.jpg"
    thumbnail.write_bytes(b"of yesterday")
    missing = Source("c", "camera", "presenter", "v4l2", str(tmp_path / "video9"))
    seen = check(missing, thumbnail)

    assert not seen.opens
    assert "video9: No such file or directory" in seen.why
    assert not thumbnail.exists()


def test_without_ffmpeg_the_check_says_so(tmp_path: Path) -> None:
    seen = check(PICTURE, None, ffmpeg=str(tmp_path / "none"))

    assert not seen.opens
    assert "none is not installed" in seen.why
