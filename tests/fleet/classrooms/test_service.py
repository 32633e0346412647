"""Rooms and what the fleet wants of them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from contract import codec
from contract import messages as m
from fleet.classrooms import enrolment, service
from fleet.classrooms.authority import Authority
from fleet.db import Database
from fleet.errors import NotFound, Refused
from fleet.orgs import service as orgs
from tests.fleet.rooms import new_key, signing_request

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MEETING = m.Meeting(
    lesson="l1", course="c1", title="Algebra", starts_at=NOON, ends_at=NOON + timedelta(hours=1)
)


def add_room(session: Session, name: str = "Lab") -> str:
    return service.add_room(session, unit_id=orgs.root(session).id, name=name).id


def test_a_room_needs_a_name_a_time_zone_and_an_organisation(migrated: Database) -> None:
    with migrated.write() as session:
        unit = orgs.root(session).id
        with pytest.raises(Refused, match="name"):
            service.add_room(session, unit_id=unit, name="  ")
        with pytest.raises(Refused, match="Mars/Olympus"):
            service.add_room(session, unit_id=unit, name="Lab", timezone="Mars/Olympus")
        with pytest.raises(NotFound):
            service.add_room(session, unit_id="nowhere", name="Lab")
        with pytest.raises(NotFound):
            service.room(session, "nowhere")


def test_only_a_difference_is_a_new_version(migrated: Database) -> None:
    with migrated.write() as session:
        room = add_room(session)
        first = service.set_desired(session, room, "timetable", [MEETING])
    with migrated.write() as session:
        same = service.set_desired(session, room, "timetable", (MEETING,))
        plain = service.set_desired(session, room, "upload", {"bytes_per_second": None})
        other = service.set_desired(session, room, "upload", m.UploadPolicy(bytes_per_second=9))
    with migrated.read() as session:
        wanted = service.desired(session, room)

    assert (first, same, plain, other) == (1, 1, 1, 2)
    assert wanted == m.Desired(
        version=2,
        state=m.DesiredState(timetable=(MEETING,), upload=m.UploadPolicy(bytes_per_second=9)),
    )


def test_what_no_room_could_read_is_refused(migrated: Database) -> None:
    with migrated.write() as session:
        room = add_room(session)
        with pytest.raises(Refused, match="no key 'volume'"):
            service.set_desired(session, room, "volume", 11)
        with pytest.raises(Refused, match="timetable"):
            service.set_desired(session, room, "timetable", [{"lesson": "l1"}])
        assert service.desired(session, room) is None


def test_a_desired_state_is_due_until_it_is_published(
    migrated: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = Authority.open(tmp_path_factory.mktemp("authority"))
    with migrated.write() as session:
        room = add_room(session)
        service.set_desired(session, room, "timetable", [MEETING])
        nobody_there = service.due_desired(session)
        now = datetime.now(UTC)
        claim = enrolment.issue_claim(session, room, now)
        csr = signing_request(new_key())
        agent = enrolment.enrol(session, authority, claim, csr, now, 90).agent
        (due,) = service.due_desired(session)
        service.mark_published(session, room, due.version)
        published = service.due_desired(session)
        service.want_again(session, room, applied=0)
        (again,) = service.due_desired(session)

    assert (list(nobody_there), list(published)) == ([], [])
    assert (due.agent, due.version) == (agent, 1)
    assert codec.decode_down(m.Desired, due.body).state.timetable == (MEETING,)
    assert again == due


def test_rooms_are_listed_with_what_their_agents_say(migrated: Database) -> None:
    with migrated.write() as session:
        add_room(session, "B")
        add_room(session, "A")

    with migrated.read() as session:
        states = service.room_states(session)

    assert [(state.room.name, state.agent, state.presence) for state in states] == [
        ("A", None, "none"),
        ("B", None, "none"),
    ]
