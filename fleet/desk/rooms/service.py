"""Lists of rooms, a page at a time, and the views that people keep of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fleet.db import Database, Session
from fleet.db.paths import inside
from fleet.desk.board import Snapshot
from fleet.desk.rooms import repository, views_repository
from fleet.desk.rooms.filters import Filters, Key
from fleet.desk.rooms.models import SavedView
from fleet.desk.rooms.repository import Row, Wanted
from fleet.desk.search.words import asked
from fleet.errors import Conflict, NotFound, Refused
from fleet.web.language import gettext as _

_FEW = 5000
"""Rooms of a unit that are sorted rather than found along the order of an index."""
_VIEWS = 50
_LONGEST_NAME = 100
_CSV_PAGE = 1000


@dataclass(frozen=True, slots=True)
class RoomPage:
    """A page of a list. `next` is where the following one begins; None after the last."""

    rows: Sequence[Row]
    next: Key | None


def listed(
    session: Session,
    snapshot: Snapshot,
    reach: tuple[str, ...],
    filters: Filters,
    after: Key | None,
    limit: int,
) -> RoomPage:
    """A page of the rooms that somebody may see and that fit.

    Raises:
        NotFound: there is no such unit within their reach.
    """
    wanted = _wanted(snapshot, reach, filters)
    read = repository.worst_first if filters.sort == "standing" else repository.by_name
    rows = read(session, wanted, after, limit + 1)
    more = len(rows) > limit
    rows = rows[:limit]
    last = rows[-1] if more else None
    return RoomPage(rows, Key(last.standing, last.name, last.id) if last else None)


def room(session: Session, room_id: str) -> Row:
    """One room, as a list shows it.

    Raises:
        NotFound: there is no such room.
    """
    found = repository.row(session, room_id)
    if found is None:
        raise NotFound(_("There is no such thing, or you may not see it."))
    return found


def choices(
    session: Session, snapshot: Snapshot, reach: tuple[str, ...]
) -> Mapping[str, Sequence[str]]:
    """By what somebody's list can be narrowed: what occurs in the rooms that they may see."""
    if "" in reach:
        return snapshot.choices
    found = snapshot.offered.get(reach)
    if found is None:
        found = snapshot.offered[reach] = repository.choices(session, reach)
    return found


def every(
    database: Database, snapshot: Snapshot, reach: tuple[str, ...], filters: Filters
) -> Iterator[Row]:
    """All of the list.

    Read in pages, each in a transaction of its own, so that whoever fetches it slowly holds
    nothing.
    """
    after: Key | None = None
    while True:
        with database.read() as session:
            found = listed(session, snapshot, reach, filters, after, _CSV_PAGE)
        yield from found.rows
        if found.next is None:
            return
        after = found.next


def _wanted(snapshot: Snapshot, reach: tuple[str, ...], filters: Filters) -> Wanted:
    prefixes = reach
    if filters.unit:
        unit = snapshot.by_id(filters.unit)
        if unit is None or not any(inside(unit.path, prefix) for prefix in reach):
            raise NotFound(_("There is no such thing, or you may not see it."))
        prefixes = (unit.path,)
    rooms = sum(snapshot.under(prefix).rooms for prefix in prefixes)
    return Wanted(
        prefixes=prefixes,
        few=rooms <= _FEW,
        standing=filters.standing,
        presence=filters.presence,
        role=filters.role,
        profile=filters.profile,
        version=filters.version,
        alarm=filters.alarm,
        words=tuple(asked(filters.text)),
    )


def views(session: Session, user_id: str) -> Sequence[SavedView]:
    """The views that a person keeps, by name."""
    return views_repository.of(session, user_id)


def keep_view(session: Session, user_id: str, name: str, filters: Filters, now: datetime) -> None:
    """Keep a list under a name; one that has the name is replaced.

    Raises:
        Refused: the name is empty or too long.
        Conflict: there are too many.
    """
    name = name.strip()
    if not 0 < len(name) <= _LONGEST_NAME:
        raise Refused(_("Give the view a name of 1 to 100 characters."), field="name")
    kept = views_repository.of(session, user_id)
    same = next((one for one in kept if one.name == name), None)
    if same:
        same.query = filters.query
        return
    if len(kept) >= _VIEWS:
        raise Conflict(_("You keep many views already. Forget one first."), field="name")
    row = SavedView(user_id=user_id, name=name, query=filters.query, created_at=now)
    views_repository.add(session, row)


def forget_view(session: Session, user_id: str, view_id: str) -> None:
    """Forget a view; one that is no more, or another's, is left alone."""
    views_repository.remove(session, user_id, view_id)
