"""A room that moves takes its alarms along; one that goes leaves nothing behind."""

import pytest
from sqlalchemy import select

from fleet.alerts.models import Watch
from fleet.classrooms import rooms
from fleet.classrooms import service as classrooms
from fleet.db import Database
from fleet.errors import Conflict
from fleet.orgs.files import Act
from tests.fleet.alerts.house import House


def test_other_people_see_to_a_room_that_belongs_to_them_now(database: Database) -> None:
    house = House(database)
    before, after = house.unit("Kenya"), house.unit("Nepal")
    lab = house.room("Lab", "Kenya")
    house.presence("lost", "Lab")
    house.later(130)
    assert [alarm.path for alarm in house.alarms()] == [before]

    with database.write() as session:
        rooms.move(session, lab, house.units["Nepal"], Act("somebody", house.now))

    assert [alarm.path for alarm in house.alarms()] == [after]
    house.later(10)
    with database.read() as session:
        assert set(session.scalars(select(Watch.path).where(Watch.room_id == lab))) == {after}
    house.presence("ready", "Lab")
    house.later(600)
    assert house.open() == []


def test_a_room_with_a_pc_stays_and_one_without_goes(database: Database) -> None:
    house = House(database)
    lab = house.room("Lab")
    with database.write() as session:
        empty = classrooms.add_room(
            session, unit_id=classrooms.room(session, lab).unit_id, name="E"
        )
    with database.write() as session:
        rooms.remove(session, empty.id)
        with pytest.raises(Conflict, match="Lab has a history"):
            rooms.remove(session, lab)

    with database.read() as session:
        assert [room.name for room in classrooms.rooms(session)] == ["Lab"]
