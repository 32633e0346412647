"""What an order's arguments say, or why they cannot be obeyed."""

import re
from dataclasses import dataclass
from typing import Any, Final

from contract.messages import Order
from edge_agent.room.model import Arguments

MOST_MINUTES: Final = 600
MOST_TEXT: Final = 500
MOST_SHOWN_SECONDS: Final = 3600
_MAC: Final = re.compile(r"([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")


class NotObeyed(Exception):
    """The order is rejected; the text says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """A command for one device, or for every device of a role."""

    device: str
    role: str
    command: str
    arguments: Arguments


def number(order: Order, name: str, most: float) -> float:
    """A number above 0.

    Raises:
        NotObeyed: it is none, or out of range.
    """
    value = order.args.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotObeyed(f"{name}: a number is needed")
    if not 0 < value <= most:
        raise NotObeyed(f"{name}: from 0 to {most:g}")
    return float(value)


def text(order: Order, *, needed: bool = False) -> str:
    """A short text.

    Raises:
        NotObeyed: it is none, too long, or empty though `needed`.
    """
    value = order.args.get("text", "")
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise NotObeyed(f"text: at most {MOST_TEXT} characters")
    if needed and not value.strip():
        raise NotObeyed("text: what is to be said is needed")
    return value


def identifier(order: Order, name: str) -> str | None:
    """An id, or nothing.

    Raises:
        NotObeyed: it is something else.
    """
    value = order.args.get(name)
    if not isinstance(value, str | None):
        raise NotObeyed(f"{name}: an id is needed, or nothing")
    return value


def one_of(order: Order, name: str, known: tuple[str, ...]) -> str:
    """One of several words.

    Raises:
        NotObeyed: it is none of them.
    """
    value = order.args.get(name)
    if not isinstance(value, str) or value not in known:
        raise NotObeyed(f"{name}: one of {', '.join(known)}")
    return value


def mac(order: Order) -> str:
    """The address of a network card.

    Raises:
        NotObeyed: it is none.
    """
    value = order.args.get("mac")
    if not isinstance(value, str) or not _MAC.fullmatch(value):
        raise NotObeyed("mac: an address like 00:11:22:33:44:55 is needed")
    return value


def flag(order: Order, name: str) -> bool:
    """Whether something is said to be so."""
    return order.args.get(name) is True


def told(order: Order) -> Told:
    """A command for devices.

    Raises:
        NotObeyed: it names no device or no command, or both a device and a role.
    """
    device, role = order.args.get("device"), order.args.get("role")
    command = order.args.get("command")
    arguments: Any = order.args.get("arguments", {})
    if (device is None) == (role is None):
        raise NotObeyed("device, command: two names are needed; or role and command")
    if not isinstance(command, str) or not isinstance(device or role, str):
        raise NotObeyed("device, command: two names are needed; or role and command")
    if not isinstance(arguments, dict) or not all(
        isinstance(value, bool | int | float | str) for value in arguments.values()
    ):
        raise NotObeyed("arguments: names and plain values are needed")
    return Told(device or "", role or "", command, arguments)
