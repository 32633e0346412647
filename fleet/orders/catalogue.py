"""The orders that people give, what they need to be told, and what rooms are told then. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fleet.errors import Refused
from fleet.web.language import gettext as _

ROLES: Final = ("projector", "panel", "screen", "camera", "microphone", "switcher", "pc", "ups")
MOST_MINUTES: Final = 600
MOST_TEXT: Final = 500
MOST_SHOWN: Final = 3600
_LONGEST_NAME: Final = 100
_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@dataclass(frozen=True, slots=True)
class Told:
    """What a room is told: name and arguments of a `contract.messages.Order`."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)


Args = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of order.

    Attributes:
        told: what rooms are told, or Refused naming the argument.
        arguments: what it asks for.
        interrupts: a running lesson; then it can wait for its end, and does so if `waits`.
        seconds: how long it is good for where nobody says so.
    """

    told: Callable[[Args], Told]
    arguments: tuple[str, ...] = ()
    interrupts: bool = False
    waits: bool = False
    seconds: int = 300


def told(kind: str, args: Args) -> Told:
    """What rooms are told by an order of this kind.

    Raises:
        Refused: there is no such kind, or an argument is missing, wrong or not known; `field`
            names it.
    """
    known = KINDS.get(kind)
    if known is None:
        raise Refused(_("There is no such order."), field="name")
    wanted = (*known.arguments, *(("wait", "force") if known.interrupts else ()))
    for name, value in args.items():
        if name not in wanted and value not in (None, "", False):
            raise Refused(_("This order has no argument %(name)s.", name=name), field=name)
    made = known.told(args)
    if not known.interrupts:
        return made
    force = _flag(args, "force", default=False)
    wait = _flag(args, "wait", default=known.waits and not force)
    if force and wait:
        raise Refused(_("Either wait for the lesson, or do it at once."), field="wait")
    flags = {name: True for name, on in (("wait", wait), ("force", force)) if on}
    return Told(made.name, {**made.args, **flags})


def _device(command: str, role: str) -> Callable[[Args], Told]:
    def make(args: Args) -> Told:
        return Told("device", {**_which(args, role), "command": command})

    return make


def _source(args: Args) -> Told:
    source = {"source": _word(args, "source")}
    return Told("device", {**_which(args, "projector"), "command": "source", "arguments": source})


def _volume(args: Args) -> Told:
    level = {"level": _number(args, "level", 0, 100)}
    return Told("device", {**_which(args, "panel"), "command": "volume", "arguments": level})


def _preset(args: Args) -> Told:
    number = {"number": _number(args, "number", 1, 9)}
    return Told("device", {**_which(args, "camera"), "command": "preset", "arguments": number})


def _record(args: Args) -> Told:
    known = {name: _word(args, name) for name in ("lesson", "course") if args.get(name)}
    return Told("start_take", {"minutes": _number(args, "minutes", 1, MOST_MINUTES), **known})


def _extend(args: Args) -> Told:
    return Told("extend_take", {"minutes": _number(args, "minutes", 1, MOST_MINUTES)})


def _message(args: Args) -> Told:
    seconds = _number(args, "seconds", 1, MOST_SHOWN, default=60)
    return Told("message", {"text": _text(args, "text"), "seconds": seconds})


def _emergency(args: Args) -> Told:
    return Told("scene", {"scene": "emergency-message", "text": _text(args, "text")})


def _screenshot(args: Args) -> Told:
    return Told("screenshot", {"track": _word(args, "track")} if args.get("track") else {})


def _restart(args: Args) -> Told:
    what = args.get("what") or "agent"
    if what not in ("agent", "pc"):
        raise Refused(_("Restart the agent or the PC: agent, pc."), field="what")
    return Told("restart", {"what": what})


def _plain(name: str, **args: Any) -> Callable[[Args], Told]:
    return lambda _args: Told(name, dict(args))


_ONE = ("role", "device")
KINDS: Final[Mapping[str, Kind]] = {
    "ping": Kind(_plain("ping"), seconds=60),
    "power_on": Kind(_device("power_on", "projector"), _ONE),
    "power_off": Kind(_device("power_off", "projector"), _ONE, interrupts=True),
    "source": Kind(_source, (*_ONE, "source")),
    "volume": Kind(_volume, (*_ONE, "level")),
    "preset": Kind(_preset, (*_ONE, "number")),
    "record": Kind(_record, ("minutes", "lesson", "course"), seconds=120),
    "extend": Kind(_extend, ("minutes",)),
    "stop": Kind(_plain("stop_take"), seconds=120),
    "message": Kind(_message, ("text", "seconds")),
    "emergency": Kind(_emergency, ("text",), seconds=3600),
    "over": Kind(_plain("scene", scene="over"), seconds=12 * 3600),
    "screenshot": Kind(_screenshot, ("track",)),
    "restart": Kind(_restart, ("what",), interrupts=True, waits=True, seconds=12 * 3600),
    "collect_logs": Kind(_plain("collect_logs"), seconds=900),
    "wake": Kind(_plain("wake")),
}


def _which(args: Args, role: str) -> dict[str, str]:
    device, asked = args.get("device"), args.get("role")
    if device and asked:
        raise Refused(_("Name a device or a kind of device, not both."), field="device")
    if device:
        text = device.strip() if isinstance(device, str) else ""
        if not 0 < len(text) <= _LONGEST_NAME:
            raise Refused(_("Name a device in at most 100 characters."), field="device")
        return {"device": text}
    if asked and asked not in ROLES:
        raise Refused(_("There is no such kind of device."), field="role")
    return {"role": str(asked or role)}


def _number(args: Args, name: str, least: int, most: int, default: int | None = None) -> int:
    value = args.get(name)
    if value in (None, "") and default is not None:
        return default
    try:
        number = int(value) if isinstance(value, int | str) else None
    except ValueError:
        number = None
    if isinstance(value, bool) or number is None or not least <= number <= most:
        text = _("Write a whole number from %(least)s to %(most)s.", least=least, most=most)
        raise Refused(text, field=name)
    return number


def _text(args: Args, name: str) -> str:
    value = args.get(name)
    text = value.strip() if isinstance(value, str) else ""
    if not 0 < len(text) <= MOST_TEXT:
        raise Refused(
            _("Write what is to be shown, in at most %(most)s characters.", most=MOST_TEXT),
            field=name,
        )
    return text


def _word(args: Args, name: str) -> str:
    value = args.get(name)
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise Refused(_("Write a name of letters, digits and _ . : -"), field=name)
    return value


def _flag(args: Args, name: str, *, default: bool) -> bool:
    value = args.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise Refused(_("Say true or false."), field=name)
    return value
