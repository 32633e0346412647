"""Which units the rows of a table speak of: those that are there, or new ones. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fleet.orgs import codes
from fleet.orgs.models import OrgUnit
from fleet.orgs.table import Row, Table
from fleet.orgs.wanted import Problem, WantedRoom, WantedUnit
from fleet.web.language import gettext as _


@dataclass(frozen=True, slots=True)
class Matched:
    """What the table wants, what is wrong with it, and what a person should know."""

    units: tuple[WantedUnit, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]


def match(table: Table, known: Sequence[OrgUnit]) -> Matched:
    """What a table without problems of its own wants of the units `known`, which are all."""
    work = _Work(known)
    for row in table.rows:
        work.take(row, centres=table.centres)
    rooms: dict[str, list[WantedRoom]] = {}
    for (code, _name), room in work.rooms.items():
        rooms.setdefault(code, []).append(room)
    units = [
        replace(unit, rooms=tuple(rooms[code])) if code in rooms else unit
        for code, unit in work.units.items()
    ]
    return Matched(tuple(units), tuple(work.problems), tuple(work.notes))


@dataclass(slots=True)
class _Work:
    known: Sequence[OrgUnit]
    units: dict[str, WantedUnit] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    rooms: dict[tuple[str, str], WantedRoom] = field(default_factory=dict)
    regions: dict[str, str] = field(default_factory=dict)
    """Names of regions as the first row of a country has them, by its code."""
    by_code: dict[str, OrgUnit] = field(init=False)
    by_id: dict[str, OrgUnit] = field(init=False)
    named: dict[tuple[str, str], str] = field(init=False)
    """Codes by the code above and the name, of units there and of those wanted."""
    countries: dict[str, str] = field(init=False)
    """Codes by the two letters."""
    taken: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.by_code = {unit.code: unit for unit in self.known}
        self.by_id = {unit.id: unit for unit in self.known}
        self.named = {
            (self.by_id[unit.parent_id].code, unit.name.casefold()): unit.code
            for unit in self.known
            if unit.parent_id in self.by_id
        }
        self.countries = {
            unit.iso2: unit.code for unit in self.known if unit.kind == "country" and unit.iso2
        }
        self.taken = {*self.by_code, codes.TOP}

    def take(self, row: Row, *, centres: bool) -> None:
        country = self._country(row)
        if country is None or not row.institution:
            return
        if centres:
            self._centre(country, row)
            return
        institution = self._institution(row, country)
        if institution is None:
            return
        if row.language:
            self._language(institution, row)
        if row.room:
            self._room(institution, row)

    def _country(self, row: Row) -> str | None:
        code = self.countries.get(row.iso2)
        if code in self.units:
            self._same(row, "country", self.units[code].name, row.country)
            self._same(row, "region", self.regions[code], row.region)
            return code
        if code is not None:
            there = self.by_code[code]
            region = self._above(there)
            if self._named_above(there).casefold() != row.region.casefold():
                text = _("%(name)s stays where it is.", name=there.name)
                self.notes.append(row.at.problem("region", text))
        else:
            region = self._region(row)
            found = self.named.get((region, row.country.casefold()))
            code = found or codes.free(row.iso2.lower(), self.taken)
            if found and self.by_code[found].kind != "country":
                self.problems.append(row.at.problem("country", _("It is no country here.")))
                return None
        self.countries[row.iso2] = code
        self.regions[code] = row.region
        self._want(WantedUnit(code, "country", region, row.country, row.at, iso2=row.iso2))
        return code

    def _region(self, row: Row) -> str:
        top = next((unit.code for unit in self.known if unit.parent_id is None), codes.TOP)
        code = self.named.get((top, row.region.casefold()))
        if code is None:
            code = codes.free(codes.slug(row.region), self.taken)
        if code not in self.units and code not in self.by_code:
            self._want(WantedUnit(code, "region", top, row.region, row.at))
        return code

    def _institution(self, row: Row, country: str) -> str | None:
        name = row.institution.casefold()
        same = self.named.get((country, name))
        code = row.code or same or ""
        if not code:
            wish = codes.wish("institution", row.institution, "", row.iso2)
            code = codes.free(wish, self.taken)
        there = self.by_code.get(code)
        if there is not None and (there.kind != "institution" or self._above(there) != country):
            text = _("%(code)s is another unit: %(name)s", code=code, name=there.name)
            self.problems.append(row.at.problem("code", text))
            return None
        if code in self.units:
            wanted = self.units[code]
            if wanted.above != country or wanted.name.casefold() != name:
                text = _(
                    "Row %(row)s gives this code to %(name)s.", row=wanted.at.line, name=wanted.name
                )
                self.problems.append(row.at.problem("code", text))
                return None
            return code
        if row.code and same and same != row.code:
            text = _("The institution has the code %(code)s; give it that.", code=same)
            self.problems.append(row.at.problem("code", text))
            return None
        self._want(WantedUnit(code, "institution", country, row.institution, row.at))
        return code

    def _room(self, unit: str, row: Row) -> None:
        key = (unit, row.room)
        if key in self.rooms:
            text = _("Row %(row)s has the same room.", row=self.rooms[key].at.line)
            self.problems.append(row.at.problem("room", text))
            return
        room = WantedRoom(row.room, row.timezone, row.at, uplink=row.uplink or None)
        self.rooms[key] = room

    def _centre(self, code: str, row: Row) -> None:
        before = self.units[code].centre
        if before is not None:
            self._same(row, "institution", before, row.institution)
        self.units[code] = replace(self.units[code], centre=row.institution)

    def _language(self, code: str, row: Row) -> None:
        before = self.units[code].language
        if before is not None:
            self._same(row, "language", before, row.language)
        self.units[code] = replace(self.units[code], language=row.language)

    def _same(self, row: Row, name: str, before: str, now: str) -> None:
        if before != now:
            text = _("A row above says %(other)s.", other=before)
            self.problems.append(row.at.problem(name, text))

    def _want(self, unit: WantedUnit) -> None:
        self.units[unit.code] = unit
        self.taken.add(unit.code)
        self.named[unit.above, unit.name.casefold()] = unit.code

    def _above(self, unit: OrgUnit) -> str:
        above = self.by_id.get(unit.parent_id or "")
        return above.code if above else ""

    def _named_above(self, unit: OrgUnit) -> str:
        above = self.by_id.get(unit.parent_id or "")
        return above.name if above else ""
