"""SQL of the words things are found by."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    insert,
    inspect,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from fleet.auth.models import User
from fleet.auth.rules import SHARED
from fleet.classrooms.models import Agent, Room
from fleet.courses.models import Course, Lesson
from fleet.db.paths import within
from fleet.desk.search.models import SearchTerm
from fleet.desk.search.things import THINGS
from fleet.desk.search.words import Kind, bounds
from fleet.devices.models import Device
from fleet.orgs.models import OrgUnit

_ENOUGH = 400
"""So many things with a word are looked at, for those that have the other words too."""
_WORDS_EACH = 4
"""So many words of one thing begin alike, at most; more, and the thing takes others' places."""


def place(session: Session, row: Any, room_id: str) -> str | None:
    """The path where a row belongs, `SHARED`, or None while that is unknown."""
    if isinstance(row, (Room, OrgUnit, User)):
        return row.path
    if isinstance(row, Course):
        if row.unit_id is None:
            return SHARED
        query = select(OrgUnit.path).where(OrgUnit.id == row.unit_id)
    else:
        query = select(Room.path).where(Room.id == room_id)
    return session.connection().execute(query).scalar()


def put(session: Session, kind: Kind, terms: Sequence[Mapping[str, str]]) -> None:
    """Put these in place of what the index holds of the same things."""
    refs = sorted({one["ref"] for one in terms})
    forget(session, kind, refs)
    rows = [{"kind": kind, **one} for one in terms if one["word"]]
    if rows:
        session.connection().execute(insert(SearchTerm), rows)


def forget(session: Session, kind: Kind, refs: Iterable[str]) -> None:
    """Take things out of the index."""
    gone = list(refs)
    if gone:
        session.connection().execute(
            delete(SearchTerm).where(SearchTerm.ref.in_(gone), SearchTerm.kind == kind)
        )


def moved(session: Session, room_id: str, path: str) -> None:
    """A room is elsewhere, and all that is in it."""
    session.connection().execute(
        update(SearchTerm).where(SearchTerm.room_id == room_id).values(path=path)
    )


def misplaced(session: Session, limit: int) -> list[tuple[str, str]]:
    """Rooms of which the index knows another place than the right one, with the right one."""
    query = (
        select(Room.id, Room.path)
        .join(SearchTerm, and_(SearchTerm.ref == Room.id, SearchTerm.kind == "room"))
        .where(SearchTerm.path != Room.path)
        .distinct()
        .limit(limit)
    )
    return [(room, path) for room, path in session.execute(query)]


def missing(session: Session, table: type, limit: int) -> Sequence[Any]:
    """Rows that should be found and of which the index has no word."""
    thing = THINGS[table]
    columns: Any = inspect(table).columns
    ref: ColumnElement[str] = (
        columns["room_id"] + literal("/") + columns["name"] if table is Device else columns["id"]
    )
    known = select(SearchTerm.ref).where(SearchTerm.kind == thing.kind, SearchTerm.ref == ref)
    query: Any = select(table).where(_findable(table), ~known.exists()).limit(limit)
    return session.scalars(query).all()


def _findable(table: type) -> ColumnElement[bool]:
    if table is Device:
        return Device.role != ""
    if table is Agent:
        return Agent.revoked_at.is_(None)
    if table is User:
        return User.disabled_at.is_(None)
    return true()


def found(
    session: Session, kind: Kind, words: Sequence[str], prefixes: Sequence[str], limit: int
) -> list[str]:
    """Things of a kind within some subtrees that have a word beginning with each of these.

    Those with the rarest word itself come first. Words are met by few things or by many: of one
    that many have, only the first few hundred are looked at.
    """
    if len(words) > 1:
        return _with_all(session, kind, words, prefixes)[:limit]
    refs: dict[str, None] = {}
    if not _everywhere(prefixes):
        # The index leads to a subtree only behind a whole word.
        exact = _terms(kind, prefixes).where(SearchTerm.word == words[0])
        refs.update(dict.fromkeys(session.scalars(exact.limit(limit))))
    if len(refs) < limit:
        # A thing may have several words with one beginning.
        some = _beginning(kind, words[0], prefixes).limit(limit * _WORDS_EACH)
        refs.update(dict.fromkeys(session.scalars(some)))
    return list(refs)[:limit]


def _with_all(
    session: Session, kind: Kind, words: Sequence[str], prefixes: Sequence[str]
) -> list[str]:
    """Of the things with the rarest word those that have all the others."""
    met: dict[str, Sequence[str]] = {}
    for word in sorted(words, key=len, reverse=True):  # the longest is likely to be the rarest
        met[word] = session.scalars(_beginning(kind, word, prefixes).limit(_ENOUGH)).all()
        if not met[word]:
            return []
    rarest = min(met, key=lambda one: len(met[one]))
    left = list(dict.fromkeys(met[rarest]))
    for word, refs in met.items():
        if word != rarest and left:
            whole = len(refs) < _ENOUGH
            having = set(refs if whole else session.scalars(_having(kind, word, left)))
            left = [one for one in left if one in having]
    return left


def _terms(kind: Kind, prefixes: Sequence[str]) -> Select[str]:
    query = select(SearchTerm.ref).where(SearchTerm.kind == kind)
    if _everywhere(prefixes):
        return query
    return query.where(or_(within(SearchTerm.path, prefixes), SearchTerm.path == SHARED))


def _beginning(kind: Kind, word: str, prefixes: Sequence[str]) -> Select[str]:
    """In the order of the index, in which the word itself is before those it only begins."""
    first, behind = bounds(word)
    query = _terms(kind, prefixes).where(SearchTerm.word >= first, SearchTerm.word < behind)
    return query.order_by(SearchTerm.kind, SearchTerm.word, SearchTerm.path, SearchTerm.ref)


def _having(kind: Kind, word: str, refs: Sequence[str]) -> Select[str]:
    first, behind = bounds(word)
    query = select(SearchTerm.ref).where(SearchTerm.ref.in_(refs), SearchTerm.kind == kind)
    return query.where(SearchTerm.word >= first, SearchTerm.word < behind)


def _everywhere(prefixes: Sequence[str]) -> bool:
    return "" in prefixes


def rooms(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """Name, path and standing of rooms by id."""
    query = select(Room.id, Room.name, Room.path, Room.standing).where(Room.id.in_(ids))
    return {one: (name, path, standing) for one, name, path, standing in session.execute(query)}


def agents(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Room and host name of agents by id."""
    query = select(Agent.id, Agent.room_id, Agent.description).where(Agent.id.in_(ids))
    return {
        one: (room, str((said or {}).get("hostname", "")))
        for one, room, said in session.execute(query)
    }


def courses(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Titles of courses by id."""
    query = select(Course.id, Course.title).where(Course.id.in_(ids))
    return {row[0]: row[1] for row in session.execute(query)}


def lessons(session: Session, ids: Sequence[str]) -> dict[str, Lesson]:
    """Lessons by id."""
    return {one.id: one for one in session.scalars(select(Lesson).where(Lesson.id.in_(ids)))}


def people(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Name and address of people by id."""
    query = select(User.id, User.name, User.email).where(User.id.in_(ids))
    return {one: (name, email) for one, name, email in session.execute(query)}
