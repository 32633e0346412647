"""Batches of messages in transactions, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from contract import codec, registry, topics
from contract import messages as m
from fleet.classrooms import AgentRef
from fleet.classrooms.models import Agent, Event, Room
from fleet.classrooms.ports import Incoming
from fleet.db import Database
from fleet.inbox import loop
from fleet.inbox.models import DeadLetter, ReceivedRange
from fleet.inbox.service import receive, refuse
from fleet.inbox.table import Table, handlers
from fleet.orgs import service as orgs
from fleet.telemetry.models import RawReading
from tests.contract.samples import SAMPLES
from tests.fleet.databases import Databases

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def database(both_databases: Databases, tmp_path: Path) -> Iterator[Database]:
    opened = Database(both_databases.make(tmp_path / "fleet.sqlite"))
    with opened.write() as session:
        unit = orgs.root(session).id
        session.add(Room(id="room-a", unit_id=unit, name="A", timezone="UTC"))
        session.flush()
        for name, revoked in (("pc-a", None), ("pc-gone", NOW)):
            session.add(
                Agent(
                    id=name,
                    room_id="room-a",
                    public_key="",
                    serials={},
                    enrolled_at=NOW,
                    revoked_at=revoked,
                )
            )
    yield opened
    opened.close()


def message(payload: m.Payload, seq: int, agent: str = "pc-a", channel: str = "event") -> Incoming:
    body = codec.encode_up(payload, source=agent, time=NOW, epoch="e", seq=seq)
    return Incoming(topics.topic(agent, channel), body)


def stepped(seq: int) -> Incoming:
    return message(m.ClockStepped(by_seconds=seq), seq)


def count(database: Database, model: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def ranges(database: Database) -> list[tuple[int, int]]:
    with database.read() as session:
        query = select(ReceivedRange.first, ReceivedRange.last).order_by(ReceivedRange.first)
        return [(row[0], row[1]) for row in session.execute(query)]


@pytest.mark.parametrize("careful", [False, True])
def test_a_batch_is_stored_once_and_acknowledged_whole(database: Database, careful: bool) -> None:
    first = receive(database, handlers(), [stepped(n) for n in (1, 2, 2, 5)], careful=careful)
    second = receive(database, handlers(), [stepped(n) for n in (2, 3, 4)], careful=careful)

    assert first.acks == {("pc-a", "e"): [(1, 2), (5, 5)]}
    assert (first.stored, first.duplicates) == (3, 1)
    assert second.acks == {("pc-a", "e"): [(2, 4)]}
    assert (second.stored, second.duplicates) == (2, 1)
    assert count(database, Event) == 5
    assert ranges(database) == [(1, 5)]


def test_whatever_the_contract_lets_a_room_say_has_a_handler() -> None:
    kept = {payload for one in registry.UP if not one.live for payload in one.types.values()}
    assert kept <= set(handlers())


@pytest.mark.parametrize("careful", [False, True])
def test_each_message_of_the_contract_is_stored_and_again_is_a_duplicate(
    database: Database, careful: bool
) -> None:
    said = [one for one in SAMPLES if registry.place_of(one)[0] in {c.name for c in registry.UP}]
    batch = [
        message(payload, seq, channel=registry.place_of(payload)[0])
        for seq, payload in enumerate(said, start=1)
    ]

    first = receive(database, handlers(), batch, careful=careful)
    second = receive(database, handlers(), batch[::-1], careful=careful)

    assert (first.stored, first.dead) == (len(said), 0)
    assert (second.stored, second.duplicates) == (0, len(said))


def test_the_largest_number_is_a_number(database: Database) -> None:
    last = 2**63 - 1

    outcome = receive(database, handlers(), [stepped(last), stepped(last)], careful=False)

    assert outcome.acks == {("pc-a", "e"): [(last, last)]}
    assert ranges(database) == [(last, last)]


def test_strangers_are_neither_stored_nor_acknowledged(database: Database) -> None:
    batch = [
        message(m.ClockStepped(by_seconds=1), 1, agent="pc-gone"),
        message(m.ClockStepped(by_seconds=1), 1, agent="pc-unknown"),
        Incoming("somewhere/else", b"{}"),
    ]

    outcome = receive(database, handlers(), batch, careful=False)

    assert (outcome.strangers, outcome.acks) == (3, {})
    assert count(database, DeadLetter) == count(database, Event) == 0


def test_a_payload_on_another_channel_is_buried(database: Database) -> None:
    batch = [message(m.ClockStepped(by_seconds=1), 1, channel="telemetry")]

    outcome = receive(database, handlers(), batch, careful=False)

    assert outcome.dead == 1
    assert outcome.acks == {("pc-a", "e"): [(1, 1)]}
    with database.read() as session:
        letter = session.scalars(select(DeadLetter)).one()
        assert "does not belong on channel 'telemetry'" in letter.reason
        assert letter.body == batch[0].body


def test_text_that_a_database_cannot_hold_is_buried_alone(database: Database) -> None:
    nasty = m.Reading(device="a\0b", point="p", value=1)
    fine = m.Reading(device="pc", point="p", value=1)
    batch = [
        message(m.Report(at=NOW, uptime=1, readings=(nasty,)), 1, channel="telemetry"),
        message(m.Report(at=NOW, uptime=1, readings=(fine,)), 2, channel="telemetry"),
    ]

    outcome = receive(database, handlers(), batch, careful=True)

    assert outcome.acks == {("pc-a", "e"): [(1, 2)]}
    assert outcome.stored + outcome.dead == 2
    assert count(database, RawReading) == outcome.stored >= 1


def _failing(kind: type[Exception]) -> Table:
    def fail(session: Session, agent: AgentRef, received: codec.Received) -> None:
        session.add(Room(id="half", unit_id="nowhere", name="half done", timezone="UTC"))
        if kind is OperationalError:
            raise OperationalError("statement", {}, Exception("disk I/O error"))
        raise kind("not today")

    table = dict(handlers())
    table[m.LessonMissed] = (fail,)
    return table


def test_a_handler_that_fails_takes_nothing_with_it(database: Database) -> None:
    batch = [stepped(1), message(m.LessonMissed(lesson="l", why="w"), 2), stepped(3)]

    with pytest.raises(KeyError):
        receive(database, _failing(KeyError), batch, careful=False)
    assert count(database, Event) == 0
    outcome = receive(database, _failing(KeyError), batch, careful=True)

    assert (outcome.stored, outcome.dead) == (2, 1)
    assert outcome.acks == {("pc-a", "e"): [(1, 3)]}
    assert count(database, Event) == 2
    assert count(database, Room) == 1


def test_a_database_that_fails_is_not_the_message_s_fault(database: Database) -> None:
    batch = [stepped(1), message(m.LessonMissed(lesson="l", why="w"), 2)]

    with pytest.raises(OperationalError):
        receive(database, _failing(OperationalError), batch, careful=True)

    assert count(database, Event) == count(database, DeadLetter) == 0
    assert ranges(database) == []


def test_what_no_table_takes_can_be_refused_for_good(database: Database) -> None:
    outcome = refuse(database, message(m.LessonMissed(lesson="l", why="w"), 2), "too much")

    assert outcome.acks == {("pc-a", "e"): [(2, 2)]}
    assert count(database, DeadLetter) == 1


def test_a_good_message_is_not_buried_for_a_lock_that_passes(database: Database) -> None:
    batch = [stepped(1), message(m.LessonMissed(lesson="l", why="w"), 2)]
    locked = _failing(OperationalError)

    assert loop._try(database, locked, batch, loop._TRIES_TOGETHER) is None
    assert count(database, DeadLetter) == 0
    stored = loop._try(database, handlers(), batch, loop._TRIES_TOGETHER + 1)

    assert stored is not None
    assert stored.acks == {("pc-a", "e"): [(1, 2)]}
    assert (count(database, Event), count(database, DeadLetter)) == (2, 0)


def test_what_fails_for_long_is_buried_so_that_others_go_on(database: Database) -> None:
    batch = [message(m.LessonMissed(lesson="l", why="w"), 1), stepped(2)]

    stored = loop._try(database, _failing(OperationalError), batch, loop._TRIES_BEFORE_BURIAL)

    assert stored is not None
    assert stored.acks == {("pc-a", "e"): [(1, 2)]}
    assert count(database, DeadLetter) == 1


def test_one_broken_pc_does_not_fill_the_disk(database: Database) -> None:
    for _ in range(3):
        receive(
            database,
            handlers(),
            [Incoming(topics.topic("pc-a", "event"), b"x" * 5000)] * 400,
            careful=False,
        )

    assert count(database, DeadLetter) == 1000
    with database.read() as session:
        assert session.scalar(select(func.max(func.length(DeadLetter.body)))) == 1024
