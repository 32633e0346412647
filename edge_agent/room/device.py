"""What one device may be told now, what it should be asked next, and what its answers mean. Pure.

Power goes off → warming → on → cooling → off. A device that tells these apart is believed; of one
that says only on and off, the profile's times tell the rest. Times are monotonic seconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from contract.profile import Command, PowerState, Reading
from edge_agent.room.model import Device, Value

_POLLS_UNTIL_STALE = 3
_SHORTEST_POLL_SECONDS = 0.05
"""Whatever a profile says."""


@dataclass(frozen=True, slots=True)
class Known:
    """A value, and when it was read."""

    value: Value
    at: float


@dataclass(frozen=True, slots=True)
class DeviceState:
    """All that is known of a device.

    Attributes:
        power: as the room takes it to be; `unknown` until it was read.
        changed: when `power` came to be so.
        values: the last value of each reading that is not stale.
        asked: when each reading was asked last, answered or not.
        unsupported: readings it turned out not to have; not asked again before it reconnects.
        quiet_until: it is left alone until then (settling).
        switched: when it was last told to go on or off.
        cold_at: when it may lose its mains; None while it is not off.
    """

    device: Device
    power: PowerState = "unknown"
    changed: float = 0.0
    values: Mapping[str, Known] = field(default_factory=lambda: MappingProxyType({}))
    asked: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    unsupported: frozenset[str] = frozenset()
    quiet_until: float = 0.0
    switched: float | None = None
    cold_at: float | None = None


_INSTEAD = (frozenset({"power_on", "power_off"}), frozenset({"preset", "park", "home"}))
"""Commands that undo each other: of several that wait, only the last one counts."""


@dataclass(frozen=True, slots=True)
class Now:
    """The command may be sent."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not before `at`; `why` for a person."""

    at: float
    why: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """Not in its present power state, which does not pass by itself."""

    why: str


@dataclass(frozen=True, slots=True)
class Never:
    """Not this device, or not over this line."""

    why: str


def may(state: DeviceState, command: str, now: float) -> Now | Later | NotNow | Never:
    """Whether a command may be sent at `now`."""
    known = state.device.profile.commands.get(command)
    if known is None:
        return Never(f"{state.device.name} has no command {command!r}")
    if known.transports and state.device.transport.kind not in known.transports:
        over = ", ".join(known.transports)
        return Never(f"{state.device.name}: {command} is to be had over {over} only")
    if now < state.quiet_until:
        return Later(state.quiet_until, "it is settling")
    if command in ("power_on", "power_off") and state.switched is not None:
        pause = state.device.profile.safety.least_between_switches
        if now < state.switched + pause:
            return Later(state.switched + pause, "it was switched a moment ago")
    if known.states and state.power not in known.states and not _never_says_power(state):
        if state.power in ("on", "off"):
            return NotNow(f"it is {state.power}")
        return Later(_changes_at(state, now), f"it is {state.power}")
    return Now()


def supersedes(command: str, earlier: str) -> bool:
    """Whether a command makes an earlier one, which is still waiting, pointless."""
    if command == "power_off":
        return True
    if command == earlier:
        return command not in ("move", "zoom", "message")
    return any(command in each and earlier in each for each in _INSTEAD)


def told(state: DeviceState, command: str, now: float) -> DeviceState:
    """The device has taken a command, or was woken as if by one."""
    known = state.device.profile.commands.get(command)
    settle = known.settle if known else 0.0
    state = replace(state, quiet_until=max(state.quiet_until, now + settle))
    power = state.device.profile.power
    match command:
        case "power_on":
            coming: PowerState = "warming" if power and power.warming else "on"
            if state.power not in ("warming", "on"):
                state = _powered(state, coming, now)
            return replace(state, switched=now)
        case "power_off":
            going: PowerState = "cooling" if power and power.cooling else "off"
            # Also what was off when it was asked last: it may have been switched on since.
            if state.power != "cooling":
                state = _powered(state, going, now)
            return replace(state, switched=now)
        case _:
            return state


def answered(state: DeviceState, point: str, value: Value, now: float) -> DeviceState:
    """The device has said what a reading is."""
    if point == "power":
        value = _believed(state, str(value), now)
        if value != state.power:
            state = _powered(state, value, now)
    elif state.power in ("off", "unknown") and _shows_power_by_answering(state):
        state = _powered(state, "on", now)
    values = MappingProxyType({**state.values, point: Known(value, now)})
    asked = MappingProxyType({**state.asked, point: now})
    return replace(state, values=values, asked=asked)


def refused(state: DeviceState, point: str, now: float, *, for_good: bool) -> DeviceState:
    """The device has not said it: not now, or, `for_good`, never."""
    asked = MappingProxyType({**state.asked, point: now})
    if not for_good:
        return replace(state, asked=asked)
    values = MappingProxyType({k: v for k, v in state.values.items() if k != point})
    return replace(state, asked=asked, values=values, unsupported=state.unsupported | {point})


def reconnected(state: DeviceState) -> DeviceState:
    """Everything is asked anew: it may have been switched, or another one put in its place."""
    return replace(state, asked=MappingProxyType({}), unsupported=frozenset(), quiet_until=0.0)


def passed(state: DeviceState, now: float) -> tuple[DeviceState, tuple[str, ...]]:
    """Time went by: power that changes by itself, and the names of readings that became stale."""
    over = now >= _changes_at(state, now) and not _tells_apart(state)
    if over and state.power in ("warming", "cooling"):
        state = _powered(state, "on" if state.power == "warming" else "off", now)
    stale = tuple(
        point
        for point, known in state.values.items()
        if (limit := _stale_after(state, point)) and now >= known.at + limit
    )
    if stale:
        kept = {point: known for point, known in state.values.items() if point not in stale}
        state = replace(state, values=MappingProxyType(kept))
    return state, stale


def next_change(state: DeviceState) -> float:
    """When `passed` will have something to say, though nobody speaks to the device."""
    times = [float("inf")]
    power = state.device.profile.power
    if power is not None and not _tells_apart(state) and state.power in ("warming", "cooling"):
        times.append(state.changed + (power.warming if state.power == "warming" else power.cooling))
    for point, known in state.values.items():
        if limit := _stale_after(state, point):
            times.append(known.at + limit)
    return min(times)


def due(state: DeviceState, now: float) -> tuple[str | None, float]:
    """The reading to ask now, or None and when the next one is due.

    What has waited longest beyond its time comes first, so that none is starved by the others.
    """
    waits = {
        point: state.asked[point] + _interval(state, reading) if point in state.asked else 0.0
        for point, reading in state.device.profile.readings.items()
        if reading.poll and _asks(state, point, reading)
    }
    if not waits:
        return None, float("inf")
    # Power first: what else may be asked depends on it.
    first = min(waits, key=lambda point: (waits[point], point != "power"))
    when = max(waits[first], state.quiet_until)
    return (first, now) if when <= now else (None, when)


def is_hot(state: DeviceState, now: float) -> bool:
    """Whether cutting its mains would harm it. What is not known to be cold is hot."""
    if not state.device.profile.safety.cool_down:
        return False
    return state.cold_at is None or now < state.cold_at


def why_not_cut(device: Device, command: str, fed: Iterable[DeviceState], now: float) -> str | None:
    """Why a command that cuts mains must not be sent: what hangs on them is hot. None: it may."""
    if command not in device.profile.safety.cuts:
        return None
    for state in fed:
        name = state.device.name
        if is_hot(state, now):
            return f"{name} is too hot to lose its mains; switch it off first, and wait"
        if state.device.profile.safety.cool_down and _may_have_been_switched_on(state):
            return f"{name} does not say any more that it is off, and may be too hot"
    return None


def is_silent_by_right(state: DeviceState) -> bool:
    """Whether no answer is what is to be expected: it is mute when off, and not yet on again."""
    return state.power in ("off", "warming", "cooling") and _shows_power_by_answering(state)


def agrees(command: Command, arguments: Mapping[str, Value], value: Value) -> bool:
    """Whether the confirming reading shows that a command was obeyed."""
    if command.confirm_values:
        return str(value) in command.confirm_values
    wanted = next(iter(arguments.values()), None)
    if isinstance(wanted, int | float) and isinstance(value, int | float):
        return (
            abs(float(wanted) - float(value)) < 1.0
            if not isinstance(wanted, bool)
            else (wanted == value)
        )
    return wanted == value


def _powered(state: DeviceState, power: PowerState, now: float) -> DeviceState:
    cold_at = now + state.device.profile.safety.cool_down if power == "off" else None
    return replace(state, power=power, changed=now, cold_at=cold_at)


def _believed(state: DeviceState, said: str, now: float) -> PowerState:
    if said not in ("off", "warming", "on", "cooling"):
        return "unknown"
    waiting = now < _changes_at(state, now) and not _tells_apart(state)
    if waiting and state.power == "warming" and said in ("on", "off"):
        return "warming"
    if waiting and state.power == "cooling" and said in ("on", "off"):
        return "cooling"
    return said  # type: ignore[return-value]  # one of the four


def _shows_power_by_answering(state: DeviceState) -> bool:
    """Whether it has a power button and cannot be asked about it over this line."""
    return state.device.profile.power is not None and not _says_power(state)


def _says_power(state: DeviceState) -> bool:
    reading = state.device.profile.readings.get("power")
    if reading is None or "power" in state.unsupported:
        return False
    return not reading.transports or state.device.transport.kind in reading.transports


def _never_says_power(state: DeviceState) -> bool:
    """Whether nothing tells how it stands: it is told, and refuses by itself what it cannot do."""
    return state.power == "unknown" and not _says_power(state)


def _may_have_been_switched_on(state: DeviceState) -> bool:
    """Whether it could say that it is off, and has not for too long."""
    return "power" not in state.values and not _shows_power_by_answering(state)


def _tells_apart(state: DeviceState) -> bool:
    reading = state.device.profile.readings.get("power")
    if reading is None or _shows_power_by_answering(state):
        return False
    return "warming" in reading.values.values()


def _changes_at(state: DeviceState, now: float) -> float:
    """When the power state is over by itself; soon, when only the device can say."""
    power = state.device.profile.power
    if power is None or _tells_apart(state):
        return now + 1.0
    match state.power:
        case "warming":
            return state.changed + power.warming
        case "cooling":
            return state.changed + power.cooling
        case _:
            return now + 1.0


def _asks(state: DeviceState, point: str, reading: Reading) -> bool:
    if point in state.unsupported:
        return False
    if reading.transports and state.device.transport.kind not in reading.transports:
        return False
    if state.power == "off" and _shows_power_by_answering(state):
        return True
    return not reading.poll_states or state.power in reading.poll_states


def _interval(state: DeviceState, reading: Reading) -> float:
    # A device that warms up or cools down is watched: whoever waits for it is told soon.
    if state.power in ("warming", "cooling") and reading is state.device.profile.readings.get(
        "power"
    ):
        return max(_SHORTEST_POLL_SECONDS, min(reading.poll, 2.0))
    return max(_SHORTEST_POLL_SECONDS, reading.poll)


def _stale_after(state: DeviceState, point: str) -> float:
    reading = state.device.profile.readings[point]
    return reading.stale_after or reading.poll * _POLLS_UNTIL_STALE
