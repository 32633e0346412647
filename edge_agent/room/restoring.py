"""What a message that is over still owes the room's devices: how they stood before it. Pure.

A device may refuse for now: its profile forbids to switch it so soon, or it is silent. What it
stood like is then tried again, until it is so, or somebody wants something else of the device.
Times are monotonic seconds.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from contract.messages import StepResult
from edge_agent.room.model import Device, Value
from edge_agent.room.scene import Condition, Scene, Step

AGAIN_SECONDS: Final = 60.0
"""When what failed is tried again for the first time; then after twice as long, and so on."""
_MOST_TRIES: Final = 6
"""About an hour. Who comes later wants to find the room as somebody left it meanwhile."""
_SWITCHING: Final = ("power_on", "power_off")


@dataclass(frozen=True, slots=True)
class Owed:
    """A reading to be brought back to `value`, not before `at`; `only` as in `scene.Restore`."""

    device: str
    point: str
    value: Value
    command: str
    argument: str
    only: tuple[Value, ...]
    at: float
    tries: int = 0


def owed(
    scene: Scene, devices: Collection[Device], before: Mapping[tuple[str, str], Value], at: float
) -> tuple[Owed, ...]:
    """What is to be undone of a scene that touched `devices`, in order."""
    found = []
    for restore in scene.restores:
        for device in devices:
            value = before.get((device.name, restore.point))
            known = restore.command in device.profile.commands
            if value is None or not known or (restore.only and value not in restore.only):
                continue
            found.append(
                Owed(
                    device=device.name,
                    point=restore.point,
                    value=value,
                    command=restore.command,
                    argument=restore.argument or "",
                    only=restore.only,
                    at=at,
                )
            )
    return tuple(found)


def steps(some: Iterable[Owed], *, again: bool) -> tuple[Step, ...]:
    """What does it; `again`: not where somebody has done it meanwhile."""
    return tuple(_step(one, again=again) for one in some)


def without(some: tuple[Owed, ...], devices: Collection[str]) -> tuple[Owed, ...]:
    """Somebody wants something else of these devices."""
    return tuple(one for one in some if one.device not in devices)


def put_off(some: tuple[Owed, ...], device: str, command: str, at: float) -> tuple[Owed, ...]:
    """A device may not be told before `at`."""
    return tuple(
        replace(one, at=at) if (one.device, one.command) == (device, command) else one
        for one in some
    )


def tried(
    some: tuple[Owed, ...], step: Step, results: Iterable[StepResult], now: float
) -> tuple[Owed, ...]:
    """A step is over: what it did is no longer owed, and what failed is tried again."""
    outcomes = {(result.device, step.command): result.outcome for result in results}
    left = []
    for one in some:
        outcome = outcomes.get((one.device, one.command))
        if outcome in ("failed", "late"):
            if one.tries < _MOST_TRIES:
                later = now + AGAIN_SECONDS * 2**one.tries
                left.append(replace(one, tries=one.tries + 1, at=later))
        elif outcome is None or (outcome == "skipped" and one.at > now):
            left.append(one)
    return tuple(left)


def after_restart(
    some: tuple[Owed, ...], devices: Iterable[Device], now: float
) -> tuple[Owed, ...]:
    """Nobody remembers when a device was switched last: as if it had been just now."""
    pauses = {each.name: each.profile.safety.least_between_switches for each in devices}
    return tuple(
        replace(one, at=now + (pauses[one.device] if one.command in _SWITCHING else 0.0))
        for one in some
        if one.device in pauses
    )


def _step(one: Owed, *, again: bool) -> Step:
    value = round(one.value) if isinstance(one.value, float) else one.value  # taken as a whole one
    when = Condition(point=one.point, none_of=one.only or (one.value,)) if again else None
    return Step(
        name=f"{one.point} as before",
        device=one.device,
        command=one.command,
        arguments={one.argument: value} if one.argument else {},
        when=when,
    )
