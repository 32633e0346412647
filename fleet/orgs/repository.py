"""SQL of the tree."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select, tuple_
from sqlalchemy.orm import Session

from fleet.db.folding import has
from fleet.db.paths import within
from fleet.orgs.models import OrgUnit, UnitUpload


def root(session: Session) -> OrgUnit | None:
    """The unit without a parent."""
    return session.scalars(select(OrgUnit).where(OrgUnit.parent_id.is_(None))).first()


def lock(session: Session) -> None:
    """Let nobody else change the tree until this transaction ends."""
    query = select(OrgUnit.id).where(OrgUnit.parent_id.is_(None))
    session.execute(query.with_for_update(key_share=True))


def get(session: Session, unit_id: str) -> OrgUnit | None:
    """One unit."""
    return session.get(OrgUnit, unit_id)


def by_code(session: Session, code: str) -> OrgUnit | None:
    """The unit with this code; "" is nobody's."""
    if not code:
        return None
    return session.scalars(select(OrgUnit).where(OrgUnit.code == code)).first()


def children(session: Session, unit_id: str) -> list[OrgUnit]:
    """The units right below, by name."""
    query = select(OrgUnit).where(OrgUnit.parent_id == unit_id).order_by(OrgUnit.name)
    return list(session.scalars(query))


def within_reach(session: Session, prefixes: Sequence[str]) -> list[OrgUnit]:
    """Every unit of these subtrees, those above before those below."""
    query = select(OrgUnit).where(within(OrgUnit.path, prefixes))
    return sorted(session.scalars(query), key=lambda unit: (unit.path.count("."), unit.code))


def by_ids(session: Session, ids: Sequence[str]) -> list[OrgUnit]:
    """These units, those above before those below."""
    found = session.scalars(select(OrgUnit).where(OrgUnit.id.in_(ids)))
    return sorted(found, key=lambda unit: unit.path.count("."))


def below(
    session: Session, unit_id: str, after: tuple[str, str] | None, limit: int
) -> list[OrgUnit]:
    """Some of the units right below, by name, from behind `after`, a name and an id."""
    query = select(OrgUnit).where(OrgUnit.parent_id == unit_id)
    if after is not None:
        query = query.where(tuple_(OrgUnit.name, OrgUnit.id) > after)
    return list(session.scalars(query.order_by(OrgUnit.name, OrgUnit.id).limit(limit)))


def search(
    session: Session,
    prefixes: Sequence[str],
    text: str,
    after: tuple[str, str] | None,
    limit: int,
) -> list[OrgUnit]:
    """Units of these subtrees whose name or code has `text` in it, by name, behind `after`."""
    query = select(OrgUnit).where(within(OrgUnit.path, prefixes))
    if text:
        query = query.where(or_(has(OrgUnit.name, text), has(OrgUnit.code, text)))
    if after is not None:
        query = query.where(tuple_(OrgUnit.name, OrgUnit.id) > after)
    return list(session.scalars(query.order_by(OrgUnit.name, OrgUnit.id).limit(limit)))


def upload(session: Session, upload_id: str) -> UnitUpload | None:
    """A table that waits for a yes."""
    return session.get(UnitUpload, upload_id)


def forget_uploads(session: Session, user_id: str, before: datetime) -> None:
    """Drop the tables of a user, and those of all that are older."""
    old = or_(UnitUpload.user_id == user_id, UnitUpload.uploaded_at < before)
    session.execute(delete(UnitUpload).where(old))
