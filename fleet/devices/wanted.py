"""The shadow of a room: what is wanted of it and what it reports, key by key; and changing it."""

from datetime import datetime
from typing import Any

from fleet.classrooms import desired_changes
from fleet.classrooms import service as classrooms
from fleet.db import Session
from fleet.devices.models import Shadow
from fleet.devices.shadow_states import KeyState, Told, Wanted, stands
from fleet.errors import Conflict
from fleet.orgs import defaults
from fleet.web.language import gettext as _


def version(session: Session, room_id: str) -> int:
    """The version of what is wanted of a room; 0 where nothing ever was."""
    return desired_changes.version(session, room_id)


def keys(session: Session, room_id: str) -> list[KeyState]:
    """How each key of a room stands, in the order of `orgs.defaults`.

    Raises:
        NotFound: there is no such room.
    """
    classrooms.room(session, room_id)
    state = desired_changes.state(session, room_id)
    last = desired_changes.last(session, room_id)
    row = session.get(Shadow, room_id)
    told = Told(row.applied_desired, row.state, row.outcomes) if row else None
    found = []
    for key in defaults.KEYS:
        unset = defaults.UNSET[key]
        change = last.get(key)
        wanted = Wanted(state.get(key, unset), 0)
        if change is not None:
            wanted = Wanted(wanted.value, change.version, change.by, change.at)
        found.append(stands(key, wanted, told, unset))
    return found


def want(
    session: Session,
    room_id: str,
    key: str,
    value: Any,
    *,
    expected: int | None,
    by: str,
    now: datetime,
) -> int:
    """Want something of a room; returns the version.

    Raises:
        NotFound: there is no such room.
        Refused: there is no such key, or the value does not fit it.
        Conflict: somebody has wanted something else since version `expected`.
    """
    value = defaults.normal(key, value)
    classrooms.room(session, room_id)
    desired_changes.lock(session, room_id)
    current = version(session, room_id)
    if expected is not None and expected != current:
        text = _("Somebody changed this room meanwhile: look at it again.")
        raise Conflict(text, field="version")
    return classrooms.set_desired(session, room_id, key, value, actor=by, now=now)
