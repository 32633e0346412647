"""What the fleet wants of the room and what the room has made of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import msgspec

from contract.messages import DesiredState, Outcome, UploadPolicy
from edge_agent.room import commands as c
from edge_agent.room import events as e
from edge_agent.room import merge_patch, timetable


@dataclass(frozen=True, slots=True)
class Shadow:
    """The applied configuration.

    Attributes:
        applied: the fleet's version that was applied last; 0 is none yet.
        version: the room's own count of reports about it.
        state: what the room follows, with everything unusable left out.
    """

    applied: int = 0
    version: int = 0
    state: DesiredState = field(default_factory=DesiredState)
    outcomes: dict[str, Outcome] = field(default_factory=dict)


SETTINGS = ("language", "report_seconds", "quiet_minutes", "record_timetable")

Step = tuple[Shadow, tuple[c.ShadowCommand, ...]]


def step(
    shadow: Shadow, event: e.DesiredCame, lacking: Mapping[str, str] = MappingProxyType({})
) -> Step:
    """Follow a desired state; one that is not newer than the applied one changes nothing.

    `lacking`: settings that mean nothing in this room, and why.
    """
    desired = event.desired
    if desired.version <= shadow.applied:
        return shadow, ()
    state, outcomes = _usable(desired.state)
    state, settings = _settings(state, desired.state, lacking)
    outcomes |= settings
    outcomes |= {key: Outcome(result="refused", why=why) for key, why in event.refused.items()}
    outcomes |= {
        key: Outcome(result="unsupported", why="this agent does not know it")
        for key in event.unknown
    }
    after = replace(
        shadow,
        applied=desired.version,
        version=shadow.version + 1,
        state=state,
        outcomes=outcomes,
    )
    patch = merge_patch.difference(document(shadow.state), document(state))
    return after, (
        c.Adopt(desired.version, state),
        c.Say(after.version, after.applied, patch, outcomes),
    )


def document(state: DesiredState) -> dict[str, Any]:
    """The reported document: JSON types only, nulls left out as RFC 7396 has them."""
    built: dict[str, Any] = {k: v for k, v in msgspec.to_builtins(state).items() if v is not None}
    built["upload"] = {k: v for k, v in built["upload"].items() if v is not None}
    return built


def _settings(
    usable: DesiredState, wanted: DesiredState, lacking: Mapping[str, str]
) -> tuple[DesiredState, dict[str, Outcome]]:
    """Those that are not None; the others are left to the room's own configuration."""
    values = {key: getattr(wanted, key) for key in SETTINGS}
    said = {key: value for key, value in values.items() if value is not None}
    applied = {key: value for key, value in said.items() if key not in lacking}
    return msgspec.structs.replace(usable, **applied), {
        key: Outcome(result="applied")
        if key in applied
        else Outcome(result="unsupported", why=lacking[key])
        for key in said
    }


def _usable(state: DesiredState) -> tuple[DesiredState, dict[str, Outcome]]:
    outcomes: dict[str, Outcome] = {}
    meetings, wrong = timetable.sound(state.timetable)
    why = "; ".join(wrong[:3]) + "; the other meetings are applied" if wrong else ""
    outcomes["timetable"] = Outcome(result="refused" if wrong else "applied", why=why)
    upload = state.upload
    limit = upload.bytes_per_second
    if limit is not None and limit <= 0:
        upload = UploadPolicy()
        why = "bytes_per_second must be more than 0; no limit is used"
        outcomes["upload"] = Outcome(result="refused", why=why)
    else:
        outcomes["upload"] = Outcome(result="applied")
    outcomes["courses"] = Outcome(result="applied")
    return DesiredState(timetable=meetings, courses=state.courses, upload=upload), outcomes
