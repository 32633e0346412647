"""Which measurements need a person: ok → pending → raised → clearing → ok. Pure.

A value that is not known changes nothing: what is out of reach is said by `offline`, once, and
what was wrong before it went silent is still wrong when it comes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from contract.profile import Alarm, Scalar
from edge_agent.room.model import Device, Value

OFFLINE = Alarm(
    id="offline",
    point="online",
    op="==",
    value=False,
    delay=10.0,
    clear_delay=2.0,
    masked_by=(),
    text="offline",
)
"""Each device has it. The delay outlasts a restart of a network switch's port."""

COMMAND_FAILED = Alarm(
    id="command-failed",
    point="command_failed",
    op="==",
    value=True,
    masked_by=("offline",),
    text="command-failed",
)
"""Each device has it too: a scene has told it something, and it did not obey."""

Key = tuple[str, str]
"""Subject and id of an alarm."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An alarm of one subject."""

    subject: str
    alarm: Alarm


@dataclass(frozen=True, slots=True)
class Seen:
    """Something was measured; `at` is monotonic."""

    subject: str
    point: str
    value: Value | None
    at: float


@dataclass(frozen=True, slots=True)
class Passed:
    """Time went by."""

    at: float


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm that is raised: tell, and show."""

    rule: Rule
    value: Value | None
    since: float


@dataclass(frozen=True, slots=True)
class Cleared:
    """An alarm that is over, after `seconds`."""

    rule: Rule
    seconds: float


@dataclass(frozen=True, slots=True)
class _Watched:
    """One rule's state. `turned`: since when the values speak against `raised`."""

    raised: Raised | None = None
    turned: float | None = None
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Alarms:
    """All rules of the room and how they stand."""

    rules: tuple[Rule, ...]
    watched: Mapping[Key, _Watched] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def raised(self) -> tuple[Raised, ...]:
        """What is raised, oldest first."""
        found = [each.raised for each in self.watched.values() if each.raised is not None]
        return tuple(sorted(found, key=lambda raised: raised.since))


Step = tuple[Alarms, tuple[Raised | Cleared, ...]]


def of_devices(devices: tuple[Device, ...]) -> tuple[Rule, ...]:
    """The rules of the room's hardware; a profile may have an `offline` of its own."""
    return tuple(
        Rule(device.name, alarm)
        for device in devices
        for alarm in {
            each.id: each for each in (OFFLINE, COMMAND_FAILED, *device.profile.alarms)
        }.values()
    )


def restored(rules: tuple[Rule, ...], raised: tuple[Key, ...], now: float) -> Alarms:
    """The state after a restart: what was raised still is, until something else is measured."""
    known = {(rule.subject, rule.alarm.id): rule for rule in rules}
    watched = {key: _Watched(Raised(known[key], None, now)) for key in raised if key in known}
    return Alarms(rules, MappingProxyType(watched))


def step(alarms: Alarms, event: Seen | Passed) -> Step:
    """Take in a measurement, or time."""
    watched = dict(alarms.watched)
    told: list[Raised | Cleared] = []
    for rule in alarms.rules:
        key = (rule.subject, rule.alarm.id)
        before = watched.get(key, _Watched())
        after = before
        if isinstance(event, Seen) and _concerns(rule, event):
            after = _turned(rule.alarm, before, event)
        after = _ripe(rule, after, event.at, masked=_masked(rule, watched))
        if after == before:
            continue
        watched[key] = after
        match before.raised, after.raised:
            case None, Raised() as raised:
                told.append(raised)
            case Raised(since=since), None:
                told.append(Cleared(rule, event.at - since))
            case _:
                pass
    return replace(alarms, watched=MappingProxyType(watched)), tuple(told)


def next_due(alarms: Alarms) -> float | None:
    """When some alarm is to be raised or cleared if nothing else is measured."""
    times = [
        each.turned + (rule.alarm.clear_delay if each.raised else rule.alarm.delay)
        for rule in alarms.rules
        if (each := alarms.watched.get((rule.subject, rule.alarm.id))) is not None
        and each.turned is not None
        and not (each.raised is None and _masked(rule, alarms.watched))
    ]
    return min(times, default=None)


def is_wrong(alarm: Alarm, value: Value) -> bool:
    """Whether a value is what the alarm is about."""
    return _compared(alarm.op, value, alarm.value)


def is_well(alarm: Alarm, value: Value) -> bool:
    """Whether a value is well beyond doubt: past the clear level, where there is one."""
    if alarm.clear is None or isinstance(value, str):
        return not is_wrong(alarm, value)
    back = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}.get(alarm.op)
    return _compared(back, value, alarm.clear) if back else not is_wrong(alarm, value)


def _concerns(rule: Rule, seen: Seen) -> bool:
    return rule.subject == seen.subject and rule.alarm.point == seen.point


def _turned(alarm: Alarm, before: _Watched, seen: Seen) -> _Watched:
    if seen.value is None:
        return before
    against = is_well(alarm, seen.value) if before.raised else is_wrong(alarm, seen.value)
    if not against:
        return replace(before, turned=None, value=seen.value)
    return replace(
        before, turned=seen.at if before.turned is None else before.turned, value=seen.value
    )


def _ripe(rule: Rule, each: _Watched, now: float, *, masked: bool) -> _Watched:
    if each.turned is None:
        return each
    if each.raised is not None:
        over = now - each.turned >= rule.alarm.clear_delay
        return _Watched(value=each.value) if over else each
    if masked or now - each.turned < rule.alarm.delay:
        return each
    return _Watched(raised=Raised(rule, each.value, now), value=each.value)


def _masked(rule: Rule, watched: Mapping[Key, _Watched]) -> bool:
    for mask in rule.alarm.masked_by:
        other = watched.get((rule.subject, mask))
        # Also one that is about to be raised: the picture is black before it counts as frozen.
        if other is not None and (other.raised is not None or other.turned is not None):
            return True
    return False


def _compared(op: str, value: Scalar, limit: Scalar) -> bool:
    if isinstance(value, str) or isinstance(limit, str):
        return (str(value) == str(limit)) == (op == "==")
    match op:
        case "<":
            return value < limit
        case "<=":
            return value <= limit
        case ">":
            return value > limit
        case ">=":
            return value >= limit
        case "!=":
            return value != limit
        case _:
            return value == limit
