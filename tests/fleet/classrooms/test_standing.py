"""How a room stands, whoever is first to say what has changed."""

from collections.abc import Callable

import pytest

from fleet.classrooms import service
from fleet.classrooms.models import Room
from fleet.classrooms.standing import standing
from fleet.db import Database, Session
from fleet.orgs import service as orgs

PRESENCES = ("none", "init", "ready", "disconnected", "sleeping", "lost")
Change = Callable[[Session, str], None]


def _comes_back(session: Session, room: str) -> None:
    service.agent_is(session, room, "ready")


def _is_in_trouble(session: Session, room: str) -> None:
    service.in_trouble(session, room, "critical")


@pytest.mark.parametrize("presence", PRESENCES)
@pytest.mark.parametrize("trouble", ["", "warning", "critical"])
def test_the_database_reckons_as_the_rule_says(
    database: Database, presence: str, trouble: str
) -> None:
    for order in (1, -1):
        changes: list[Change] = [
            lambda session, room: service.agent_is(session, room, presence),
            lambda session, room: service.in_trouble(session, room, trouble),
        ]
        room = _room(database)
        for change in changes[::order]:
            with database.write() as session:
                change(session, room)
        assert _stands(database, room) == standing(presence, trouble)
        room = _room(database)
        with database.write() as session:
            for change in changes[::order]:
                change(session, room)
        assert _stands(database, room) == standing(presence, trouble)


@pytest.mark.parametrize("both_databases", ["postgresql"], indirect=True)
@pytest.mark.parametrize("first", [_comes_back, _is_in_trouble])
def test_a_room_that_comes_back_while_its_trouble_is_judged(
    database: Database, first: Change
) -> None:
    """Both have read the room before the other one says what it knows. SQLite lets nobody."""
    room = _room(database)
    with database.write() as session:
        service.agent_is(session, room, "lost")
    second = _is_in_trouble if first is _comes_back else _comes_back
    with database.write() as late:
        held = late.get_one(Room, room)  # as batches hold theirs: it is not read again
        assert held.standing == "dark"
        with database.write() as early:
            first(early, room)
        second(late, room)
    assert _stands(database, room) == "risk"


def _room(database: Database) -> str:
    with database.write() as session:
        return service.add_room(session, unit_id=orgs.root(session).id, name="Lab").id


def _stands(database: Database, room: str) -> str:
    with database.read() as session:
        return session.get_one(Room, room).standing
