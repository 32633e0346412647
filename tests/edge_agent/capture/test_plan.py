"""The argument list of a child."""

from dataclasses import replace

import pytest

from edge_agent.capture.encoders import ENCODERS
from edge_agent.capture.plan import SCRIPT, SEGMENT, Files, expected_delay, plan
from edge_agent.capture.settings import CaptureSettings
from edge_agent.room.model import Source
from tests.edge_agent.capture.taking import PICTURE, SOUND

FILES = Files("presentation", 2)
SETTINGS = CaptureSettings(ffmpeg="/opt/ffmpeg")


def arguments(source: Source, seconds: float = 60, encoder: str = "libx264") -> tuple[str, ...]:
    return plan(source, FILES, 7, seconds, SETTINGS, ENCODERS[encoder]).arguments


def after(words: tuple[str, ...], option: str) -> str:
    return words[words.index(option) + 1]


def test_packets_go_to_segments_and_to_the_recorder() -> None:
    words = arguments(PICTURE)

    assert words[0] == "/opt/ffmpeg"
    assert words[-3:-1] == ("-f", "tee")
    segments, packets = words[-1].split("|")
    assert "segment_time=60:" in segments
    assert "segment_start_number=7:" in segments
    assert segments.endswith("]presentation-002-%05d.mp4")
    assert packets == "[f=framecrc:onfail=abort:flush_packets=1]pipe:1"


def test_no_name_in_the_outputs_is_a_path() -> None:
    # Colons and backslashes of Windows paths cannot be written in tee's language.
    assert "/" not in arguments(PICTURE)[-1]


def test_a_copied_source_is_not_encoded() -> None:
    words = arguments(replace(PICTURE, driver="rtsp", address="rtsp://c/1", copy=True))

    assert after(words, "-c") == "copy"
    assert "-c:v" not in words
    assert "-vf" not in words


@pytest.mark.parametrize(("segment_seconds", "key_seconds"), [(60, "2"), (1, "1")])
def test_segments_can_be_cut_where_they_should_be(segment_seconds: float, key_seconds: str) -> None:
    words = arguments(PICTURE, segment_seconds)

    assert after(words, "-force_key_frames") == f"expr:gte(t,n_forced*{key_seconds})"


def test_software_encodes_without_delay() -> None:
    words = arguments(PICTURE)

    assert after(words, "-c:v") == "libx264"
    assert after(words, "-tune") == "zerolatency"
    assert after(words, "-vf").endswith("format=yuv420p")
    assert after(words, "-maxrate") == "2500k"


def test_hardware_is_opened_and_fed() -> None:
    words = arguments(PICTURE, encoder="h264_vaapi")

    assert words.index("-vaapi_device") < words.index("-i")
    assert after(words, "-vf").endswith("format=nv12,hwupload")
    assert "-vaapi_device" not in arguments(SOUND, encoder="h264_vaapi")


@pytest.mark.parametrize("driver", ["alsa", "pulse", "dshow"])
def test_samples_are_counted_and_not_timed(driver: str) -> None:
    words = arguments(replace(SOUND, driver=driver))

    assert after(words, "-af") == "asetpts=N/SR/TB"
    assert after(words, "-b:a") == "96k"


def test_a_secret_leaves_a_place_for_its_script() -> None:
    camera = replace(PICTURE, driver="rtsp", address="rtsp://c/1", secret=("u", "p"), copy=True)
    planned = plan(camera, FILES, 0, 60, SETTINGS)

    assert after(planned.arguments, "-i") == SCRIPT
    assert planned.script is not None


def test_file_names_can_be_read_back() -> None:
    match = SEGMENT.fullmatch(Files("presenter-2", 1).segment(12))

    assert match is not None
    assert (match["track"], int(match["run"]), int(match["index"])) == ("presenter-2", 1, 12)


def test_only_encoded_sound_arrives_late_by_construction() -> None:
    assert expected_delay(PICTURE) == 0
    assert expected_delay(SOUND) == pytest.approx(0.0427, abs=1e-4)
    assert expected_delay(replace(SOUND, copy=True)) == 0
