"""What is wanted of a room beside what the room has made of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

State = Literal["converged", "differing", "pending", "refused", "unsupported"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted for one key: since which version, and who wanted it when.

    `by` is a user's id, empty for the fleet itself; `at` is None where nobody ever changed it.
    """

    value: Any
    version: int
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a room reported last."""

    applied: int
    state: Mapping[str, Any]
    outcomes: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class KeyState:
    """One key of a room: what is wanted, what the room reports, and how the two stand."""

    key: str
    desired: Any
    reported: Any
    state: State
    why: str
    version: int
    by: str
    at: datetime | None


def stands(key: str, wanted: Wanted, told: Told | None, unset: Any) -> KeyState:
    """How one key stands; `unset` is what is wanted where the fleet wants nothing."""
    state, why = _judged(key, wanted, told, unset)
    reported = told.state.get(key) if told else None
    return KeyState(key, wanted.value, reported, state, why, wanted.version, wanted.by, wanted.at)


def _judged(key: str, wanted: Wanted, told: Told | None, unset: Any) -> tuple[State, str]:
    leaves = wanted.value == unset
    if told is None:
        return ("converged" if leaves else "pending"), ""
    if told.applied < wanted.version:
        return "pending", ""
    outcome = told.outcomes.get(key, {})
    result, why = outcome.get("result", ""), outcome.get("why", "")
    match result:
        case "refused":
            return "refused", why
        case "unsupported":
            return ("converged" if leaves else "unsupported"), why
        case "pending":
            return "pending", why
    if leaves or (key in told.state and _said(told.state[key]) == _said(wanted.value)):
        return "converged", ""
    if key not in told.state and result == "applied":
        return "converged", ""  # it did, and has no way to tell what it is now
    return "differing", why


def _said(value: Any) -> Any:
    """A value as rooms report it: what is None is left out."""
    if isinstance(value, Mapping):
        return {name: each for name, each in value.items() if each is not None}
    return value
