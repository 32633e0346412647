"""A day in a room: five lessons back to back, something wrong in each, and what is told of it.

Scaled: a lesson lasts seconds, the projector warms up in two, and a room is quiet after a few.
"""

import subprocess
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.classroom import Classroom
from simulator.projector import OFF
from standalone.hardware import devices
from tests.devices.classroom import ClassroomThread
from tests.devices.pulse import Pulse
from tests.devices.rtsp import RtspCamera
from tests.devices.slides import Slides
from tests.devices.speech import TEXT, speak
from tests.devices.xvfb import Xvfb
from tests.stories.school import Meeting, School

pytestmark = [pytest.mark.story, pytest.mark.fault, pytest.mark.timeout(300)]

FIRST_SECONDS, LESSON_SECONDS = 22.0, 14.0
"""The first has to do with the projector: it warms up, goes, and is set up anew."""

AHEAD_SECONDS = 12.0
GREY = "0xff607080"
FAST = {"min_interval": 0.0, "connect_timeout": 2.0, "reply_timeout": 0.5}
PAGE_SECONDS = 15.0

STARTS = [
    "camera on teacher-camera skipped",
    "camera on student-camera skipped",
    "microphone open microphone done",
    "panel on panel {on}",
    "projector on projector {on}",
    "camera faces the room teacher-camera done",
    "camera faces the room student-camera done",
    "camera follows the teacher teacher-camera done",
    "camera follows the teacher student-camera skipped",
    "recording runs done",
    "panel shows the lesson panel done",
    "projector is warm projector done",
    "projector shows the lesson projector done",
    "projector shows a picture projector skipped",
]
"""What the scene of a lesson's beginning does, by device."""


def hardware(day: ClassroomThread, directory: Path, pulse: Pulse) -> list[dict[str, Any]]:
    """The room's devices, asked more often and with shorter delays than a real lesson needs."""
    found = {each["name"]: each for each in devices(day.room, directory)}
    del found["pc"]
    found["projector"]["overrides"] = {
        "transports": [{"kind": "tcp", "auth": "pjlink-md5", **FAST}],
        "readings": {"power": {"poll": 1}, "error_fan": {"poll": 1}},
        "safety": {"cool_down": 1, "least_between_switches": 0},
        "alarms": [
            {"id": "offline", "point": "online", "op": "==", "value": False, "delay": 2,
             "text": "offline", "masked_by": []},
            {"id": "fan", "point": "error_fan", "op": "!=", "value": "ok", "delay": 1,
             "clear_delay": 1, "text": "fan"},
        ],
    }  # fmt: skip
    found["panel"]["overrides"] = {"power": {"warming": 2, "cooling": 2}}
    found["ups"]["overrides"] = {
        "readings": {"mains": {"poll": 0.5}},
        "alarms": [
            {"id": "on-battery", "point": "mains", "op": "==", "value": "battery", "delay": 1,
             "text": "on-battery"},
        ],
    }  # fmt: skip
    found["teacher-camera"]["source"] = "teacher camera"
    microphone = {
        "name": "microphone",
        "profile": "pulse-microphone",
        "source": "ceiling microphone",
        "overrides": {"codec": {"parameters": {"source": pulse.microphone}}},
    }
    return [*found.values(), microphone]


def sources(camera: RtspCamera, xvfb: Xvfb, pulse: Pulse) -> list[dict[str, Any]]:
    return [
        {"name": "teacher camera", "kind": "camera", "track": "presenter", "driver": "rtsp",
         "address": camera.url, "copy": True},
        {"name": "panel", "kind": "screen", "track": "presentation", "driver": "x11",
         "address": xvfb.name, "size": "640x360", "rate": 10},
        {"name": "ceiling microphone", "kind": "microphone", "track": "audio",
         "driver": "pulse", "address": pulse.microphone},
    ]  # fmt: skip


def test_a_day_of_five_lessons_with_a_fault_in_each(
    school: School,
    tmp_path: Path,
    rtsp_camera: Callable[..., RtspCamera],
    slides: Callable[..., Slides],
    xvfb: Xvfb,
    pulse: Pulse,
) -> None:
    camera = rtsp_camera(size="320x180", rate=10, flash=0, background=GREY)
    deck = slides(PAGE_SECONDS)
    speak(tmp_path / "speech.wav", TEXT * 16)
    pulse.play(tmp_path / "speech.wav")
    school.agent_env = {**pulse.env}
    with ClassroomThread(warm_up=2.0, cool_down=2.0) as day:
        room = day.room
        school.open(
            sources(camera, xvfb, pulse),
            hardware(day, tmp_path / "secrets", pulse),
            automation={"quiet_minutes": 0.1},
        )
        school.wait(lambda: len(scenes(school)) == 1, 30, "the room is idle")
        assert room.cameras_face_the_wall
        lessons = [school.timetable(FIRST_SECONDS, ahead=AHEAD_SECONDS)]
        for _ in range(4):
            lessons.append(school.timetable(LESSON_SECONDS, after=lessons[-1]))
        go_wrong(school, room, camera, pulse, lessons)
        everything_off = "everything-off: nobody is here: done"
        school.wait(lambda: everything_off in scenes(school), 60, "everything goes off")
        school.wait(lambda: devices_told(school, "panel")[-1:] == ["off"], 30, "the panel is off")
        school.wait(school.everything_is_acknowledged, 20, "the fleet has heard it all")

        assert room.projector.power == OFF
        assert room.projector.harmed == 0
        assert not room.panel.on
        assert room.cameras_face_the_wall
        assert is_muted(pulse)
    told_exactly(school, lessons)
    surely, perhaps = (
        sum(in_a_take(lessons, at, margin) for at in deck.shown()[1:]) for margin in (2.0, -2.0)
    )
    assert surely <= len(school.events("lectern.slide.changed")) <= perhaps
    for meeting in lessons:
        school.published(meeting)


def go_wrong(
    school: School,
    room: Classroom,
    camera: RtspCamera,
    pulse: Pulse,
    lessons: Sequence[Meeting],
) -> None:
    """One fault a lesson, and its end."""
    first, second, third, fourth, fifth = (lesson.starts_at for lesson in lessons)

    school.until(first, 4.5)
    room.projector.faults.silent = True
    school.until(first, 9)
    room.projector.faults.silent = False
    assert room.cameras_face_the_room
    assert not is_muted(pulse)

    school.until(second, 3)
    camera.kill()
    school.until(second, 6)
    camera.start()

    school.until(third, 3)
    mute(pulse, on=True)
    school.until(third, 8)
    mute(pulse, on=False)

    school.until(fourth, 3)
    room.ups.mains_lost()
    school.until(fourth, 8)
    room.ups.mains_back()

    school.until(fifth, 3)
    room.projector.errors = "200000"
    school.until(fifth, 8)
    room.projector.errors = "000000"


def told_exactly(school: School, lessons: Sequence[Meeting]) -> None:
    """The fleet's history is what a careful operator would have written down."""
    names = [lesson.lesson for lesson in lessons]
    assert [e["lesson"] for e in school.events("lectern.take.started")] == names
    ended = school.events("lectern.take.ended")
    assert [(e["lesson"], e["reason"]) for e in ended] == [(name, "bell") for name in names]
    gaps = {
        (names.index(take["lesson"]), track["name"])
        for take in ended
        for track in take["tracks"]
        if track["gaps"]
    }
    assert gaps == {(1, "presenter")}

    assert scenes(school) == [
        "lesson-ends: the agent started: done",
        "pre-flight: a lesson begins soon: done",
        "lesson-starts: timetable: done",
        "lesson-starts: projector is back: done",
        *["lesson-starts: timetable: done"] * 4,
        "lesson-ends: the lesson is over: done",
        "everything-off: nobody is here: done",
    ]
    starts = [e for e in school.events("lectern.scene.ran") if e["trigger"] == "timetable"]
    for number, scene in enumerate(starts):
        on = "skipped" if number else "done"
        assert steps(scene) == [step.format(on=on) for step in STARTS]

    assert alarms(school) == [
        "raised projector offline",
        "cleared projector offline",
        "raised presenter gap",
        "cleared presenter gap",
        "raised audio muted",
        "cleared audio muted",
        "raised ups on-battery",
        "cleared ups on-battery",
        "raised projector fan",
        "cleared projector fan",
    ]

    assert devices_told(school, "projector") == [
        "off", "warming", "on", "gone", "on", "cooling", "off",
    ]  # fmt: skip
    assert devices_told(school, "panel") == ["off", "warming", "on", "cooling", "off"]
    assert devices_told(school, "teacher-camera") == ["on"]
    for plain in ("student-camera", "ups", "microphone"):
        assert devices_told(school, plain) == ["unknown"]


def scenes(school: School) -> list[str]:
    ran = school.events("lectern.scene.ran")
    return [f"{e['scene']}: {e['trigger']}: {e['outcome']}" for e in ran]


def steps(scene: dict[str, Any]) -> list[str]:
    found = (f"{each['step']} {each['device']} {each['outcome']}" for each in scene["steps"])
    return [text.replace("  ", " ") for text in found]


def alarms(school: School) -> list[str]:
    return [
        f"{kind.removeprefix('lectern.alarm.')} {body['subject']} {body['alarm']}"
        for kind, body in school.history("lectern.alarm.raised", "lectern.alarm.cleared")
    ]


def devices_told(school: School, device: str) -> list[str]:
    """Power states of a device as the fleet was told of them; `gone` while it did not answer."""
    return [
        e["power"] if e["online"] else "gone"
        for e in school.events("lectern.device.changed")
        if e["device"] == device
    ]


def in_a_take(lessons: Sequence[Meeting], at: float, margin: float) -> bool:
    """Whether monotonic `at` lies in a lesson, at least `margin` seconds from its bells."""
    when = datetime.now(UTC) - timedelta(seconds=time.monotonic() - at)
    inside = timedelta(seconds=margin)
    return any(m.starts_at + inside < when < m.ends_at - inside for m in lessons)


def is_muted(pulse: Pulse) -> bool:
    """Whether the microphone is closed."""
    return "yes" in _pactl(pulse, "get-source-mute", pulse.microphone)


def mute(pulse: Pulse, *, on: bool) -> None:
    """Somebody closes the microphone at the mixer, or opens it."""
    _pactl(pulse, "set-source-mute", pulse.microphone, "1" if on else "0")


def _pactl(pulse: Pulse, *words: str) -> str:
    done = subprocess.run(
        ["pactl", *words],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", **pulse.env},
        check=True,
        capture_output=True,
        text=True,
        timeout=10,
    )
    return done.stdout
