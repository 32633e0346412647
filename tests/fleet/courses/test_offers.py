"""Which courses a room is told that an unplanned lesson may belong to."""

from datetime import date, time, timedelta
from pathlib import Path

import pytest

from fleet.classrooms import service as classrooms
from fleet.courses import handlers, service
from fleet.courses.service.offers import MOST
from fleet.db import Bus, Database, Session
from fleet.orgs import service as orgs
from tests.fleet.databases import Databases
from tests.fleet.telling import NOON


@pytest.fixture
def session(both_databases: Databases, tmp_path: Path):
    database = Database(both_databases.make(tmp_path / "fleet.sqlite"), Bus())
    handlers.register(database.bus)
    with database.write() as session:
        yield session
    database.close()


def _offered(session: Session, room: str) -> list[str]:
    desired = classrooms.desired(session, room)
    return [one.title for one in desired.state.courses] if desired else []


def _institution(session: Session, name: str) -> str:
    top = orgs.root(session).id
    return orgs.add(session, parent_id=top, kind="institution", name=name).id


def _room(session: Session, unit: str) -> str:
    return classrooms.add_room(session, unit_id=unit, name="Room").id


def test_a_room_offers_the_courses_of_its_institution_by_title(session: Session) -> None:
    here, there = _institution(session, "Here"), _institution(session, "There")
    room = _room(session, here)
    assert classrooms.desired(session, room) is None, "there is nothing to tell it"
    for title, unit in (("soil", here), ("Botany", here), ("Optics", there), ("Ethics", None)):
        service.add_course(session, title=title, unit_id=unit, now=NOON)

    assert _offered(session, room) == ["Botany", "soil"]
    assert _offered(session, _room(session, here)) == ["Botany", "soil"], "a new room is told, too"
    assert _offered(session, _room(session, there)) == ["Optics"]
    assert _offered(session, _room(session, orgs.root(session).id)) == ["Ethics"]


def test_a_course_of_others_is_offered_where_it_meets(session: Session) -> None:
    here, there = _institution(session, "Here"), _institution(session, "There")
    room = _room(session, here)
    weekly = service.add_course(session, title="Optics", unit_id=there, now=NOON)
    single = service.add_course(session, title="Ethics", unit_id=there, now=NOON)
    service.add_slot(
        session,
        course_id=weekly.id,
        room_id=room,
        weekday=1,
        starts=time(9),
        minutes=45,
        first_date=date(2026, 3, 1),
        last_date=date(2026, 6, 1),
        now=NOON,
    )
    service.add_lesson(session, single.id, room, "", NOON, NOON + timedelta(hours=1), now=NOON)
    assert _offered(session, room) == ["Ethics", "Optics"]

    service.change_course(
        session, weekly.id, title="Waves", description="", publish="auto", now=NOON
    )
    assert _offered(session, room) == ["Ethics", "Waves"]
    service.push_timetable(session, room, NOON + timedelta(days=30))
    assert _offered(session, room) == ["Waves"], "the single lesson is long over"


def test_the_offer_is_short_stable_and_never_without_what_meets_there(session: Session) -> None:
    room = _room(session, orgs.root(session).id)
    for number in range(MOST + 5):
        service.add_course(session, title=f"A {number:02}", now=NOON)
    last = service.add_course(session, title="Zoology", now=NOON)
    assert _offered(session, room) == [f"A {number:02}" for number in range(MOST)]

    service.add_lesson(session, last.id, room, "", NOON, NOON + timedelta(hours=1), now=NOON)
    before = classrooms.desired(session, room)
    assert _offered(session, room) == [*(f"A {n:02}" for n in range(MOST - 1)), "Zoology"]
    service.offer(session, room, NOON)
    assert classrooms.desired(session, room) == before
