"""Devices and alarms as they stand, whatever the order in which a room's messages come."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract import messages as m
from fleet.classrooms import AgentRef, help_calls
from fleet.classrooms.models import Agent, Room
from fleet.db import Database, Session
from fleet.devices import service
from fleet.devices.models import Device, RoomAlarm
from fleet.errors import NotFound
from fleet.orgs import service as orgs
from tests.fleet.databases import Databases
from tests.fleet.telling import NOON, handle, told

PC, NEW_PC = AgentRef("pc-a", "room-a"), AgentRef("pc-b", "room-a")


def _rooms(database: Database) -> None:
    with database.write() as session:
        unit = orgs.root(session).id
        for letter in "ab":
            session.add(Room(id=f"room-{letter}", unit_id=unit, name=letter, timezone="UTC"))
        session.flush()
        for agent in (PC, NEW_PC):
            session.add(
                Agent(
                    id=agent.agent, room_id=agent.room, public_key="", serials={}, enrolled_at=NOON
                )
            )


@pytest.fixture
def database(both_databases: Databases, tmp_path: Path) -> Iterator[Database]:
    opened = Database(both_databases.make(tmp_path / "fleet.sqlite"))
    _rooms(opened)
    yield opened
    opened.close()


@pytest.fixture
def sqlite(migrated: Database) -> Database:
    _rooms(migrated)
    return migrated


def raised(severity: str = "critical", what: str = "Nothing is heard.") -> m.AlarmRaised:
    return m.AlarmRaised(
        alarm="silent",
        subject="audio",
        severity=severity,  # type: ignore[arg-type]
        text="silent",
        what=what,
        todo="Speak.",
    )


def cleared(seconds: float = 1.0) -> m.AlarmCleared:
    return m.AlarmCleared(alarm="silent", subject="audio", seconds=seconds)


def changed(online: bool, power: str = "unknown", name: str = "projector") -> m.DeviceChanged:
    return m.DeviceChanged(device=name, online=online, power=power)  # type: ignore[arg-type]


def described(*names: str) -> m.Description:
    return m.Description(
        version=1,
        hostname="pc",
        os="Linux",
        cpu_count=1,
        memory_bytes=1,
        disk_bytes=1,
        agent_version="1",
        devices=tuple(
            m.DeviceDescription(name=name, role="projector", profile="pjlink-class-1", vendor="V")
            for name in names
        ),
    )


def _state(session: Session) -> list[tuple[object, ...]]:
    devices = [
        (one.name, one.role, one.online, one.power, one.since)
        for one in service.devices(session, PC.room)
    ]
    alarms = [
        (one.subject, one.alarm, one.severity, one.what, one.raised_at)
        for one in service.raised_alarms(session, PC.room)
    ]
    return [*devices, *alarms]


def _tell(session: Session, said: Sequence[tuple[int, m.Payload]]) -> None:
    for seq, payload in said:
        handle(session, PC, told(PC, payload, seq))


STORY: tuple[m.Payload, ...] = (
    raised("warning", "Hardly anything is heard."),
    changed(online=False),
    cleared(),
    changed(online=True, power="warming"),
    raised(),
    changed(online=True, power="on"),
)


@given(st.permutations(range(len(STORY))), st.lists(st.sampled_from(range(len(STORY)))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_any_repetition_end_alike(
    sqlite: Database, order: list[int], again: list[int]
) -> None:
    with sqlite.read() as session:  # never committed: each example begins anew
        handle(session, PC, told(PC, described("projector"), 0))
        _tell(session, [(number + 1, STORY[number]) for number in (*order, *again)])
        found = _state(session)

    assert found == [
        ("projector", "projector", True, "on", NOON + timedelta(seconds=6)),
        ("audio", "silent", "critical", "Nothing is heard.", NOON + timedelta(seconds=5)),
    ]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_an_alarm_that_is_over_is_not_raised_by_what_comes_late(
    database: Database, order: tuple[int, ...]
) -> None:
    said = {1: raised(), 2: cleared(1.0)}
    with database.write() as session:
        _tell(session, [(seq, said[seq]) for seq in (*order, *order)])

    with database.read() as session:
        assert list(service.raised_alarms(session, PC.room)) == []
        assert service.rooms_in_trouble(session) == set()
        row = session.get_one(RoomAlarm, (PC.room, "audio", "silent"))
        assert (row.raised_at, row.cleared_at) == (
            NOON + timedelta(seconds=1),
            NOON + timedelta(seconds=2),
        )


def test_only_critical_alarms_mark_their_room_and_the_worst_comes_first(
    database: Database,
) -> None:
    worn = m.AlarmRaised(
        alarm="lamp-worn", subject="projector", severity="info", text="lamp-worn", what="Worn."
    )
    with database.write() as session:
        _tell(session, [(1, raised("warning")), (2, worn)])
        assert service.rooms_in_trouble(session) == set()
        _tell(session, [(3, raised("critical"))])
        assert service.rooms_in_trouble(session) == {PC.room}
        assert [one.alarm for one in service.raised_alarms(session, PC.room)] == [
            "silent",
            "lamp-worn",
        ]


def test_what_a_room_describes_no_more_is_not_shown(database: Database) -> None:
    with database.write() as session:
        _tell(session, [(1, changed(online=True, power="on"))])
        assert list(service.devices(session, PC.room)) == [], "nobody knows what it is"
        handle(session, PC, told(PC, described("projector", "panel"), 0))
        handle(session, PC, told(PC, described("projector", "panel"), 0))
        found = [(one.name, one.online) for one in service.devices(session, PC.room)]
        assert found == [("panel", None), ("projector", True)]
        handle(session, PC, told(PC, described("panel"), 0))
        assert [one.name for one in service.devices(session, PC.room)] == ["panel"]


def test_another_pc_in_the_room_begins_anew(database: Database) -> None:
    with database.write() as session:
        handle(session, PC, told(PC, described("projector"), 0))
        _tell(session, [(7, changed(online=True, power="on")), (8, raised())])
        session.get_one(Agent, PC.agent).revoked_at = NOON
        session.flush()
        assert list(service.raised_alarms(session, PC.room)) == []
        handle(session, NEW_PC, told(NEW_PC, described("projector"), 0))
        (projector,) = service.devices(session, PC.room)
        assert (projector.online, projector.since) == (None, None)
        handle(session, NEW_PC, told(NEW_PC, changed(online=False), 1, seconds=-60))
        assert projector.online is False
        handle(session, NEW_PC, told(NEW_PC, raised(), 2, seconds=-60))
        assert len(service.raised_alarms(session, PC.room)) == 1


def test_a_clock_that_ran_ahead_does_not_silence_what_is_told_later(database: Database) -> None:
    ahead = told(PC, changed(online=False), 1, seconds=10**9)
    with database.write() as session:
        handle(session, PC, ahead)
        now = (datetime.now(UTC) - NOON).total_seconds()
        handle(session, PC, told(PC, changed(online=True), 1, seconds=now + 60, epoch="anew"))
        assert session.get_one(Device, (PC.room, "projector")).online is True


def test_a_name_of_any_length_finds_room(database: Database) -> None:
    long = "x" * 5000
    with database.write() as session:
        handle(session, PC, told(PC, described(long), 0))
        _tell(session, [(1, changed(online=True, name=long))])
        assert [one.online for one in service.devices(session, PC.room)] == [True]


def test_a_call_for_help_is_open_until_somebody_answers(database: Database) -> None:
    call = told(PC, m.HelpCalled(topic="sound"), 1)
    with database.write() as session:
        for _ in range(2):
            handle(session, PC, call)
        (row,) = help_calls.open_calls(session, PC.room)
        assert help_calls.rooms_calling(session) == {PC.room}
        assert help_calls.open_calls(session, "room-b") == []
        with pytest.raises(NotFound):
            help_calls.answer(session, "room-b", row.id, by="ana", now=NOON)
        assert help_calls.answer(session, PC.room, row.id, by="ana", now=NOON)
        assert not help_calls.answer(session, PC.room, row.id, by="ben", now=NOON)
        handle(session, PC, call)
        assert (row.topic, row.answered_by) == ("sound", "ana")
        assert help_calls.open_calls(session, PC.room) == []
        assert help_calls.rooms_calling(session) == set()
