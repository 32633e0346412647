"""SQL of the words things are found by."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    delete,
    insert,
    inspect,
    literal,
    or_,
    select,
    true,
    union_all,
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
_SCOPES = 256


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


Scope = tuple[tuple[Kind, tuple[str, ...]], ...]
"""The kinds of things that are looked for, each with the subtrees in which they may be."""


def found(session: Session, words: Sequence[str], scope: Scope, limit: int) -> dict[str, list[str]]:
    """Things that have a word beginning with each of these, some of each kind that has any.

    Those with the rarest word itself come first. Words are met by few things or by many: of one
    that many have, only the first few hundred are looked at.
    """
    if len(words) > 1:
        return {kind: refs[:limit] for kind, refs in _with_all(session, words, scope).items()}
    first, behind = bounds(words[0])
    found: dict[str, dict[str, None]] = {}
    # The index leads to a subtree only behind a whole word, so that is looked for by itself. A
    # thing may have several words with one beginning.
    for statement in (_itself(scope, limit), _beginning(scope, limit * _WORDS_EACH)):
        for kind, refs in _refs(session, statement, first, behind).items():
            found.setdefault(kind, {}).update(dict.fromkeys(refs))
    return {kind: list(refs)[:limit] for kind, refs in found.items()}


def _with_all(session: Session, words: Sequence[str], scope: Scope) -> dict[str, list[str]]:
    """Of the things with the rarest word those that have all the others."""
    met: dict[str, dict[str, list[str]]] = {}
    for word in sorted(words, key=len, reverse=True):  # the longest is likely to be the rarest
        met[word] = _refs(session, _beginning(scope, _ENOUGH), *bounds(word))
        scope = tuple(one for one in scope if one[0] in met[word])
        if not scope:
            return {}
    found: dict[str, list[str]] = {}
    for kind, _prefixes in scope:
        refs = {word: having[kind] for word, having in met.items()}
        rarest = min(refs, key=lambda one: len(refs[one]))
        left = list(dict.fromkeys(refs.pop(rarest)))
        for word, some in refs.items():
            whole = len(some) < _ENOUGH
            having = set(some if whole or not left else _having(session, kind, word, left))
            left = [one for one in left if one in having]
        if left:
            found[kind] = left
    return found


def _refs(
    session: Session, statement: CompoundSelect[str, str, str, str], first: str, behind: str
) -> dict[str, list[str]]:
    """What a statement finds, by kind, in the order of the index."""
    rows = session.execute(statement, {"first": first, "behind": behind}).all()
    found: dict[str, list[str]] = {}
    for kind, _word, _path, ref in sorted(tuple(row) for row in rows):
        found.setdefault(kind, []).append(ref)
    return found


@lru_cache(maxsize=_SCOPES)
def _beginning(scope: Scope, limit: int) -> CompoundSelect[str, str, str, str]:
    """The first few of each kind, in the order of the index.

    It has a word itself before those that the word only begins. A statement is made once for each
    scope: that takes longer than to answer it.
    """
    word = SearchTerm.word
    here = and_(word >= bindparam("first"), word < bindparam("behind"))
    return union_all(*(_some(kind, prefixes, here, limit) for kind, prefixes in scope))


@lru_cache(maxsize=_SCOPES)
def _itself(scope: Scope, limit: int) -> CompoundSelect[str, str, str, str]:
    """As `_beginning`, of those that have the word itself."""
    here = SearchTerm.word == bindparam("first")
    return union_all(*(_some(kind, prefixes, here, limit) for kind, prefixes in scope))


def _some(
    kind: Kind, prefixes: tuple[str, ...], here: ColumnElement[bool], limit: int
) -> Select[str, str, str, str]:
    columns = (SearchTerm.kind, SearchTerm.word, SearchTerm.path, SearchTerm.ref)
    query = select(*columns).where(SearchTerm.kind == kind, here)
    if not _everywhere(prefixes):
        query = query.where(or_(within(SearchTerm.path, prefixes), SearchTerm.path == SHARED))
    some = query.order_by(*columns).limit(limit).subquery()
    return select(some.c.kind, some.c.word, some.c.path, some.c.ref)


def _having(session: Session, kind: str, word: str, refs: Sequence[str]) -> Sequence[str]:
    first, behind = bounds(word)
    query = select(SearchTerm.ref).where(SearchTerm.ref.in_(refs), SearchTerm.kind == kind)
    return session.scalars(query.where(SearchTerm.word >= first, SearchTerm.word < behind)).all()


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
