"""From the classroom's camera, screen and microphone to the page that plays the lesson.

What is checked is the published lesson, as a student's player gets it over HTTP.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.devices import playback, speech
from tests.devices.pulse import Pulse
from tests.devices.rtsp import RtspCamera
from tests.devices.slides import Slides
from tests.devices.xvfb import Xvfb
from tests.servers.child import Children
from tests.stories.school import LATE_SECONDS, School

LESSON_SECONDS = 28.0
CLIP_SECONDS = 12
PAGE_STEP = 100
ONE_PICTURE = 1 / 15
CAMERA_LATENCY = 0.14
"""Seconds from the flash to its arrival, as one finds out once for a model of camera: a picture
in the sensor, one in the encoder, one held back until the next begins."""
IN_STEP = 0.120
"""Seconds by which picture and sound may differ: what lip movements may (ITU-R BT.1359)."""


@pytest.mark.story
@pytest.mark.timeout(180)
def test_a_lesson_is_played_as_it_was_held(
    school: School,
    children: Children,
    xvfb: Xvfb,
    pulse: Pulse,
    rtsp_camera: Callable[..., RtspCamera],
    slides: Callable[..., Slides],
    tmp_path: Path,
    figure: Callable[[str, str], None],
) -> None:
    camera = rtsp_camera(size="640x360", rate=15, flash=2.0)
    clip = tmp_path / "clip.mkv"
    speech.flash_and_beep(clip, CLIP_SECONDS, f"{xvfb.width}x{xvfb.height}")
    spoken = tmp_path / "spoken.wav"
    spoken_seconds = speech.speak(spoken, "Rain falls on the hills, and runs off at once.")
    school.agent_env = {**pulse.env, **xvfb.env}
    school.open(
        [
            {"name": "camera", "kind": "camera", "track": "presenter", "driver": "rtsp",
             "address": camera.url, "copy": True, "latency": CAMERA_LATENCY},
            {"name": "screen", "kind": "screen", "track": "presentation", "driver": "x11",
             "address": xvfb.name, "size": f"{xvfb.width}x{xvfb.height}", "rate": 15},
            {"name": "microphone", "kind": "microphone", "track": "audio", "driver": "pulse",
             "address": pulse.microphone},
        ],
    )  # fmt: skip

    meeting = school.timetable(LESSON_SECONDS)
    school.until(meeting.starts_at, 2.0)
    shown = children.start(
        ["ffplay", "-v", "error", "-fs", "-noborder", "-autoexit", "-framedrop", clip],
        name="ffplay",
        env={**pulse.env, **xvfb.env, "SDL_AUDIODRIVER": "pulseaudio", "PULSE_LATENCY_MSEC": "30"},
    )
    shown.wait(40)
    deck = slides(seconds=2.0)
    spoken_at = time.monotonic()
    pulse.play(spoken).wait(20)
    said = (spoken_at, spoken_at + spoken_seconds)
    published = school.published(meeting)
    presenter = school.media(published, "presenter.mp4")
    presentation = school.media(published, "presentation.mp4")

    for name in ("presenter.mp4", "presentation.mp4"):
        last = school.plays(meeting, published, name)
        figure(f"{name} of a {LESSON_SECONDS:.0f} s lesson", f"{last:.2f} s")
        assert last > LESSON_SECONDS - LATE_SECONDS
    assert playback.sounds(presenter), "the presenter's picture carries the sound"

    # The clip on the screen and its beeps: in step with each other. On a busy machine the clip's
    # player opens its window late and lets single pictures fall; what it did show counts.
    beeps = playback.beeps(presenter)[: CLIP_SECONDS // 2]
    shots = playback.flashes(presentation, 80)
    pairs = [
        (flash, beep) for beep in beeps for flash in shots if abs(beep - flash) < CLIP_SECONDS / 16
    ]
    flashes = [flash for flash, _ in pairs]
    offsets = [beep - flash for flash, beep in pairs]
    figure("beep after flash", ", ".join(f"{offset * 1000:+.0f} ms" for offset in offsets))
    assert len(offsets) >= 3
    assert abs(statistics.median(offsets)) <= IN_STEP

    # The room's clock lies at one place of the published lesson. The turn from page 1 to 2, the
    # first large step after the clip, tells where; it must hold for all that was seen and heard.
    turned = deck.shown()
    pages = [at for at, step in playback.steps(presentation, 25) if at > flashes[-1] + 1]
    second = next(
        at
        for at, step in playback.steps(presentation, PAGE_STEP)
        if at > flashes[-1] + 1 and step > 0
    )
    zero = turned[1] - second
    for page in turned[1:]:
        if page - zero < LESSON_SECONDS - LATE_SECONDS:
            assert min(abs(page - zero - at) for at in pages) < 0.2
    camera_flashes = [at - zero for at in camera.flashes()]
    seen_flashes = playback.flashes(presenter, 60)
    late = [seen - min(camera_flashes, key=lambda real: abs(real - seen)) for seen in seen_flashes]
    figure("camera behind screen", ", ".join(f"{each * 1000:+.0f} ms" for each in late))
    assert len(seen_flashes) >= LESSON_SECONDS / 2 - 2
    # The camera draws its picture on the same two processors: now and then it is one late.
    assert abs(statistics.median(late)) <= IN_STEP
    assert all(abs(each) <= IN_STEP + ONE_PICTURE for each in late)

    heard = [
        stretch
        for stretch in playback.sounds(presenter, quiet=0.8)
        if stretch[1] > said[0] - zero and stretch[0] > flashes[-1] + 1
    ]
    assert heard[0][0] == pytest.approx(said[0] - zero, abs=0.6)
    assert heard[-1][1] == pytest.approx(said[1] - zero, abs=1.0)

    page = httpx.get(f"{school.url}/lessons/{meeting.lesson}")
    assert page.status_code == httpx.codes.OK
    assert school.media(published, "presenter.mp4").removeprefix(school.url) in page.text
