"""Organisations: made, found, listed."""

from fleet.db import Session, new_id
from fleet.errors import NotFound, Refused
from fleet.orgs import repository
from fleet.orgs.models import OrgUnit, UnitKind

_BELOW: dict[str, tuple[str, ...]] = {
    "region": ("country", "institution"),
    "country": ("institution",),
    "institution": (),
}


def root(session: Session) -> OrgUnit:
    """The top of the tree, a region; made on first use."""
    return repository.root(session) or _store(session, None, "region", "Region")


def add(session: Session, *, parent_id: str, kind: UnitKind, name: str) -> OrgUnit:
    """A new unit below another.

    Raises:
        NotFound: there is no such parent.
        Refused: the name is empty or too long, or the kind cannot stand there.
    """
    parent = get(session, parent_id)
    if not 0 < len(name.strip()) <= 200:
        raise Refused("name: give it 1 to 200 characters")
    if kind not in _BELOW[parent.kind]:
        raise Refused(f"kind: no {kind} can stand below a {parent.kind}")
    return _store(session, parent, kind, name.strip())


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
        raise NotFound(f"there is no organisation with the code {code}")
    return unit


def children(session: Session, unit_id: str) -> list[OrgUnit]:
    """The units right below, by name."""
    return repository.children(session, unit_id)


def _store(session: Session, parent: OrgUnit | None, kind: UnitKind, name: str) -> OrgUnit:
    unit_id = new_id()
    above = parent.path if parent else ""
    unit = OrgUnit(
        id=unit_id,
        parent_id=parent.id if parent else None,
        kind=kind,
        name=name,
        path=f"{above}{unit_id}.",
    )
    session.add(unit)
    session.flush()
    return unit
