"""SQL of looking after people."""

from collections.abc import Iterable, Sequence

from sqlalchemy import or_, select, text, tuple_
from sqlalchemy.orm import Session

from fleet.auth.models import Grant, User
from fleet.db.folding import has
from fleet.db.paths import within
from fleet.orgs.models import OrgUnit

_LOCK = 0x9E09E  # any number that nothing else in the database locks


def lock(session: Session) -> None:
    """Let nobody else change anybody's rights until this transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def people(
    session: Session,
    reach: Sequence[str],
    words: str = "",
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[User]:
    """Accounts that belong to these subtrees, by name, from behind a name and an id."""
    query = select(User).where(within(User.path, reach))
    if words:
        query = query.where(or_(has(User.name, words), has(User.email, words)))
    if after is not None:
        query = query.where(tuple_(User.name, User.id) > after)
    return list(session.scalars(query.order_by(User.name, User.id).limit(limit)))


def grants_of(session: Session, user_ids: Sequence[str]) -> dict[str, list[Grant]]:
    """What is granted to several users, by user."""
    found: dict[str, list[Grant]] = {one: [] for one in user_ids}
    query = select(Grant).where(Grant.user_id.in_(user_ids)).order_by(Grant.path, Grant.role)
    for row in session.scalars(query):
        found[row.user_id].append(row)
    return found


def grant(session: Session, grant_id: str) -> Grant | None:
    """One role that somebody has."""
    return session.get(Grant, grant_id)


def units_at(session: Session, paths: Iterable[str]) -> list[OrgUnit]:
    """The units with these paths."""
    return list(session.scalars(select(OrgUnit).where(OrgUnit.path.in_(tuple(paths)))))


def units(session: Session, reach: Sequence[str], limit: int) -> list[OrgUnit]:
    """Units of these subtrees, by name."""
    query = select(OrgUnit).where(within(OrgUnit.path, reach))
    return list(session.scalars(query.order_by(OrgUnit.name, OrgUnit.id).limit(limit)))


def somebody_within(session: Session, path: str) -> bool:
    """Whether an account or a role belongs to a subtree."""
    accounts = session.scalar(select(User.id).where(within(User.path, (path,))).limit(1))
    roles = session.scalar(select(Grant.id).where(within(Grant.path, (path,))).limit(1))
    return accounts is not None or roles is not None
