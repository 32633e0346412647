"""What has to be done so that the organisation is as a table or files want it. Changes nothing."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fleet.classrooms import repository as rooms_repository
from fleet.classrooms import rooms
from fleet.classrooms.models import Room
from fleet.classrooms.rules import FIELDS as ROOM_FIELDS
from fleet.classrooms.rules import checked as room_checked
from fleet.db import Session
from fleet.desk.units.changes import UNSAID, Change, Plan
from fleet.errors import FleetError, Refused
from fleet.orgs import defaults
from fleet.orgs import service as orgs
from fleet.orgs.files import Section
from fleet.orgs.models import OrgUnit
from fleet.orgs.wanted import FIELDS, Problem, WantedRoom, WantedUnit
from fleet.web.language import gettext as _


def plan(
    session: Session,
    wanted: Sequence[WantedUnit],
    *,
    prune: bool = False,
    sections: Sequence[Section] = (),
    notes: Sequence[Problem] = (),
) -> Plan:
    """What to do, unit by unit from the top down; `applying` knows in which order to do it.

    Args:
        session: a transaction, to look at what is there.
        wanted: units in any order.
        prune: take away what is not spoken of, of these units and right below them; else it is
            in `kept` and stays.
        sections: what other folders have to say about a unit's file.
        notes: handed on.
    """
    work = _Planner(session, wanted, sections, prune)
    work.run()
    gone = tuple(work.gone)
    changes = (*work.changes, *(gone if prune else ()))
    return Plan(changes, () if prune else gone, tuple(work.problems), tuple(notes))


@dataclass(slots=True)
class _Seen:
    """A unit as it will be."""

    code: str
    kind: str
    above: str
    path: str
    """Of the unit, or of the nearest one that is there."""
    there: OrgUnit | None
    old: dict[str, Any]
    """What is wanted of its rooms now; of a new unit, what the one above wants."""
    new: dict[str, Any]
    said: set[str]
    """Settings that this unit or one above it speaks of."""


@dataclass(slots=True)
class _Planner:
    session: Session
    wanted: Sequence[WantedUnit]
    sections: Sequence[Section]
    prune: bool
    changes: list[Change] = field(default_factory=list)
    gone: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen: dict[str, _Seen] = field(default_factory=dict)
    there: dict[str, OrgUnit] = field(default_factory=dict)

    def run(self) -> None:
        known = orgs.subtree(self.session) or [orgs.new_top()]
        codes = {unit.id: unit.code for unit in known}
        self.there = {unit.code: unit for unit in known}
        by_code = {one.code: one for one in self.wanted}
        waiting = self._units_in_order(known, codes, by_code)
        rooms_there = self._rooms_there(known, by_code)
        for unit, one in waiting:
            self._unit(unit, one)
            self._rooms(unit, one, rooms_there)
            self._sections(unit, one)
        self._follow(known)
        self._missing(known, codes, by_code)

    def _units_in_order(
        self,
        known: Sequence[OrgUnit],
        codes: Mapping[str, str],
        by_code: Mapping[str, WantedUnit],
    ) -> Iterator[tuple[_Seen, WantedUnit]]:
        """Every unit wanted, after the one above it, with what is wanted of its rooms."""
        for unit in known:
            one = by_code.get(unit.code)
            above = self.seen.get(codes.get(unit.parent_id or "", ""))
            self.seen[unit.code] = self._seen(unit.code, unit.kind, above, unit, one)
        todo = [one for one in self.wanted if one.code in self.there]
        todo.sort(key=lambda one: self.there[one.code].path.count("."))
        yield from ((self.seen[one.code], one) for one in todo)
        new = [one for one in self.wanted if one.code not in self.there]
        while new:
            ready = [one for one in new if one.above in self.seen]
            if not ready:
                for one in new:
                    text = _("There is no unit with the code %(code)s.", code=one.above)
                    self.problems.append(one.at.problem("above", text))
                return
            for one in ready:
                above = self.seen[one.above]
                self.seen[one.code] = self._seen(one.code, one.kind, above, None, one)
                yield self.seen[one.code], one
            new = [one for one in new if one not in ready]

    def _seen(
        self,
        code: str,
        kind: str,
        above: _Seen | None,
        there: OrgUnit | None,
        one: WantedUnit | None,
    ) -> _Seen:
        old = {**(above.old if above else defaults.UNSET), **(there.defaults if there else {})}
        kept = there.defaults if there and not (one and self.prune) else {}
        own = {**kept, **(one.settings if one else {})}
        new = {**(above.new if above else defaults.UNSET), **own}
        path = there.path if there else above.path if above else ""
        said = (above.said if above else set()) | own.keys()
        return _Seen(code, kind, above.code if above else "", path, there, old, new, said)

    def _unit(self, unit: _Seen, one: WantedUnit) -> None:
        if self._wrong(unit, one):
            return
        for name in FIELDS:
            value = getattr(one, name)
            if value is None:
                continue
            try:
                orgs.checked(name, value)
            except FleetError as error:
                self.problems.append(one.at.problem(name, error.message))
        if unit.there is None:
            self._add(Change("+", "unit", one.code, path=unit.path, at=one.at, new=one))
        else:
            self._fields(unit, one, unit.there)
        self._defaults(unit, one)

    def _wrong(self, unit: _Seen, one: WantedUnit) -> bool:
        if unit.there is not None:
            if one.kind != unit.kind:
                text = _("It is a %(kind)s, and stays one.", kind=unit.kind)
                self.problems.append(one.at.problem("kind", text))
            elif one.above != unit.above:
                text = _("It stands below %(code)s; files move no units.", code=unit.above or "–")
                self.problems.append(one.at.problem("above", text))
            else:
                return False
            return True
        above = self.seen[one.above]
        if not orgs.may_stand(one.kind, above.kind, top=not above.above):
            text = _("no %(kind)s can stand below a %(above)s", kind=one.kind, above=above.kind)
            self.problems.append(one.at.problem("kind", text))
            return True
        return False

    def _fields(self, unit: _Seen, one: WantedUnit, there: OrgUnit) -> None:
        for name in FIELDS:
            before, after = getattr(there, name), getattr(one, name)
            line = Change("~", "unit", one.code, "", name, before, after, path=unit.path, at=one.at)
            if after is None and before:
                self.gone.append(
                    Change("-", "unit", one.code, "", name, before, "", path=unit.path)
                )
            elif after is not None and after != before:
                self._add(line)

    def _defaults(self, unit: _Seen, one: WantedUnit) -> None:
        has = unit.there.defaults if unit.there else {}
        for key in defaults.KEYS:
            before, after = has.get(key, UNSAID), one.settings.get(key, UNSAID)
            if before == after:
                continue
            mark: Any = "~" if key in one.settings else "-"
            line = Change(
                mark, "default", one.code, "", key, before, after, path=unit.path, at=one.at
            )
            (self.gone if mark == "-" else self.changes).append(line)

    def _rooms_there(
        self, known: Sequence[OrgUnit], wanted: Container[str]
    ) -> dict[str, list[Room]]:
        """The rooms of some units, by the unit's code."""
        codes = {unit.id: unit.code for unit in known if unit.code in wanted}
        found = rooms_repository.rooms_by_unit(self.session, list(codes))
        return {codes[unit]: rooms for unit, rooms in found.items()}

    def _rooms(self, unit: _Seen, one: WantedUnit, there: Mapping[str, list[Room]]) -> None:
        by_name = {room.name: room for room in there.get(one.code, [])}
        listed = {room.name for room in one.rooms}
        ids = [room.id for name, room in by_name.items() if name in listed]
        wanted_now = rooms.current(self.session, ids)
        for room in one.rooms:
            self._room_values(room)
            known = by_name.get(room.name)
            if known is None:
                self._add(self._room_line("+", "room", unit, room, new=room))
                now = unit.new
            else:
                now = wanted_now[known.id]
                self._room_fields(unit, room, known)
            self._settings(unit, room, now, known)
        for name in by_name.keys() - listed:
            self.gone.append(self._room_gone(one.code, name, unit.path))

    def _room_gone(self, code: str, name: str, path: str) -> Change:
        return Change("-", "room", code, name, permission="rooms.change", path=path)

    def _room_values(self, room: WantedRoom) -> None:
        for name in ROOM_FIELDS:
            value = getattr(room, name)
            try:
                if value is not None:
                    room_checked(name, value)
            except Refused as error:
                self.problems.append(room.at.problem(name, error.message))

    def _room_fields(self, unit: _Seen, room: WantedRoom, known: Room) -> None:
        for name in ("timezone", "uplink"):
            before, after = getattr(known, name), getattr(room, name)
            values = {"name": name, "before": before, "after": after or ""}
            if after is None and before:
                self.gone.append(self._room_line("-", "room", unit, room, **values))
            elif after is not None and after != before:
                self._add(self._room_line("~", "room", unit, room, **values))

    def _settings(
        self, unit: _Seen, room: WantedRoom, now: Mapping[str, Any], known: Room | None
    ) -> None:
        """What is wanted of one room and does not come by itself from what its units want."""
        for key in defaults.KEYS:
            after = room.settings.get(key, unit.new[key])
            follows = known is None or now[key] == unit.old[key]
            if (unit.new[key] if follows else now[key]) == after:
                continue
            said = key in room.settings or key in unit.said
            values = {"name": key, "before": now[key], "after": after}
            line = self._room_line("~" if said else "-", "setting", unit, room, **values)
            (self.changes if said else self.gone).append(line)

    def _room_line(
        self, mark: Any, what: Any, unit: _Seen, room: WantedRoom, **values: Any
    ) -> Change:
        return Change(
            mark,
            what,
            unit.code,
            room.name,
            permission="rooms.change",
            path=unit.path,
            at=room.at,
            **values,
        )

    def _sections(self, unit: _Seen, one: WantedUnit) -> None:
        for section in self.sections:
            if section.key not in one.sections:
                continue
            try:
                found = list(section.plan(self.session, unit.there, one.sections[section.key]))
            except Refused as error:
                name = f"{section.key}{error.field or ''}"
                self.problems.append(one.at.problem(name, error.message))
                continue
            for part in found:
                line = Change(
                    part.mark, "section", one.code, path=unit.path, at=one.at, section=part
                )
                (self.gone if part.mark == "-" else self.changes).append(line)

    def _follow(self, known: Sequence[OrgUnit]) -> None:
        """Count the rooms that follow each changed default."""
        changed = [one for one in (*self.changes, *self.gone) if one.what == "default"]
        keys = {one.name for one in changed}
        units = [
            unit
            for unit in known
            if any(self.seen[unit.code].old[k] != self.seen[unit.code].new[k] for k in keys)
        ]
        counts: dict[tuple[str, str], int] = {}
        found = rooms_repository.rooms_by_unit(self.session, [unit.id for unit in units])
        for unit in units:
            seen = self.seen[unit.code]
            wanted = rooms.current(self.session, [room.id for room in found.get(unit.id, [])])
            for key in keys:
                if seen.old[key] != seen.new[key]:
                    number = sum(values[key] == seen.old[key] for values in wanted.values())
                    source = self._source(unit, {one.unit for one in changed if one.name == key})
                    counts[source, key] = counts.get((source, key), 0) + number
        for lines in (self.changes, self.gone):
            for place, one in enumerate(lines):
                if one.what == "default":
                    lines[place] = replace(one, follow=counts.get((one.unit, one.name), 0))

    def _source(self, unit: OrgUnit, changed: Container[str]) -> str:
        """The unit whose default reaches this one: the nearest of those that change it."""
        code = unit.code
        while code and code not in changed:
            code = self.seen[code].above
        return code

    def _missing(
        self,
        known: Sequence[OrgUnit],
        codes: Mapping[str, str],
        by_code: Mapping[str, WantedUnit],
    ) -> None:
        """Units below one that is spoken of, that are not spoken of themselves, deepest first."""
        gone: set[str] = set()
        for unit in known:
            above = codes.get(unit.parent_id or "", "")
            if unit.code not in by_code and (above in by_code or above in gone):
                gone.add(unit.code)
        rooms_there = self._rooms_there(known, gone)
        for unit in reversed(known):
            if unit.code in gone:
                for room in rooms_there.get(unit.code, []):
                    self.gone.append(self._room_gone(unit.code, room.name, unit.path))
                line = Change("-", "unit", unit.code, before=unit.name, path=unit.path)
                self.gone.append(line)

    def _add(self, line: Change) -> None:
        self.changes.append(line)
