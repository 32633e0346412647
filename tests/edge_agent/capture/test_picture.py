"""What pictures measure, judged by ffmpeg's blackdetect, freezedetect and blurdetect."""

import re
import subprocess

import cv2
import numpy as np
import pytest

from benchmarks.lesson_clips import CAMERA, FAULT_AT, PICTURE_FAULTS, SECONDS, camera
from benchmarks.replay import observed, told
from edge_agent.capture.picture import TURNING_SECONDS, PictureMeter, decoded
from edge_agent.ports.watch import Seen
from edge_agent.room.watch import BLACK, ELSEWHERE, FROZEN


def seen(fault: str) -> list[Seen]:
    clip = camera(PICTURE_FAULTS[fault]) if fault else camera()
    return [o for _, each in observed(CAMERA, clip, SECONDS) for o in each if isinstance(o, Seen)]


def judged(fault: str, judge: str) -> str:
    """What one of ffmpeg's filters says of the same clip, as small as the side stream is."""
    graph = f"{camera(PICTURE_FAULTS[fault])},scale=320:-2,{judge}"
    command = ["ffmpeg", "-hide_banner", "-nostats", "-f", "lavfi", "-i", graph]
    command += ["-t", f"{SECONDS:g}", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stderr


def begins(pictures: list[Seen]) -> float:
    return pictures[0].at if pictures else float("inf")


def test_black_begins_where_blackdetect_says() -> None:
    log = judged("black", "blackdetect=d=1")
    (theirs,) = re.findall(r"black_start:([\d.]+)", log)

    assert float(theirs) == pytest.approx(FAULT_AT, abs=0.1)
    ours = begins([each for each in seen("black") if each.look.dark >= BLACK])
    assert ours == pytest.approx(float(theirs), abs=0.5)


def test_a_frozen_picture_begins_where_freezedetect_says() -> None:
    (theirs,) = re.findall(r"freeze_start: ([\d.]+)", judged("frozen", "freezedetect=d=1"))

    assert float(theirs) == pytest.approx(FAULT_AT, abs=0.2)
    still = [e for e in seen("frozen") if e.look.motion is not None and e.look.motion < FROZEN]
    assert begins(still) == pytest.approx(float(theirs), abs=0.7)


def test_blur_is_what_blurdetect_sees() -> None:
    graph = "blurdetect,metadata=print:key=lavfi.blur"
    theirs = [float(each) for each in re.findall(r"lavfi.blur=([\d.]+)", judged("blurred", graph))]
    half = int(len(theirs) * FAULT_AT / SECONDS)
    ours = [each.look.detail for each in seen("blurred") if each.at > FAULT_AT + 1]

    assert np.median(theirs[half + 5 :]) > 1.5 * np.median(theirs[: half - 5])
    assert max(ours) < 0.3


@pytest.mark.parametrize("fault", PICTURE_FAULTS)
def test_each_fault_is_told_within_three_seconds_and_no_other(fault: str) -> None:
    raised = [each for each in told(CAMERA, camera(PICTURE_FAULTS[fault]), SECONDS) if each.raised]

    assert [each.alarm for each in raised] == [fault]
    assert FAULT_AT < raised[0].at <= FAULT_AT + 3


def test_a_good_picture_is_where_it_was_and_as_sharp() -> None:
    looks = [each.look for each in seen("")]
    known = [look for look in looks if look.view is not None and look.detail is not None]

    assert len(known) > len(looks) / 2
    assert min(look.view for look in known) > 0.7
    assert min(look.detail for look in known) > 0.7


def scene(seed: int) -> np.ndarray:
    """A room with things in it."""
    picture = np.full((180, 320), 150, np.uint8)
    rng = np.random.default_rng(seed)
    for _ in range(25):
        x, y, w, h = (int(each) for each in rng.integers((0, 0, 20, 15), (300, 160, 80, 60)))
        cv2.rectangle(picture, (x, y), (x + w, y + h), int(rng.integers(20, 240)), -1)
    return picture


def look(meter: PictureMeter, picture: np.ndarray, at: float, count: int = 1) -> list:
    rng = np.random.default_rng(int(at))
    noisy = [np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255) for _ in range(count)]
    return [meter.measure(each.astype(np.uint8), at + n / 4) for n, each in enumerate(noisy)]


def test_dimmed_light_neither_blurs_nor_moves() -> None:
    meter = PictureMeter(judged=True)
    look(meter, scene(1), 0, 20)
    (dim,) = look(meter, (scene(1) * 0.4).astype(np.uint8), 6)

    assert dim.view > 0.5
    assert dim.detail > 0.3


def test_somebody_before_the_camera_does_not_move_it() -> None:
    meter = PictureMeter(judged=True)
    look(meter, scene(1), 0, 20)
    person = scene(1)
    person[40:, 100:220] = 60
    (stands,) = look(meter, person, 6)

    assert stands.view > ELSEWHERE


def test_each_preset_has_a_view_of_its_own() -> None:
    meter = PictureMeter(judged=True)
    look(meter, scene(1), 0, 20)
    meter.aim("preset 2", 10)
    assert {each.view for each in look(meter, scene(2), 10.1, 4)} == {None}
    learned = look(meter, scene(2), 10 + TURNING_SECONDS, 20)
    assert learned[-1].view > 0.5
    meter.aim("", 30)
    assert look(meter, scene(1), 30 + TURNING_SECONDS)[0].view > 0.5
    assert look(meter, scene(2), 36 + TURNING_SECONDS)[0].view < ELSEWHERE


def test_a_camera_that_turns_by_itself_has_no_usual_view() -> None:
    meter = PictureMeter(judged=True)
    look(meter, scene(1), 0, 20)
    meter.aim(None, 6)

    assert look(meter, scene(2), 20)[0].view is None


def test_a_blank_wall_is_not_judged() -> None:
    meter = PictureMeter(judged=True)
    blank = np.full((180, 320), 150, np.uint8)

    assert look(meter, blank, 0, 20)[-1].view is None


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8nothing\xff\xd9", b"no picture"])
def test_what_is_no_picture_is_none(data: bytes) -> None:
    assert decoded(data) is None
