"""Doing what a plan says, in the caller's transaction, with a row of the audit trail for each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fleet.audit import service as audit
from fleet.classrooms import repository as rooms_repository
from fleet.classrooms import rooms, service
from fleet.classrooms.models import Room
from fleet.db import Session, new_id
from fleet.desk.units.changes import UNSAID, Change, shown
from fleet.errors import NotFound
from fleet.orgs import service as orgs
from fleet.orgs.files import Act
from fleet.orgs.models import OrgUnit
from fleet.orgs.wanted import WantedRoom, WantedUnit
from fleet.web.language import gettext as _


def apply(session: Session, changes: Sequence[Change], act: Act) -> None:
    """Do all of it: units, what is wanted of their rooms, rooms, removals.

    Raises:
        FleetError: something is not as it was planned; the transaction has to be given up.
    """
    work = _Work(session, act)
    for kind in _ORDER:
        some = [one for one in changes if kind(one)]
        if kind is _is_default:
            work.defaults(some)
            continue
        if kind is _is_setting:
            work.settings(some)
            continue
        if kind is _is_new_room:
            work.new_rooms(some)
            continue
        for one in some:
            work.do(one)
    work.finish()


def _is_default(one: Change) -> bool:
    return one.what == "default"


def _is_new_room(one: Change) -> bool:
    return one.what == "room" and one.mark == "+"


def _is_setting(one: Change) -> bool:
    return one.what == "setting"


_ORDER: tuple[Callable[[Change], bool], ...] = (
    lambda one: one.what == "unit" and one.mark != "-",
    _is_default,
    _is_new_room,
    lambda one: one.what == "room" and one.mark == "~",
    _is_setting,
    lambda one: one.what == "section",
    lambda one: one.what in ("unit", "room") and one.mark == "-" and bool(one.name),
    lambda one: one.what == "room" and one.mark == "-" and not one.name,
    lambda one: one.what == "unit" and one.mark == "-" and not one.name,
)
"""A new room gets what its units want by then; what is removed may hold what was moved before."""


class _Work:
    def __init__(self, session: Session, act: Act) -> None:
        self.session = session
        self.act = act
        self.units = {unit.code: unit for unit in orgs.subtree(session) or [orgs.root(session)]}
        self.rooms: dict[tuple[str, str], Room] = {}
        self.deeds: list[audit.Deed] = []

    def do(self, one: Change) -> None:
        if one.section is not None:
            one.section.do(self.session, self._unit(one.unit), self.act)
        elif one.mark == "+":
            self._add(one)
        elif one.mark == "-" and not one.name:
            self._remove(one)
        elif one.what == "unit":
            unit = self._unit(one.unit)
            orgs.change(self.session, unit.id, one.name, one.after)
            self._record("unit.changed", unit.id, unit.path, one)
        else:
            self._room(one)

    def defaults(self, changes: Sequence[Change]) -> None:
        """All at once, so that rooms follow from how it was to how it is."""
        if not changes:
            return
        top = orgs.root(self.session)
        before = orgs.inherited_below(self.session, top)
        for one in changes:
            unit = self._unit(one.unit)
            if one.after == UNSAID:
                orgs.drop_default(self.session, unit.id, one.name)
            else:
                orgs.set_default(self.session, unit.id, one.name, one.after)
            self._record("unit.wanted", unit.id, unit.path, one, rooms=one.follow)
        rooms.follow(self.session, before, orgs.inherited_below(self.session, top), self.act)

    def new_rooms(self, changes: Sequence[Change]) -> None:
        """Unit by unit, all rooms of one at once."""
        new: dict[str, list[WantedRoom]] = {}
        for one in changes:
            if isinstance(one.new, WantedRoom):
                new.setdefault(one.unit, []).append(one.new)
        for code, some in new.items():
            given = [service.NewRoom(one.name, one.timezone, one.uplink or "") for one in some]
            for room in service.add_rooms(self.session, self._unit(code).id, given):
                self.rooms[code, room.name] = room
                self._note("room.added", room.id, room.path, {"name": room.name})

    def finish(self) -> None:
        """Write down what was done."""
        audit.record_all(self.session, self.deeds, actor=self.act.actor, now=self.act.now)

    def settings(self, changes: Sequence[Change]) -> None:
        """What is wanted of single rooms, all at once, so that it is taken back at once."""
        wanted: dict[str, dict[str, Any]] = {}
        for one in changes:
            room = self._found(one)
            wanted.setdefault(room.id, {})[one.name] = one.after
            self._record("room.wanted", room.id, room.path, one)
        rooms.want(self.session, wanted, self.act, new_id())

    def _add(self, one: Change) -> None:
        if isinstance(one.new, WantedUnit):
            new = one.new
            unit = orgs.add(
                self.session,
                parent_id=self._unit(new.above).id,
                kind=new.kind,
                name=new.name,
                code=new.code,
                iso2=new.iso2 or "",
                centre=new.centre or "",
                language=new.language or "",
            )
            self.units[unit.code] = unit
            self._note("unit.added", unit.id, unit.path, {"code": unit.code, "name": unit.name})

    def _room(self, one: Change) -> None:
        room = self._found(one)
        rooms.change(self.session, room.id, one.name, one.after)
        self._record("room.changed", room.id, room.path, one)

    def _remove(self, one: Change) -> None:
        if one.what == "room":
            room = self._found(one)
            rooms.remove(self.session, room.id)
            self._note("room.removed", room.id, room.path, {"name": room.name})
        else:
            unit = self._unit(one.unit)
            orgs.remove(self.session, unit.id)
            self._note("unit.removed", unit.id, unit.path, {"code": unit.code, "name": unit.name})

    def _unit(self, code: str) -> OrgUnit:
        found = self.units.get(code)
        if found is None:
            raise NotFound(_("There is no unit with the code %(code)s.", code=code))
        return found

    def _found(self, one: Change) -> Room:
        unit = self._unit(one.unit)
        known = self.rooms.get((one.unit, one.room))
        found = known or rooms_repository.room_named(self.session, unit.id, one.room)
        if found is None:
            raise NotFound(f"there is no room {one.subject}")
        return found

    def _record(self, action: str, target: str, path: str, one: Change, **more: Any) -> None:
        said = {"key": one.name, "before": shown(one.before), "after": shown(one.after)}
        self._note(action, target, path, said | more)

    def _note(self, action: str, target: str, path: str, detail: Mapping[str, Any]) -> None:
        self.deeds.append(audit.Deed(action, target, dict(detail), path))
