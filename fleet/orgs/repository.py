"""SQL of the tree."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from fleet.orgs.models import OrgUnit


def root(session: Session) -> OrgUnit | None:
    """The unit without a parent."""
    return session.scalars(select(OrgUnit).where(OrgUnit.parent_id.is_(None))).first()


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
