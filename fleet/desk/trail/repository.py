"""SQL of looking through the audit trail."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from fleet.audit.models import AuditRow
from fleet.auth.models import User
from fleet.classrooms.models import Agent, Room
from fleet.courses.models import Course, Lesson
from fleet.db.folding import has
from fleet.db.paths import within
from fleet.orgs.models import OrgUnit


def rows(
    session: Session,
    reach: Sequence[str],
    *,
    actors: Collection[str] | None = None,
    action: str = "",
    targets: Collection[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> Iterator[AuditRow]:
    """Rows of these subtrees, the newest first, that fit what is given; `action` may be a noun."""
    query = select(AuditRow).where(within(AuditRow.path, reach))
    if actors is not None:
        query = query.where(AuditRow.actor.in_(actors))
    if action:
        query = query.where(AuditRow.action.startswith(action, autoescape=True))
    if targets is not None:
        query = query.where(AuditRow.target.in_(targets))
    if since is not None:
        query = query.where(AuditRow.at >= since)
    if until is not None:
        query = query.where(AuditRow.at < until)
    if before is not None:
        query = query.where(AuditRow.number < before)
    query = query.order_by(AuditRow.number.desc()).limit(limit)
    yield from session.scalars(query.execution_options(yield_per=500))


def users_called(session: Session, words: str, limit: int) -> list[str]:
    """Ids of people with this in their name or e-mail address."""
    query = select(User.id).where(has(User.name, words) | has(User.email, words))
    return list(session.scalars(query.limit(limit)))


def things_called(session: Session, words: str, limit: int) -> list[str]:
    """Ids of rooms, units, courses and lessons with this in their name."""
    found: list[str] = []
    for table, name in (
        (Room, Room.name),
        (OrgUnit, OrgUnit.name),
        (Course, Course.title),
        (Lesson, Lesson.title),
    ):
        query = select(table.id).where(has(name, words)).limit(limit)
        found += session.scalars(query)
    return found


def names(session: Session, ids: Collection[str]) -> dict[str, str]:
    """What people call the things with these ids."""
    found: dict[str, str] = {}
    for table, name in (
        (User, User.name),
        (Room, Room.name),
        (OrgUnit, OrgUnit.name),
        (Course, Course.title),
        (Lesson, Lesson.title),
    ):
        query = select(table.id, name).where(table.id.in_(ids))
        found.update(_pairs(session, query))
    agents = select(Agent.id, Room.name).join(Room, Room.id == Agent.room_id)
    found.update(_pairs(session, agents.where(Agent.id.in_(ids))))
    return found


def codes(session: Session, paths: Collection[str]) -> dict[str, str]:
    """Names of the units with these paths."""
    query = select(OrgUnit.path, OrgUnit.name).where(OrgUnit.path.in_(paths))
    return _pairs(session, query)


def _pairs(session: Session, query: Select[str, str]) -> dict[str, str]:
    # Without all(): dict() takes a result, which has keys(), for a mapping.
    return dict(session.execute(query).all())
