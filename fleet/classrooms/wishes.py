"""What is wanted of rooms: set for one or for thousands, and kept with who wanted it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from contract import messages as m
from fleet.classrooms import repository
from fleet.classrooms.identity import as_json
from fleet.classrooms.models import Desired, DesiredChange
from fleet.db import Session
from fleet.errors import Refused
from fleet.orgs import defaults


def want(
    session: Session,
    wanted: Mapping[str, Mapping[str, Any]],
    *,
    actor: str = "",
    batch: str | None = None,
    now: datetime | None = None,
) -> dict[str, int]:
    """Want values for keys of `contract.messages.DesiredState` of rooms that are there, by room.

    Returns the version of each. See `service.set_desired`.

    Raises:
        Refused: there is no such key, or the value does not fit it.
    """
    rows = repository.lock_desired(session, list(wanted))
    new: list[Desired | DesiredChange] = []
    at = now or datetime.now(UTC)
    versions: dict[str, int] = {}
    for room_id, values in wanted.items():
        row = rows.get(room_id)
        before = dict(row.state) if row else {}
        after = _after(before, values)
        if row is None:
            row = Desired(room_id=room_id, version=1, state=after, published_version=0)
            new.append(row)
        elif after != before:
            row.version += 1
            row.state = after
        for key in values:
            was = before.get(key, defaults.UNSET.get(key))
            if key in defaults.KEYS and was != after[key]:
                new.append(
                    DesiredChange(
                        room_id=room_id,
                        key=key,
                        version=row.version,
                        before=was,
                        after=after[key],
                        by=actor,
                        at=at,
                        batch=batch,
                    )
                )
        versions[room_id] = row.version
    session.add_all(new)
    session.flush()
    return versions


def _after(before: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    for key in values:
        if key not in m.DesiredState.__struct_fields__:
            raise Refused(f"desired: there is no key {key!r}")
    try:
        merged = {**before, **{key: as_json(value) for key, value in values.items()}}
        after: dict[str, Any] = as_json(msgspec.convert(merged, m.DesiredState, strict=True))
    except (msgspec.ValidationError, TypeError) as error:
        raise Refused(f"desired: {', '.join(values)}: {error}") from error
    return after
