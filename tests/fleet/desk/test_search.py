"""Search: words from their beginnings, of what somebody may see, on both databases."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from fleet.auth import service as auth
from fleet.classrooms.models import Room
from fleet.db import Database, Session
from fleet.db.folding import fold
from fleet.desk.board import Board
from fleet.desk.search import handlers, service, things
from fleet.desk.search.mending import Mending
from fleet.desk.search.models import SearchTerm
from fleet.desk.search.words import asked, bounds, words
from fleet.devices.models import Device
from tests.fleet.desk.house import NOON, House, build


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    handlers.register(database.bus)
    with database.write() as session:
        made = build(session)
        auth.add_user(session, "officer@ke.example", "Amina Officer", now=NOON)
    yield made
    assert set(things.THINGS)


def find(database: Database, text: str, *reach: str, people: tuple[str, ...] = ()) -> list[str]:
    snapshot = Board(database).current(NOON)
    with database.read() as session:
        found = service.search(session, snapshot, text, reach or ("",), people)
    return [f"{kind}: {hit.name}" for kind, hits in found.items() for hit in hits]


def test_each_word_from_its_beginning(database: Database, house: House) -> None:
    assert find(database, "aul") == ["room: Aula Magna"]
    assert find(database, "magn AU") == ["room: Aula Magna"]
    assert find(database, "ecole") == ["room: École"]
    assert find(database, "aula botany") == []
    assert find(database, "nairobi") == ["unit: Nairobi"]
    assert find(database, "pjlink") == ["device: beamer"]
    assert find(database, "pjlink-class beam") == ["device: beamer"]
    assert len(find(database, "epson")) == 4
    assert find(database, "kiosk-b") == ["agent: kiosk-B"]
    assert find(database, "") == find(database, " !? ") == []
    assert find(database, "%") == find(database, "_") == []


def test_only_what_one_may_see(database: Database, house: House) -> None:
    ghana = house.units["Ghana"].path
    assert find(database, "epson", ghana) == ["device: beamer"]
    assert find(database, "aula", ghana) == []
    assert find(database, "kenya", ghana) == []
    assert find(database, "amina") == []
    assert find(database, "amina", people=("",)) == ["person: Amina Officer"]
    assert find(database, "officer@ke", people=("",)) == ["person: Amina Officer"]


def test_words_follow_what_they_are_of(database: Database, house: House) -> None:
    room = house.rooms["Aula Magna"]
    with database.write() as session:
        session.get_one(Room, room).name = "Great hall"
        session.delete(session.get_one(Device, (room, "beamer")))
    assert find(database, "aula") == []
    assert find(database, "great") == ["room: Great hall"]
    assert len(find(database, "epson")) == 3
    ghana = house.units["Ghana"].path
    with database.write() as session:
        session.get_one(Room, room).path = house.units["Cape Coast"].path
    assert find(database, "kiosk-a", ghana) == ["agent: kiosk-A"]


def test_what_was_written_past_it_is_found_after_mending(database: Database, house: House) -> None:
    with database.write() as session:
        session.execute(delete(SearchTerm))
        values = {"id": "bulk", "unit_id": house.units["Nairobi"].id, "timezone": "UTC"}
        session.execute(insert(Room).values(name="Written in bulk", **values))
        moved = update(Room).where(Room.id == "bulk").values(path=house.units["Nairobi"].path)
        session.execute(moved)
    assert find(database, "aula") == []

    assert Mending(database).at_once() > 10

    assert find(database, "aula") == ["room: Aula Magna"]
    assert find(database, "bulk", house.units["Kenya"].path) == ["room: Written in bulk"]
    with database.write() as session:
        elsewhere = update(Room).where(Room.id == "bulk")
        session.execute(elsewhere.values(path=house.units["Ghana"].path))
    assert Mending(database).at_once() == 1
    assert find(database, "bulk", house.units["Kenya"].path) == []
    assert Mending(database).at_once() == 0


def test_a_flush_that_is_rolled_back_leaves_nothing(database: Database, house: House) -> None:
    before = _count(database)
    with database.write() as session:
        session.get_one(Room, house.rooms["Depot"]).name = "Nothing came of it"
        session.flush()
        session.rollback()
    assert _count(database) == before


def _count(database: Database) -> int:
    with database.read() as session:
        return len(session.scalars(select(SearchTerm.word)).all())


@given(st.text(max_size=60))
def test_every_word_of_a_text_is_found_by_it(text: str) -> None:
    index = words(text)
    for word in asked(text):
        first, behind = bounds(word)
        assert any(first <= one < behind for one in index)


def test_words_of_many_languages() -> None:
    assert fold("ÉCOLE Straße") == "ecole strasse"
    assert words("قاعة ٧") == {"قاعة", "٧"}
    assert "教室" in words("第一教室")
    assert words("pjlink-class-1") == {"pjlink-class-1", "pjlink", "class", "1"}


def test_sessions_without_a_bus_still_write(database: Database) -> None:
    with database.write() as session:
        assert isinstance(session, Session)
        build(session)
    assert _count(database) == 0
