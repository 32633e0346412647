"""The devices of the fixtures show and play what the tests that lean on them believe."""

import itertools
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.devices import playback, speech
from tests.devices.pulse import Pulse
from tests.devices.rtsp import RtspCamera
from tests.devices.slides import Slides
from tests.devices.xvfb import Xvfb


def _record(output: Path, *options: str, env: dict[str, str] | None = None) -> Path:
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", *options, "-y", output],
        env={**os.environ, **(env or {})},
        check=True,
        timeout=60,
    )
    return output


def test_flashes_and_beeps_of_a_clip_are_found_where_they_are(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    speech.flash_and_beep(clip, 6)

    assert playback.flashes(clip) == pytest.approx([1, 3, 5], abs=0.04)
    assert playback.beeps(clip) == pytest.approx([1, 3, 5], abs=0.01)
    assert playback.decode_video(clip).frames == 180


def test_a_broken_file_does_not_pass_as_playable(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    speech.flash_and_beep(clip, 2)
    data = bytearray(clip.read_bytes())
    data[2000:6000] = os.urandom(4000)
    clip.write_bytes(data)

    with pytest.raises(AssertionError, match="does not play"):
        playback.decode_video(clip)


def test_the_camera_flashes_when_it_says(
    rtsp_camera: Callable[..., RtspCamera], tmp_path: Path
) -> None:
    camera = rtsp_camera(size="320x180", rate=15, flash=1.0)
    options = ("-rtsp_transport", "tcp", "-i", camera.url, "-t", "5", "-c", "copy")
    video = _record(tmp_path / "camera.mkv", *options)
    seen = playback.flashes(video)
    said = camera.flashes()

    assert len(seen) >= 4
    assert len(said) >= len(seen)
    for first, second in itertools.pairwise(seen):
        apart = second - first  # a busy machine may drop the picture of a flash, never shift it
        assert apart == pytest.approx(max(1, round(apart)), abs=0.15)
    camera.kill()
    camera.start()
    assert playback.decode_video(_record(tmp_path / "again.mkv", *options)).frames > 50


def test_the_camera_with_digest_refuses_a_stranger(
    rtsp_camera: Callable[..., RtspCamera], tmp_path: Path
) -> None:
    camera = rtsp_camera(size="320x180", secret=("lectern", "a secret"))
    one_second = ("-t", "1", "-c", "copy")
    with pytest.raises(subprocess.CalledProcessError):
        _record(tmp_path / "no.mkv", "-rtsp_transport", "tcp", "-i", camera.url, *one_second)
    allowed = camera.url.replace("rtsp://", "rtsp://lectern:a%20secret@")

    options = ("-rtsp_transport", "tcp", "-i", allowed, *one_second)
    assert playback.decode_video(_record(tmp_path / "yes.mkv", *options)).frames > 5


def test_slides_change_when_the_deck_says(
    xvfb: Xvfb, slides: Callable[..., Slides], tmp_path: Path
) -> None:
    deck = slides(seconds=1.0)
    grab = ("-f", "x11grab", "-framerate", "15", "-video_size", f"{xvfb.width}x{xvfb.height}")
    video = _record(tmp_path / "screen.mp4", *grab, "-i", xvfb.name, "-t", "4", "-g", "15")
    changes = playback.steps(video)
    shown = deck.shown()

    assert len(changes) >= 3
    assert len(shown) >= len(changes)
    gaps = [b - a for (a, _), (b, _) in itertools.pairwise(changes)]
    assert gaps == pytest.approx([1.0] * len(gaps), abs=0.15)


def test_the_microphone_hears_what_is_spoken(pulse: Pulse, tmp_path: Path) -> None:
    wav = tmp_path / "speech.wav"
    seconds = speech.speak(wav, "Good morning, this is the first lesson.")
    playing = pulse.play(wav)
    hear = ("-f", "pulse", "-fragment_size", "1920", "-i", pulse.microphone)
    sound = _record(tmp_path / "heard.wav", *hear, "-t", f"{seconds + 2:.1f}", env=pulse.env)
    stretches = playback.sounds(sound)
    heard = stretches[-1][1] - stretches[0][0]

    assert playing.wait() == 0
    assert heard == pytest.approx(seconds, abs=1.0)
