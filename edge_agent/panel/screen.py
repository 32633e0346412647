"""What the page says of a `RoomView`, as far as it is not simply one of its fields. Pure."""

import math
import re
from dataclasses import dataclass
from datetime import timedelta

from edge_agent.ports.touch import DeviceView, LessonView, RoomView

PROGRESS_STEPS = 240
LENGTHS = (45, 60, 90)  # minutes of an unplanned lesson
USUAL_LENGTH = 60
EXTENSIONS = (5, 10, 15)  # minutes
MOST_PRESETS = 12  # keys that find room on a phone
OFFERED = (
    "power_on",
    "power_off",
    "source",
    "volume",
    "mute",
    "blank",
    "freeze",
    "microphone",
    "preset",
    "park",
    "tracking",
)
"""What a finger may tell a device: whatever else its profile has stays with technicians."""

_ORDER = ("panel", "projector", "screen", "switcher", "camera", "microphone", "pc", "ups")
_ABBREVIATED = frozenset({"hdmi"})
_BUSY = frozenset({"recording", "paused"})


@dataclass(frozen=True, slots=True)
class Running:
    """How far the lesson is: whole seconds left, and the part that is over in PROGRESS_STEPS."""

    lesson: LessonView
    left: int
    progress: int
    last_minute: bool
    may_extend: bool


def running(view: RoomView) -> Running | None:
    """The lesson that is on, or None."""
    lesson = view.lesson
    if lesson is None:
        return None
    length = max((lesson.ends_at - lesson.starts_at).total_seconds(), 1.0)
    left = max((lesson.ends_at - view.at).total_seconds(), 0.0)
    over = min(max(1.0 - left / length, 0.0), 1.0)
    return Running(
        lesson,
        math.ceil(left),
        int(over * PROGRESS_STEPS),
        view.phase in _BUSY and left <= 60,
        view.extend_until is None or view.extend_until - lesson.ends_at >= timedelta(minutes=1),
    )


def devices(view: RoomView) -> list[DeviceView]:
    """The hardware: first what a lesson needs most."""
    return sorted(view.devices, key=lambda device: (_ORDER.index(device.role), device.name))


def level(device: DeviceView) -> int | None:
    """A device's volume in percent, if it told it."""
    value = device.values.get("volume")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return min(max(round(value), 0), 100)


def input_name(name: str) -> str:
    """`hdmi1` or `type_c` as people write it: HDMI 1, Type C."""
    words = re.findall(r"[^\W\d_]+|\d+", name)
    return " ".join(
        word.upper() if len(word) < 4 or word in _ABBREVIATED else word.capitalize()
        for word in words
    )
