"""Organisations: made, found, listed, changed."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from fleet.db import Session, new_id, publish, references, savepoint
from fleet.errors import Conflict, NotFound, Refused
from fleet.orgs import codes, defaults, repository
from fleet.orgs.events import UnitChanged, UnitRemoved
from fleet.orgs.models import OrgUnit, UnitKind
from fleet.web.language import LANGUAGES
from fleet.web.language import gettext as _

BELOW: Mapping[str, tuple[str, ...]] = {
    "region": ("region", "country", "institution"),
    "country": ("institution",),
    "institution": (),
}
"""What may stand below what; a region only below the top."""

LONGEST_NAME = 200


def root(session: Session) -> OrgUnit:
    """The top of the tree, a region; made on first use."""
    found = repository.root(session)
    if found is None:
        found = new_top()
        _store(session, found)
    return found


def new_top() -> OrgUnit:
    """The top as it is when nobody has made it yet."""
    return _new(None, "region", "Region", codes.TOP)


def add(
    session: Session,
    *,
    parent_id: str,
    kind: UnitKind,
    name: str,
    code: str = "",
    iso2: str = "",
    centre: str = "",
    language: str = "",
) -> OrgUnit:
    """A new unit below another. Without a code it gets one made of its name.

    Raises:
        NotFound: there is no such parent.
        Refused: a value is wrong, or the kind cannot stand there.
        Conflict: another unit has the code.
    """
    repository.lock(session)
    parent = get(session, parent_id)
    name = checked("name", name)
    if not may_stand(kind, parent.kind, top=parent.parent_id is None):
        text = _("no %(kind)s can stand below a %(above)s", kind=kind, above=parent.kind)
        raise Refused(f"kind: {text}", field="kind")
    iso2 = checked("iso2", iso2)
    code = checked("code", code) if code else _code_for(session, parent, kind, name, iso2)
    _free(session, code)
    unit = _new(parent, kind, name, code)
    unit.iso2 = iso2
    unit.centre = checked("centre", centre)
    unit.language = checked("language", language)
    _store(session, unit)
    return unit


def change(session: Session, unit_id: str, field: str, value: str) -> str:
    """Give a unit another name, code, iso2, centre or language; returns what it was.

    Raises:
        NotFound: there is no such unit.
        Refused: the value is wrong.
        Conflict: another unit has the code.
    """
    repository.lock(session)
    unit = get(session, unit_id)
    value = checked(field, value)
    before: str = getattr(unit, field)
    if field == "code" and value != before:
        _free(session, value)
    setattr(unit, field, value)
    session.flush()
    publish(session, UnitChanged(unit_id))
    return before


def set_default(session: Session, unit_id: str, key: str, value: Any) -> None:
    """Want something of all rooms of a unit. The rooms are told by `classrooms.following`."""
    unit = get(session, unit_id)
    unit.defaults = {**unit.defaults, key: defaults.normal(key, value)}
    session.flush()


def drop_default(session: Session, unit_id: str, key: str) -> None:
    """Want of its rooms what the unit above wants."""
    unit = get(session, unit_id)
    unit.defaults = {name: value for name, value in unit.defaults.items() if name != key}
    session.flush()


def inherited(session: Session, unit: OrgUnit) -> dict[str, Any]:
    """What is wanted of a room of this unit, for every key."""
    way = repository.by_ids(session, unit.path.rstrip(".").split("."))
    return defaults.effective(one.defaults for one in way)


def inherited_below(session: Session, unit: OrgUnit) -> dict[str, dict[str, Any]]:
    """What is wanted of the rooms of a unit and of each unit below it, by id."""
    found = {unit.id: inherited(session, unit)}
    for one in repository.within_reach(session, (unit.path,)):
        if one.id != unit.id:
            found[one.id] = found[one.parent_id or ""] | one.defaults
    return found


def remove(session: Session, unit_id: str) -> None:
    """Take a unit away that nothing belongs to.

    Raises:
        NotFound: there is no such unit.
        Conflict: something belongs to it: units, rooms, courses.
    """
    unit = get(session, unit_id)
    with savepoint(session):
        publish(session, UnitRemoved(unit_id))
        if used := references.of(session, unit):
            text = _("%(code)s cannot go: %(tables)s belong to it.", code=unit.code, tables=used[0])
            raise Conflict(text)
        session.delete(unit)
        session.flush()


def get(session: Session, unit_id: str) -> OrgUnit:
    """One unit.

    Raises:
        NotFound: there is none with this id.
    """
    unit = repository.get(session, unit_id)
    if unit is None:
        raise NotFound(f"there is no organisation {unit_id}")
    return unit


def by_code(session: Session, code: str) -> OrgUnit:
    """The unit with this code.

    Raises:
        NotFound: there is none.
    """
    unit = repository.by_code(session, code)
    if unit is None:
        raise NotFound(_("There is no unit with the code %(code)s.", code=code))
    return unit


def children(session: Session, unit_id: str) -> list[OrgUnit]:
    """The units right below, by name."""
    return repository.children(session, unit_id)


def above(session: Session, unit: OrgUnit) -> list[OrgUnit]:
    """The units over one, from the top down, without itself."""
    return repository.by_ids(session, unit.path.rstrip(".").split(".")[:-1])


def subtree(session: Session, within: Sequence[str] = ("",)) -> list[OrgUnit]:
    """Every unit of these subtrees, those above before those below."""
    return repository.within_reach(session, within)


def below(
    session: Session, unit_id: str, after: tuple[str, str] | None = None, limit: int = 50
) -> list[OrgUnit]:
    """Some of the units right below, by name, from behind a name and an id."""
    return repository.below(session, unit_id, after, limit)


def search(
    session: Session,
    within: Sequence[str],
    text: str,
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[OrgUnit]:
    """Units of these subtrees with `text` in name or code, by name, from behind a name and id."""
    return repository.search(session, within, text.strip(), after, limit)


def may_stand(kind: str, above: str, *, top: bool) -> bool:
    """Whether a unit of a kind can stand below one of another kind; `top`: that is the top."""
    return kind in BELOW[above] and (kind != "region" or top)


def checked(field: str, value: str) -> str:
    """The value of a unit's field, trimmed and in Unicode's normal form.

    Raises:
        Refused: it is wrong; `field` says which it was.
    """
    value = unicodedata.normalize("NFC", value).strip()
    if any(unicodedata.category(letter) == "Cc" for letter in value):
        raise Refused(_("%(field)s: no control characters", field=field), field=field)
    if field == "name" and not 0 < len(value) <= LONGEST_NAME:
        raise Refused(_("name: give it 1 to 200 characters"), field=field)
    if field == "centre" and len(value) > LONGEST_NAME:
        raise Refused(_("centre: 200 characters at most"), field=field)
    if field == "code" and not codes.is_code(value):
        text = _("code: small letters a to z, digits and hyphens, like ke-uon")
        raise Refused(text, field=field)
    if field == "iso2":
        value = value.upper()
        if value and not codes.is_country(value):
            raise Refused(_("iso2: two letters of a country, like KE"), field=field)
    if field == "language" and value and value not in LANGUAGES:
        text = _("language: one of %(codes)s", codes=", ".join(LANGUAGES))
        raise Refused(text, field=field)
    return value


def _code_for(session: Session, parent: OrgUnit, kind: str, name: str, iso2: str) -> str:
    taken = {unit.code for unit in repository.within_reach(session, ("",))}
    return codes.free(codes.wish(kind, name, iso2, parent.iso2), taken)


def _free(session: Session, code: str) -> None:
    if repository.by_code(session, code) is not None:
        raise Conflict(_("code: another unit is called %(code)s", code=code), field="code")


def _new(parent: OrgUnit | None, kind: UnitKind, name: str, code: str) -> OrgUnit:
    unit_id = new_id()
    return OrgUnit(
        id=unit_id,
        parent_id=parent.id if parent else None,
        kind=kind,
        name=name,
        path=f"{parent.path if parent else ''}{unit_id}.",
        code=code,
        iso2="",
        centre="",
        language="",
        defaults={},
    )


def _store(session: Session, unit: OrgUnit) -> None:
    session.add(unit)
    session.flush()
    publish(session, UnitChanged(unit.id))
