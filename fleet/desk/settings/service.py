"""Changing a setting of many rooms at once, and taking that back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from fleet.audit import service as audit
from fleet.audit.service import Deed
from fleet.classrooms import desired_changes, rooms
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import DesiredChange, Room
from fleet.db import Session, new_id
from fleet.errors import Conflict, NotFound
from fleet.orgs import defaults
from fleet.web.language import gettext as _


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do: how many rooms have which value now, and how many have this one."""

    value: Any
    before: Sequence[tuple[Any, int]]
    same: int

    @property
    def changes(self) -> int:
        """How many rooms would change."""
        return sum(count for _value, count in self.before)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rooms that were changed at once, and those in which somebody changed it again since."""

    key: str
    changes: Sequence[tuple[DesiredChange, Room]]
    since: frozenset[str]


def preview(session: Session, room_ids: Sequence[str], key: str, value: Any) -> Preview:
    """What would change.

    Raises:
        Refused: there is no such key, or the value does not fit it.
    """
    value = defaults.normal(key, value)
    now = [wanted[key] for wanted in rooms.current(session, room_ids).values()]
    counted = Counter(_text(one) for one in now if one != value)
    before = [(msgspec.json.decode(text), count) for text, count in counted.most_common()]
    return Preview(value, before, sum(one == value for one in now))


def apply(
    session: Session,
    room_ids: Sequence[str],
    key: str,
    value: Any,
    *,
    by: str,
    now: datetime,
) -> str:
    """Want a value of all these rooms; returns the id of the batch.

    Raises:
        Refused: there is no such key, or the value does not fit it.
        Conflict: no room changes.
    """
    value = defaults.normal(key, value)
    wanted = rooms.current(session, room_ids)
    changing = [room for room in room_ids if wanted[room][key] != value]
    if not changing:
        raise Conflict(_("All of these rooms have this value already."), field="value")
    batch = new_id()
    for room in changing:
        classrooms.set_desired(session, room, key, value, actor=by, batch=batch, now=now)
    _record(session, "settings.changed", batch, [""], by, now)
    return batch


def batch(session: Session, batch_id: str, reach: Sequence[str]) -> Batch:
    """What was changed at once, of the rooms that somebody may see.

    Raises:
        NotFound: there is no such batch, or none of its rooms is theirs.
    """
    changes = desired_changes.of_batch(session, batch_id, reach)
    if not changes:
        raise NotFound(_("There is no such thing, or you may not see it."))
    key = changes[0][0].key
    last = desired_changes.last_of(session, [room.id for _change, room in changes], key)
    since = {room.id for change, room in changes if last[room.id].id != change.id}
    return Batch(key, changes, frozenset(since))


def undo(session: Session, batch_id: str, reach: Sequence[str], *, by: str, now: datetime) -> str:
    """Want of each room what was wanted before, unless somebody changed it since.

    Returns the id of the batch that this makes.

    Raises:
        NotFound: there is no such batch.
        Conflict: there is nothing left to take back.
    """
    found = batch(session, batch_id, reach)
    todo = [(change, room) for change, room in found.changes if room.id not in found.since]
    if not todo:
        raise Conflict(_("Each of these rooms was changed again since: nothing to take back."))
    made = new_id()
    for change, room in todo:
        classrooms.set_desired(
            session, room.id, found.key, change.before, actor=by, batch=made, now=now
        )
    _record(session, "settings.undone", made, [""], by, now)
    return made


def _record(
    session: Session, action: str, batch_id: str, reach: Sequence[str], by: str, now: datetime
) -> None:
    """A row of the audit trail for each unit with rooms of this batch."""
    counted: Counter[str] = Counter()
    detail: dict[str, Any] = {}
    for change, room in desired_changes.of_batch(session, batch_id, reach):
        counted[room.path] += 1
        detail = {"key": change.key, "value": change.after}
    deeds = [
        Deed(action, batch_id, {**detail, "rooms": count}, path)
        for path, count in sorted(counted.items())
    ]
    audit.record_all(session, deeds, actor=by, now=now)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
