"""Pages of a presentation, judged by PySceneDetect on the same clip."""

import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from scenedetect import ContentDetector, detect

from benchmarks.lesson_clips import SCREEN
from benchmarks.replay import observed
from edge_agent.capture.slides import SlideWatcher
from edge_agent.ports.watch import Turned
from edge_agent.room.model import Source
from simulator import lesson

RATE = 5
WORDS = ["rain", "river", "stone", "delta", "water", "hills", "plain", "wells", "sand", "current"]


def page(number: int, lines: int = 6) -> np.ndarray:
    """A page of text: a title that is its own, and lines that may still have to come."""
    picture = np.full((360, 640), 250, np.uint8)
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(picture, f"Chapter {number}: title", (40, 60), font, 1.2, 20, 3)
    for line in range(lines):
        words = np.random.default_rng([number, line]).choice(WORDS, 4)
        text = " ".join(words)
        cv2.putText(picture, text, (50, 120 + 36 * line), font, 0.8, 40, 2)
    return picture


def deck() -> list[np.ndarray]:
    """Eight pages of five seconds: lines build up, a pointer moves, a film runs on one page."""
    frames = []
    rng = np.random.default_rng(1)
    for number in range(8):
        for frame in range(5 * RATE):
            picture = page(number, 4 + frame // 8)
            x, y = 100 + 12 * frame, 200 + frame
            cv2.circle(picture, (x % 620, y), 5, 0, -1)
            if number == 4:
                film = rng.integers(0, 255, (9, 16)).astype(np.uint8)
                picture[220:340, 380:600] = cv2.resize(film, (220, 120))
            frames.append(picture)
    return frames


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("deck") / "deck.mp4"
    command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "gray", "-s", "640x360"]
    command += ["-r", str(RATE), "-i", "-", "-c:v", "libx264", "-pix_fmt", "yuv420p", path]
    raw = b"".join(frame.tobytes() for frame in deck())
    subprocess.run(command, input=raw, check=True, timeout=60)
    return path


def turned(source: Source, clip: str, seconds: float) -> list[float]:
    found = [o for _, each in observed(source, clip, seconds) for o in each]
    return [each.into for each in found if isinstance(each, Turned)]


def test_pages_turn_where_scenedetect_says(clip: Path) -> None:
    found = detect(str(clip), ContentDetector(threshold=2.0, min_scene_len=2 * RATE))
    theirs = [scene[0].seconds for scene in found][1:]
    source = Source("s", "screen", "presentation", "file", str(clip))
    ours = turned(source, str(clip), 40)

    assert theirs == pytest.approx([5, 10, 15, 20, 25, 30, 35], abs=0.3)
    assert ours == pytest.approx(theirs, abs=0.5)


def test_every_page_of_the_simulated_lesson_is_told() -> None:
    expected = [lesson.PAGE_SECONDS * number for number in range(1, 6)]

    assert turned(SCREEN, lesson.presentation(), 28) == pytest.approx(expected, abs=0.5)


def test_a_page_is_told_as_soon_as_it_has_stood_for_a_second() -> None:
    watcher = SlideWatcher()
    told = [
        (at, since)
        for at, since in (
            (n / 4, watcher.turned(page(1 if n < 12 else 2), n / 4)) for n in range(24)
        )
        if since is not None
    ]

    assert told == [(4.0, 3.0)]


def test_pages_that_are_leafed_past_are_not_told() -> None:
    watcher = SlideWatcher()
    shown = [1] * 12 + [2, 3, 4, 5, 6] + [7] * 12
    told = [watcher.turned(page(number), n / 4) for n, number in enumerate(shown)]

    assert [since for since in told if since is not None] == [17 / 4]
