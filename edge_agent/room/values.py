"""Between what a profile calls things and what is on the wire. Pure."""

import re
from typing import Final

from contract.profile import Argument, Profile, Reading, Scalar
from edge_agent.errors import Garbled, Refused, Unsupported
from edge_agent.room.model import Arguments, Value

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
"""Narrower than Python's: no device measures `nan`, `inf` or `1_000`."""


def checked(profile: Profile, command: str, arguments: Arguments) -> Arguments:
    """The arguments of a command, in the profile's order, if they are what it takes.

    Raises:
        Unsupported: there is no such command.
        Refused: one is missing, unknown, or out of range; the text names it.
    """
    if command not in profile.commands:
        raise Unsupported(f"{profile.id} has no command {command!r}")
    wanted = profile.commands[command].arguments
    if unknown := sorted(arguments.keys() - wanted.keys()):
        raise Refused(f"{command}: no argument is called {unknown[0]!r}")
    if missing := [name for name in wanted if name not in arguments]:
        raise Refused(f"{command}: {missing[0]} is missing")
    for name, argument in wanted.items():
        if why := _wrong(profile, argument, arguments[name]):
            raise Refused(f"{command}: {name}: {why} (it says {arguments[name]!r})")
    return {name: arguments[name] for name in wanted}


def on_wire(profile: Profile, command: str, arguments: Arguments) -> dict[str, str | int]:
    """What checked arguments are on the wire: numbers as they are, the rest by the profile."""
    words: dict[str, str | int] = {}
    for name, argument in profile.commands[command].arguments.items():
        value = arguments[name]
        match argument.type:
            case "integer":
                words[name] = int(value)
            case "choice":
                words[name] = argument.values[str(value)]
            case "source":
                words[name] = profile.sources[str(value)]
            case "flag":
                logical = "on" if value else "off"
                words[name] = argument.values.get(logical, "1" if value else "0")
            case "text":
                words[name] = str(value)
    return words


def meaning(reading: Reading, raw: str) -> Value:
    """What a word on the wire means.

    Raises:
        Garbled: it is none of the profile's values, or not a number.
    """
    if reading.values:
        if raw not in reading.values:
            raise Garbled(f"an answer the profile does not know: {raw[:40]!r}")
        return reading.values[raw]
    match reading.type:
        case "number":
            if not _NUMBER.fullmatch(raw.strip()):
                raise Garbled(f"not a number: {raw[:40]!r}")
            return float(raw) * reading.scale
        case "flag":
            if raw not in ("0", "1"):
                raise Garbled(f"neither 0 nor 1: {raw[:40]!r}")
            return raw == "1"
        case "choice" | "text":
            return raw


def source_named(profile: Profile, wire: str) -> str:
    """The logical name of an input, or what it is on the wire when the profile has no name."""
    return next((name for name, code in profile.sources.items() if code == wire), wire)


def _wrong(profile: Profile, argument: Argument, value: Scalar) -> str:
    match argument.type:
        case "integer":
            if isinstance(value, bool) or not isinstance(value, int):
                return "a whole number is needed"
            if not argument.least <= value <= argument.most:
                return f"from {argument.least} to {argument.most}"
        case "choice":
            if value not in argument.values:
                return f"one of {', '.join(argument.values)}"
        case "source":
            if value not in profile.sources:
                return f"one of {', '.join(profile.sources)}"
        case "flag":
            if not isinstance(value, bool):
                return "true or false"
        case "text":
            if not isinstance(value, str):
                return "a text is needed"
    return ""
