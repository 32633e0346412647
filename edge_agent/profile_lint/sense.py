"""The parts of a profile fit together."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from contract.profile import Alarm, Argument, Command, Golden, Profile, Reading, Scalar
from edge_agent.errors import Refused
from edge_agent.room import values

Mistakes = Iterator[tuple[str, str]]

_UNITS: Final = frozenset(
    ("", "%", "h", "s", "°C", "V", "A", "W", "Hz", "B", "GB", "dB", "dBFS", "°")
)
_WITH_A_PORT: Final = frozenset(("tcp", "udp", "http"))
_CONFIRMING: Final = {
    "integer": ("number",),
    "choice": ("choice", "text"),
    "source": ("choice", "text"),
    "flag": ("flag",),
    "text": ("text",),
}
"""Type of an argument → types of reading that can show that it was obeyed."""

_ORDERS: Final = frozenset(("<", "<=", ">", ">="))


def mistakes(profile: Profile) -> Mistakes:
    """Everything that names what is not there, or cannot be."""
    yield from _transports(profile)
    yield from _sources(profile)
    yield from _power(profile)
    for name, command in profile.commands.items():
        yield from _command(profile, f"commands.{name}", command)
    for name, reading in profile.readings.items():
        yield from _reading(profile, f"readings.{name}", name, reading)
    for number, alarm in enumerate(profile.alarms):
        yield from _alarm(profile, f"alarms[{number}]", alarm)
    yield from _alarms_together(profile)
    for number, golden in enumerate(profile.golden):
        yield from _golden(profile, f"golden[{number}]", golden)


def _transports(profile: Profile) -> Mistakes:
    kinds = [transport.kind for transport in profile.transports]
    for number, transport in enumerate(profile.transports):
        where = f"transports[{number}]"
        if transport.kind in _WITH_A_PORT and transport.port is None:
            yield where, f"{transport.kind} needs a port"
        if transport.kind not in _WITH_A_PORT and transport.port is not None:
            yield f"{where}.port", f"{transport.kind} has no port"
        if transport.kind in kinds[:number]:
            yield f"{where}.kind", "is given twice; a room can only choose by it"
        if transport.kind != "local" and not (
            transport.connect_timeout and transport.reply_timeout
        ):
            yield where, "an exchange without a time limit"


def _sources(profile: Profile) -> Mistakes:
    for wire, count in Counter(profile.sources.values()).items():
        if count > 1:
            names = [name for name, code in profile.sources.items() if code == wire]
            yield f"sources.{names[1]}", f"is {wire!r} on the wire, as {names[0]} is"


def _power(profile: Profile) -> Mistakes:
    switched = {"power_on", "power_off"} & profile.commands.keys()
    if switched and profile.power is None:
        yield "power", "how long it takes to come on and go off is missing"
    if profile.kind == "projector" and not profile.safety.cool_down:
        yield "safety.cool_down", "is missing: a projector's mains must not be cut while it is hot"
    for name in profile.safety.cuts:
        if name not in profile.commands:
            yield "safety.cuts", f"there is no command {name!r}"


def _command(profile: Profile, where: str, command: Command) -> Mistakes:
    for name, argument in command.arguments.items():
        yield from _argument(profile, f"{where}.arguments.{name}", argument)
    yield from _confirmation(profile, where, command)
    yield from _reach(profile, where, command)
    if command.states and "power" not in profile.readings and profile.power is None:
        yield f"{where}.states", "its power state is never known: no power reading, no `power`"


def _confirmation(profile: Profile, where: str, command: Command) -> Mistakes:
    if command.confirm is None:
        if command.confirm_values:
            yield f"{where}.confirm_values", "of which reading? `confirm` is missing"
        return
    reading = profile.readings.get(command.confirm)
    if reading is None:
        yield f"{where}.confirm", f"there is no reading {command.confirm!r}"
    elif command.confirm_values:
        for value in command.confirm_values:
            if _meanings(reading) and value not in _meanings(reading):
                yield f"{where}.confirm_values", f"{command.confirm} is never {value!r}"
    elif len(command.arguments) != 1:
        yield where, "confirm_values is missing: it has not one argument to compare with"
    else:
        (argument,) = command.arguments.values()
        if reading.type not in _CONFIRMING[argument.type]:
            yield f"{where}.confirm", f"a {reading.type} never equals a {argument.type}"
        elif argument.type == "choice" and reading.values:
            for value in sorted(argument.values.keys() - _meanings(reading)):
                yield f"{where}.confirm", f"{command.confirm} is never {value!r}"


def _argument(profile: Profile, where: str, argument: Argument) -> Mistakes:
    match argument.type:
        case "source" if not profile.sources:
            yield where, "the profile names no sources"
        case "choice" if not argument.values:
            yield where, "a choice needs its values"
        case "integer" if argument.least > argument.most:
            yield where, f"the least, {argument.least}, is more than the most, {argument.most}"
        case "flag" if argument.values and argument.values.keys() != {"on", "off"}:
            yield f"{where}.values", "a flag has on and off (in quotes), or neither"


def _reading(profile: Profile, where: str, name: str, reading: Reading) -> Mistakes:
    if reading.unit not in _UNITS:
        yield f"{where}.unit", f"{reading.unit!r} is no unit; there are {' '.join(sorted(_UNITS))}"
    elif reading.unit and reading.type != "number":
        yield f"{where}.unit", f"a {reading.type} has none"
    if reading.scale != 1 and (reading.type != "number" or reading.values):
        yield f"{where}.scale", "only a number as it comes can be scaled"
    for wire, value in reading.values.items():
        if not _fits(value, reading):
            yield f"{where}.values.{wire}", f"{value!r} is no {reading.type}"
    if name == "source" and reading.values:
        for wire, value in reading.values.items():
            if value not in profile.sources:
                yield f"{where}.values.{wire}", f"the profile has no source {value!r}"
    if 0 < reading.stale_after < reading.poll:
        yield f"{where}.stale_after", "it would be stale before it is asked again"
    yield from _reach(profile, where, reading)


def _reach(profile: Profile, where: str, part: Command | Reading) -> Mistakes:
    offered = {transport.kind for transport in profile.transports}
    for kind in part.transports:
        if kind not in offered:
            yield f"{where}.transports", f"the profile has no {kind}"


def _alarm(profile: Profile, where: str, alarm: Alarm) -> Mistakes:
    reading = profile.readings.get(alarm.point)
    if reading is None:
        yield f"{where}.point", f"there is no reading {alarm.point!r}"
        return
    if not reading.poll:
        yield f"{where}.point", f"{alarm.point} is not polled, so that nobody would notice"
    number = reading.type == "number"
    if number == isinstance(alarm.value, bool | str):
        yield f"{where}.value", f"{alarm.value!r} is no {reading.type}"
    elif not number and alarm.op in _ORDERS:
        yield f"{where}.op", f"a {reading.type} has no order"
    elif not number and _meanings(reading) and str(alarm.value) not in _meanings(reading):
        yield f"{where}.value", f"{alarm.point} is never {alarm.value!r}"
    if alarm.clear is None:
        return
    if not number or isinstance(alarm.value, str):
        yield f"{where}.clear", "only a number can have a clear level"
    elif _still_wrong(alarm.op, alarm.clear, alarm.value):
        yield f"{where}.clear", f"{alarm.clear} is still wrong: {alarm.op} {alarm.value}"


def _still_wrong(op: str, clear: float, value: float) -> bool:
    return clear > value if op.startswith(">") else op.startswith("<") and clear < value


def _alarms_together(profile: Profile) -> Mistakes:
    masks = {alarm.id: set(alarm.masked_by) for alarm in profile.alarms}
    for number, alarm in enumerate(profile.alarms):
        where = f"alarms[{number}]"
        if alarm.id == "offline":
            yield f"{where}.id", "is raised for each device by itself"
        if alarm.id in [other.id for other in profile.alarms[:number]]:
            yield f"{where}.id", f"two alarms are called {alarm.id!r}"
        for mask in alarm.masked_by:
            if mask != "offline" and mask not in masks:
                yield f"{where}.masked_by", f"there is no alarm {mask!r}"
            elif mask == alarm.id or alarm.id in masks.get(mask, ()):
                yield f"{where}.masked_by", f"{alarm.id} and {mask} hide each other"


def _golden(profile: Profile, where: str, golden: Golden) -> Mistakes:
    if (golden.command is None) == (golden.reading is None):
        yield where, "needs a command or a reading, and not both"
    elif golden.command is not None:
        try:
            values.checked(profile, golden.command, golden.arguments)
        except Refused as error:
            yield where, str(error)
    elif golden.reading not in profile.readings:
        yield f"{where}.reading", f"there is no reading {golden.reading!r}"
    elif golden.value is None or not golden.received:
        yield where, "a reading needs what is received and the value it means"
    else:
        yield from _golden_value(where, profile.readings[golden.reading], golden.value)


def _fits(value: Scalar, reading: Reading) -> bool:
    match reading.type:
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "flag":
            return isinstance(value, bool)
        case "choice" | "text":
            return isinstance(value, str)


def _golden_value(where: str, reading: Reading, value: Scalar) -> Mistakes:
    if _meanings(reading) and str(value) not in _meanings(reading):
        yield f"{where}.value", f"{value!r} is none of {', '.join(sorted(_meanings(reading)))}"


def _meanings(reading: Reading) -> frozenset[str]:
    """Every value of a reading as text, where they can be counted."""
    if reading.type == "flag":
        return frozenset(("True", "False"))
    return frozenset(str(value) for value in reading.values.values())
