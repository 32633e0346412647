"""The simulated classroom looks and sounds like a lesson."""

import subprocess
from pathlib import Path

import pytest

from simulator import lesson
from tests.devices import playback


def _render(graph: str, seconds: float, path: Path) -> Path:
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", graph, "-t", str(seconds), path],
        check=True,
        timeout=60,
    )
    return path


def test_somebody_moves_before_the_camera(tmp_path: Path) -> None:
    video = _render(lesson.presenter(), 3, tmp_path / "presenter.mp4")
    log = subprocess.run(
        ["ffmpeg", "-nostdin", "-i", video, "-vf", "freezedetect=n=-60dB:d=0.5", "-f", "null", "-"],
        capture_output=True,
        text=True,
        timeout=60,
    ).stderr

    assert playback.decode_video(video).frames == 3 * lesson.RATE
    assert "freeze_start" not in log


def test_pages_change_when_they_should(tmp_path: Path) -> None:
    video = _render(lesson.presentation(), 11, tmp_path / "presentation.mp4")
    changes = [at for at, _ in playback.steps(video, threshold=4)]

    assert changes == pytest.approx([lesson.PAGE_SECONDS, 2 * lesson.PAGE_SECONDS], abs=0.1)


def test_somebody_speaks(tmp_path: Path) -> None:
    sources = lesson.sources(tmp_path)
    microphone = sources[-1]
    sound = microphone["address"]
    if microphone["driver"] == "test":
        sound = _render(sound, 10, tmp_path / "sound.wav")
    heard = sum(end - start for start, end in playback.sounds(sound))

    assert heard > 4
    assert [source["track"] for source in sources] == ["presenter", "presentation", "audio"]


def test_without_a_speech_synthesiser_there_are_tones_with_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    microphone = lesson.sources(tmp_path)[-1]
    sound = _render(microphone["address"], 12, tmp_path / "sound.wav")
    stretches = playback.sounds(sound)

    assert len(stretches) == 3
    assert stretches[0] == pytest.approx((0, 4), abs=0.3)
