"""The organisation as a folder of files, one a unit; see `reading` for what is in them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fleet.classrooms import repository as rooms_repository
from fleet.classrooms import rooms
from fleet.classrooms.models import Room
from fleet.db import Session
from fleet.desk.units import yaml_lines
from fleet.desk.units.reading import SUFFIX
from fleet.errors import Refused
from fleet.orgs import defaults
from fleet.orgs import service as orgs
from fleet.orgs.files import Section
from fleet.orgs.models import OrgUnit
from fleet.web.language import gettext as _


def files(
    session: Session, unit: OrgUnit, sections: Sequence[Section] = ()
) -> Iterator[tuple[str, str]]:
    """Name and text of the file of a unit and of each unit below it.

    Raises:
        Refused: a unit has no code, or two of its rooms have the same name.
    """
    units = orgs.subtree(session, (unit.path,))
    codes = {one.id: one.code for one in (*orgs.above(session, unit), *units)}
    wanted = orgs.inherited_below(session, unit)
    found = rooms_repository.rooms_by_unit(session, [one.id for one in units])
    for one in units:
        if not one.code:
            raise Refused(_("%(name)s has no code; give it one.", name=one.name))
        data = _unit(one, codes.get(one.parent_id or "", ""))
        if listed := _rooms(session, found.get(one.id, []), wanted[one.id], one):
            data["rooms"] = listed
        for section in sections:
            said = section.export(session, one)
            if said is not None:
                data[section.key] = said
        yield f"{one.code}{SUFFIX}", yaml_lines.write(data)


def _unit(unit: OrgUnit, above: str) -> dict[str, Any]:
    data: dict[str, Any] = {"unit": unit.code, "kind": unit.kind}
    if above:
        data["above"] = above
    data["name"] = unit.name
    for name in ("iso2", "centre", "language"):
        if value := getattr(unit, name):
            data[name] = value
    if unit.defaults:
        data["settings"] = {
            key: unit.defaults[key] for key in defaults.KEYS if key in unit.defaults
        }
    return data


def _rooms(
    session: Session, found: Sequence[Room], wanted: Mapping[str, Any], unit: OrgUnit
) -> list[dict[str, Any]]:
    now = rooms.current(session, [room.id for room in found])
    listed: dict[str, dict[str, Any]] = {}
    for room in found:
        if room.name in listed:
            text = _(
                "Two rooms of %(code)s are called %(name)s; rename one.",
                code=unit.code,
                name=room.name,
            )
            raise Refused(text)
        data: dict[str, Any] = {"name": room.name, "timezone": room.timezone}
        if room.uplink:
            data["uplink"] = room.uplink
        own = {key: now[room.id][key] for key in defaults.KEYS if now[room.id][key] != wanted[key]}
        if own:
            data["settings"] = own
        listed[room.name] = data
    return [listed[name] for name in sorted(listed)]
