"""A profile uses the words all profiles share, and marks its own."""

from collections.abc import Iterator
from typing import Final

from contract.profile import Argument, Profile, Reading
from contract.standards import CHOICES, COMMANDS, READINGS
from edge_agent.room.alarm_texts import TEXTS

_TYPES: Final = {
    "source": "source",
    "level": "integer",
    "on": "flag",
    "number": "integer",
    "pan": "integer",
    "tilt": "integer",
    "speed": "integer",
    "text": "text",
}
"""Of the arguments of standard commands."""

_RANGES: Final = {
    "level": (0, 100),
    "number": (0, 255),
    "pan": (-100, 100),
    "tilt": (-100, 100),
    "speed": (-100, 100),
}

_FLAGS: Final = frozenset(
    ("mute", "blank", "freeze", "touch_lock", "microphone", "signal", "tracking")
)
_UNITS: Final = {
    "volume": "%",
    "backlight": "%",
    "lamp_hours": "h",
    "panel_hours": "h",
    "filter_hours": "h",
    "temperature": "°C",
    "charge": "%",
    "runtime": "s",
    "load": "%",
    "voltage": "V",
    "clock_skew": "s",
}
"""Standard numbers, each with its unit."""


def mistakes(profile: Profile) -> Iterator[tuple[str, str]]:
    """Names, arguments, values and units that differ from the standard."""
    for name, command in profile.commands.items():
        where = f"commands.{name}"
        if name not in COMMANDS:
            yield from _own_name(where, name)
        elif tuple(command.arguments) != COMMANDS[name]:
            wanted = ", ".join(COMMANDS[name]) or "none"
            yield f"{where}.arguments", f"the standard command takes {wanted}"
        else:
            for argument_name, argument in command.arguments.items():
                place = f"{where}.arguments.{argument_name}"
                yield from _argument(place, argument_name, argument)
    for name, reading in profile.readings.items():
        if name not in READINGS:
            yield from _own_name(f"readings.{name}", name)
        else:
            yield from _reading(f"readings.{name}", name, reading)
    for number, alarm in enumerate(profile.alarms):
        if alarm.text not in TEXTS:
            known = ", ".join(sorted(TEXTS))
            yield f"alarms[{number}].text", f"no text has the key {alarm.text!r}, only {known}"


def _own_name(where: str, name: str) -> Iterator[tuple[str, str]]:
    if not name.startswith("x_"):
        yield where, "is not in the standard; a name of the profile's own begins with x_"


def _argument(where: str, name: str, argument: Argument) -> Iterator[tuple[str, str]]:
    if argument.type != _TYPES[name]:
        yield f"{where}.type", f"must be {_TYPES[name]}, as in the standard command"
    elif name in _RANGES:
        least, most = _RANGES[name]
        if not least <= argument.least <= argument.most <= most:
            yield where, f"must be within {least} to {most}, as in the standard command"


def _reading(where: str, name: str, reading: Reading) -> Iterator[tuple[str, str]]:
    if name in CHOICES:
        if reading.type != "choice":
            yield f"{where}.type", "must be choice, as the standard reading"
        elif strange := sorted({str(v) for v in reading.values.values()} - set(CHOICES[name])):
            yield f"{where}.values", f"{strange[0]!r} is none of {', '.join(CHOICES[name])}"
    elif name in _FLAGS and reading.type != "flag":
        yield f"{where}.type", "must be flag, as the standard reading"
    elif name in _UNITS:
        if reading.type != "number":
            yield f"{where}.type", "must be number, as the standard reading"
        elif reading.unit != _UNITS[name]:
            yield f"{where}.unit", f"must be {_UNITS[name]}, as the standard reading"
