"""What the pages and JSON routes of the organisation show and change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from fleet.audit import service as audit
from fleet.auth.service import Signed
from fleet.classrooms import repository as rooms_repository
from fleet.classrooms import rooms
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Room
from fleet.db import Session
from fleet.desk.units import applying, importing, repository
from fleet.desk.units.changes import Plan
from fleet.errors import NotFound, Refused
from fleet.orgs import repository as units_repository
from fleet.orgs import service as orgs
from fleet.orgs.files import Act
from fleet.orgs.models import OrgUnit, UnitKind, UnitUpload
from fleet.orgs.wanted import Problem
from fleet.web.language import gettext as _

PAGE = 50
_KEPT = timedelta(days=1)
T = TypeVar("T", OrgUnit, Room)
FIELDS = ("name", "code", "language", "iso2", "centre")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list; `next` is the id of the last one if there are more, else ""."""

    rows: Sequence[T]
    next: str


def tops(session: Session, signed: Signed) -> list[OrgUnit]:
    """The highest units that somebody sees."""
    reach = signed.reach("staff.see")
    if "" in reach:
        found = units_repository.root(session)
        return [found] if found else []
    return units_repository.by_ids(session, [path.rstrip(".").split(".")[-1] for path in reach])


def search(
    session: Session, signed: Signed, text: str, after: str = "", limit: int = PAGE
) -> Page[OrgUnit]:
    """Units that somebody sees with `text` in name or code, by name."""
    key = _unit_key(session, after)
    found = orgs.search(session, signed.reach("staff.see"), text, key, limit + 1)
    return _page(found, limit)


def below(session: Session, unit: OrgUnit, after: str = "") -> Page[OrgUnit]:
    """Units right below one, by name."""
    return _page(orgs.below(session, unit.id, _unit_key(session, after), PAGE + 1), PAGE)


def rooms_of(
    session: Session, unit: OrgUnit, text: str = "", after: str = "", limit: int = PAGE
) -> Page[Room]:
    """Rooms of a unit with `text` in their name, by name."""
    key = None
    if after:
        last = session.get(Room, after)
        if last is None:
            raise _unknown_page()
        key = (last.name, last.id)
    found = rooms_repository.rooms_below(session, unit.id, text.strip(), key, limit + 1)
    return _page(found, limit)


def counts(session: Session, units: Sequence[OrgUnit]) -> dict[str, int]:
    """How many rooms stand in each of these units and below, by id."""
    found = repository.rooms_by_path(session, [unit.path for unit in units])
    return {
        unit.id: sum(count for path, count in found.items() if path.startswith(unit.path))
        for unit in units
    }


def way(session: Session, signed: Signed, unit: OrgUnit) -> list[OrgUnit]:
    """The units over one that somebody sees, from the top down."""
    return [one for one in orgs.above(session, unit) if signed.may("staff.see", one.path)]


def add_unit(
    session: Session,
    parent_id: str,
    kind: UnitKind,
    given: Mapping[str, str],
    act: Act,
) -> OrgUnit:
    """A new unit below another.

    Raises:
        NotFound: there is no such parent.
        Refused, Conflict: see `orgs.service.add`.
    """
    values = {name: given.get(name, "") for name in FIELDS}
    unit = orgs.add(session, parent_id=parent_id, kind=kind, **values)
    detail = {"code": unit.code, "name": unit.name}
    _note(session, act, "unit.added", unit.id, unit.path, detail)
    return unit


def change_unit(session: Session, unit_id: str, given: Mapping[str, str], act: Act) -> None:
    """Give a unit's fields other values.

    Raises:
        NotFound: there is no such unit.
        Refused, Conflict: see `orgs.service.change`.
    """
    unit = orgs.get(session, unit_id)
    for name, value in given.items():
        before = orgs.change(session, unit_id, name, value)
        if (after := getattr(unit, name)) != before:
            detail = {"key": name, "before": before, "after": after}
            _note(session, act, "unit.changed", unit_id, unit.path, detail)


def add_room(session: Session, unit_id: str, given: Mapping[str, str], act: Act) -> Room:
    """A new room.

    Raises:
        NotFound: there is no such unit.
        Refused, Conflict: a value is wrong, or the unit has a room of that name.
    """
    rooms.alone(session, unit_id, given["name"])
    room = classrooms.add_room(session, unit_id=unit_id, **given)
    _note(session, act, "room.added", room.id, room.path, {"name": room.name})
    return room


def change_room(
    session: Session, room_id: str, given: Mapping[str, str], unit_id: str, act: Act
) -> None:
    """Give a room's fields other values, and let it belong to another unit.

    Raises:
        NotFound: there is no such room or unit.
        Refused, Conflict: see `classrooms.rooms`.
    """
    room = classrooms.room(session, room_id)
    for name, value in given.items():
        before = rooms.change(session, room_id, name, value)
        if (after := getattr(room, name)) != before:
            detail = {"key": name, "before": before, "after": after}
            _note(session, act, "room.changed", room_id, room.path, detail)
    if unit_id != room.unit_id:
        old = orgs.get(session, room.unit_id)
        rooms.move(session, room_id, unit_id, act)
        detail = {"from": old.code, "to": orgs.get(session, unit_id).code}
        for path in (old.path, room.path):  # who looked after it reads it, and who does now
            _note(session, act, "room.moved", room_id, path, detail)


def look(session: Session, signed: Signed, content: bytes) -> Plan:
    """What importing a table would do, and what of it somebody may not."""
    plan = importing.look(session, content)
    forbidden = [
        Problem(one.at.line, "", _("You may not do this: %(line)s", line=one.line))
        for one in plan.forbidden(signed.may)
    ]
    return Plan(plan.changes, plan.kept, (*plan.problems, *forbidden), plan.notes)


def keep_upload(session: Session, signed: Signed, name: str, content: bytes, now: datetime) -> str:
    """Keep a table until its owner says yes, for a day; returns its id."""
    units_repository.forget_uploads(session, signed.user_id, now - _KEPT)
    kept = UnitUpload(user_id=signed.user_id, name=name[:200], content=content, uploaded_at=now)
    session.add(kept)
    session.flush()
    return kept.id


def upload(session: Session, signed: Signed, upload_id: str) -> UnitUpload:
    """A table that waits for its owner's yes.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = units_repository.upload(session, upload_id)
    if found is None or found.user_id != signed.user_id:
        raise NotFound(_("This table is no longer here; upload it again."))
    return found


def carry_out(session: Session, signed: Signed, upload_id: str, now: datetime) -> int:
    """Import a table that waits; returns how many changes there were.

    Raises:
        NotFound: see `upload`.
        Refused: it cannot be imported any more.
    """
    waiting = upload(session, signed, upload_id)
    plan = look(session, signed, waiting.content)
    if plan.problems:
        raise Refused(importing.said(plan.problems[0]))
    applying.apply(session, plan.changes, Act(signed.user_id, now))
    units_repository.forget_uploads(session, signed.user_id, now - _KEPT)
    return len(plan.changes)


def _unit_key(session: Session, after: str) -> tuple[str, str] | None:
    if not after:
        return None
    last = units_repository.get(session, after)
    if last is None:
        raise _unknown_page()
    return last.name, last.id


def _unknown_page() -> Refused:
    return Refused(_("This page of the list is unknown; begin at the first."), field="after")


def _page(found: Sequence[T], limit: int) -> Page[T]:
    shown = found[:limit]
    return Page(shown, shown[-1].id if len(found) > limit else "")


def _note(
    session: Session, act: Act, action: str, target: str, path: str, detail: Mapping[str, str]
) -> None:
    audit.record(
        session,
        actor=act.actor,
        action=action,
        target=target,
        detail=dict(detail),
        path=path,
        now=act.now,
    )
