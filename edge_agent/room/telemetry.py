"""Which readings are worth sending: what changed, and now and then what did not. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from contract.messages import Reading
from contract.standards import CHOICES
from edge_agent.room.model import Value

DEADBAND = 0.02
"""A number that moved by less than this share of itself is the same."""
REPEAT_SECONDS = 600.0
"""So often also what stays the same is sent: a chart without points looks like a dead room."""


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The last value of each reading, and what of it was sent when."""

    units: Mapping[tuple[str, str], str]
    values: Mapping[tuple[str, str], float] = field(default_factory=lambda: MappingProxyType({}))
    sent: Mapping[tuple[str, str], tuple[float, float]] = field(
        default_factory=lambda: MappingProxyType({})
    )


def measured(state: Telemetry, subject: str, point: str, value: Value | None) -> Telemetry:
    """Keep a reading; what is no number and stands for none is not telemetry."""
    values = {**state.values}
    number = None if value is None else as_number(point, value)
    if number is None:
        values.pop((subject, point), None)
    else:
        values[subject, point] = number
    return replace(state, values=MappingProxyType(values))


def due(state: Telemetry, now: float) -> tuple[Telemetry, tuple[Reading, ...]]:
    """What is to be sent at monotonic `now`."""
    fresh = {key: value for key, value in state.values.items() if _is_news(state, key, value, now)}
    sent = MappingProxyType({**state.sent, **{key: (fresh[key], now) for key in fresh}})
    readings = tuple(
        Reading(device=device, point=point, value=value, unit=state.units.get((device, point), ""))
        for (device, point), value in fresh.items()
    )
    return replace(state, sent=sent), readings


def as_number(point: str, value: Value) -> float | None:
    """A value as telemetry carries it: a choice by its place in `contract.standards.CHOICES`."""
    if isinstance(value, str):
        choices = CHOICES.get(point, ())
        return float(choices.index(value)) if value in choices else None
    return float(value)


def _is_news(state: Telemetry, key: tuple[str, str], value: float, now: float) -> bool:
    if key not in state.sent:
        return True
    before, at = state.sent[key]
    return abs(value - before) > DEADBAND * abs(before) or now - at >= REPEAT_SECONDS
