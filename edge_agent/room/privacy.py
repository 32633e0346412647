"""Which cameras and microphones are not known to be closed. Pure.

Scenes close them. What was out of reach then, what a scene left open that another one replaced,
and what was opened by hand, is remembered here until it has obeyed. Times are monotonic seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from contract.profile import PowerState
from edge_agent.room.model import Arguments, Device

_CLOSING = {"camera": "park", "microphone": "microphone"}
_OPENING = ("preset", "home", "move", "zoom", "power_on", "restart")
_SWITCHED = ("tracking", "microphone")
"""Commands that open when they are told `on`."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """What may look or listen.

    Attributes:
        patience: what was opened by hand is left so for so long.
        closing: cameras and microphones that can be closed, with the command that does it.
        open: those that may be open, with the time from which they ought not to be.
        requests: by device, the request that is to close it.
        gone: those that do not answer; `dark`: those that are off, and see nothing.
    """

    patience: float
    closing: Mapping[str, str]
    open: Mapping[str, float]
    requests: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    gone: frozenset[str] = frozenset()
    dark: frozenset[str] = frozenset()


def of(devices: tuple[Device, ...], patience: float) -> Privacy:
    """The state at the start: of nothing is it known that it is closed."""
    closing = {
        device.name: _CLOSING[device.role]
        for device in devices
        if device.role in _CLOSING and _CLOSING[device.role] in device.profile.commands
    }
    return Privacy(patience, closing, dict.fromkeys(closing, 0.0))


def left_open(state: Privacy, now: float) -> frozenset[str]:
    """What ought to be closed, is not known to be, and can be told so now."""
    late = frozenset(name for name, since in state.open.items() if now >= since)
    return late - state.gone - state.dark


def closed(state: Privacy) -> frozenset[str]:
    """What is known to see or hear nothing."""
    return (frozenset(state.closing) - frozenset(state.open)) | state.dark


def asked(
    state: Privacy,
    device: str,
    command: str,
    arguments: Arguments,
    request: str,
    now: float,
    *,
    by_hand: bool,
) -> Privacy:
    """A device is to be told something."""
    if device not in state.closing:
        return state
    if command in _OPENING or (command in _SWITCHED and arguments.get("on") is True):
        requests = {name: each for name, each in state.requests.items() if name != device}
        return _opened(replace(state, requests=requests), device, now, by_hand=by_hand)
    if command == state.closing[device]:
        return replace(state, requests={**state.requests, device: request})
    return state


def answered(state: Privacy, device: str, request: str, *, ok: bool, offered: bool) -> Privacy:
    """What came of it."""
    if not request or state.requests.get(device) != request:
        return state
    requests = {name: each for name, each in state.requests.items() if name != device}
    still = {name: since for name, since in state.open.items() if name != device}
    closing = state.closing
    if not offered:  # what stands there cannot be closed
        closing = {name: each for name, each in closing.items() if name != device}
    return replace(
        state,
        requests=requests,
        closing=closing,
        open=still if ok or not offered else state.open,
    )


def seen(state: Privacy, device: str, *, online: bool) -> Privacy:
    """A device answers again, perhaps after it lost its mains, or no longer."""
    if device not in state.closing:
        return state
    if not online:
        return replace(state, gone=state.gone | {device})
    return _opened(replace(state, gone=state.gone - {device}), device, 0.0, by_hand=False)


def powered(state: Privacy, device: str, power: PowerState) -> Privacy:
    """A device went from one power state to another; one that comes on looks where it likes."""
    if device not in state.closing:
        return state
    if power in ("off", "cooling"):
        return replace(state, dark=state.dark | {device})
    if device not in state.dark:
        return state
    return _opened(replace(state, dark=state.dark - {device}), device, 0.0, by_hand=False)


def _opened(state: Privacy, device: str, now: float, *, by_hand: bool) -> Privacy:
    since = now + state.patience if by_hand else 0.0
    return replace(state, open={**state.open, device: since})
