"""Rooms talk to a real ingest process over a real Mosquitto with TLS."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine

from contract import codec, topics
from contract import messages as m
from fleet.app import Fleet
from fleet.classrooms import service as classrooms
from tests.fleet.ingesting import environment, start_ingest
from tests.fleet.rooms import NOT_AUTHORISED, Room
from tests.servers.child import Child, Children
from tests.servers.mosquitto import Broker

RoomOf = Callable[[str], Room]


@pytest.fixture
def ingest(children: Children, fleet: Fleet, broker: Broker) -> Child:
    return start_ingest(children, fleet.settings)


def stored(fleet: Fleet, sql: str) -> list[tuple[object, ...]]:
    """Read the database as any other program would."""
    with create_engine(fleet.settings.database).connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def test_an_event_is_stored_then_acknowledged(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab = room("Lab")
    pc = lab.connect(broker.port)
    pc.subscribe(topics.topic(lab.agent, "ack"))

    pc.publish(*lab.message(m.ClockStepped(by_seconds=3), seq=1))
    pc.wait_until_acknowledged(lab, {1})

    assert stored(fleet, "SELECT type FROM event") == [("lectern.clock.stepped",)]
    ack = codec.decode_down(m.Ack, pc.wait_for(topics.topic(lab.agent, "ack")))
    assert abs((ack.fleet_time - datetime.now(UTC)).total_seconds()) < 5


def test_a_repeated_message_is_acknowledged_again_and_stored_once(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab = room("Lab")
    pc = lab.connect(broker.port)
    pc.subscribe(topics.topic(lab.agent, "ack"))
    message = lab.message(m.ClockStepped(by_seconds=3), seq=7)

    pc.publish(*message)
    pc.wait_until_acknowledged(lab, {7})
    before = len(pc.received)
    pc.publish(*message)
    pc.publish(*lab.message(m.ClockStepped(by_seconds=4), seq=8))
    pc.wait_until_acknowledged(lab, {8})

    assert stored(fleet, "SELECT count(*) FROM event") == [(2,)]
    assert len(pc.received) > before
    assert stored(fleet, "SELECT first, last FROM received_range") == [(7, 8)]


def test_a_room_speaks_and_hears_on_its_own_topics_only(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    mine, other = room("Mine"), room("Other")
    pc, ear = mine.connect(broker.port), other.connect(broker.port)
    for filter_ in ("#", "+/+/+/+", "$SYS/#", "lectern/v1/+/ack", f"lectern/v1/{other.agent}/#"):
        pc.subscribe(filter_)
    pc.subscribe(f"$share/fleet/lectern/v1/{other.agent}/event")
    ear.subscribe(topics.topic(other.agent, "ack"))
    _, body = other.message(m.ClockStepped(by_seconds=1), seq=1)

    refused = {
        topic: pc.publish(topic, body)
        for topic in (
            topics.topic(other.agent, "event"),
            topics.topic(other.agent, "presence"),
            topics.topic(mine.agent, "ack"),
            topics.topic(mine.agent, "desired"),
            topics.FLEET_STATE,
            "$CONTROL/dynamic-security/v1",
            "anything",
        )
    }
    ear.publish(*other.message(m.ClockStepped(by_seconds=2), seq=2))
    ear.wait_until_acknowledged(other, {2})

    assert set(refused.values()) == {NOT_AUTHORISED}
    heard = {topic for topic, _, _ in pc.received}
    assert heard <= {topics.FLEET_STATE}
    assert stored(fleet, "SELECT count(*) FROM event") == [(1,)]


def test_a_message_that_says_it_is_from_another_is_buried(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    mine, other = room("Mine"), room("Other")
    pc = mine.connect(broker.port)
    pc.subscribe(topics.topic(mine.agent, "ack"))
    _, body = other.message(m.ClockStepped(by_seconds=1), seq=4)

    pc.publish(topics.topic(mine.agent, "event"), body)
    pc.wait_until_acknowledged(mine, {4})

    ((agent, reason),) = stored(fleet, "SELECT agent_id, reason FROM dead_letter")
    assert agent == mine.agent
    assert other.agent in str(reason)
    assert stored(fleet, "SELECT count(*) FROM event") == [(0,)]


def test_garbage_is_counted_and_harms_nothing(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab = room("Lab")
    pc = lab.connect(broker.port)
    pc.subscribe(topics.topic(lab.agent, "ack"))
    topic, good = lab.message(m.ClockStepped(by_seconds=1.0), seq=9)
    bad = [
        b"",
        b"\xff\xfe\x00garbage",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        good.replace(b'"by_seconds":1.0', b'"by_seconds":NaN').replace(b'"seq":9', b'"seq":1'),
        good.replace(b'"by_seconds":1.0', b'"by_seconds":1e999').replace(b'"seq":9', b'"seq":2'),
        good.replace(b'"specversion":"1.0"', b'"specversion":"9"').replace(b'"seq":9', b'"seq":3'),
        good.replace(b'"seq":9', b'"seq":-1'),
        good.replace(b'"seq":9', b'"seq":99999999999999999999999'),
        good.replace(b'"epoch":"epoch-1"', b'"epoch":"' + b"e" * 5000 + b'"'),
        good.replace(b'"epoch":"epoch-1"', b'"epoch":"\\u0000"'),
        good.replace(b'"epoch":"epoch-1"', b'"epoch":"\\ud800"'),
    ]

    for body in bad:
        pc.publish(topic, body)
    pc.publish(topic, good)
    pc.wait_until_acknowledged(lab, {9})

    assert {1, 2, 3} <= pc.acknowledged(lab)
    assert stored(fleet, "SELECT count(*) FROM dead_letter") == [(len(bad),)]
    assert stored(fleet, "SELECT count(*) FROM event") == [(1,)]
    assert ingest.running


def test_an_oversized_message_never_reaches_the_fleet(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab, quiet = room("Lab"), room("Quiet")
    pc, witness = lab.connect(broker.port), quiet.connect(broker.port)
    witness.subscribe(topics.topic(quiet.agent, "ack"))

    pc.send(topics.topic(lab.agent, "event"), b"x" * 400_000)
    pc.wait_until_cut()
    witness.publish(*quiet.message(m.ClockStepped(by_seconds=1), seq=1))
    witness.wait_until_acknowledged(quiet, {1})

    assert stored(fleet, "SELECT count(*) FROM dead_letter") == [(0,)]


def test_an_unknown_type_is_kept_for_later_versions(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab = room("Lab")
    pc = lab.connect(broker.port)
    pc.subscribe(topics.topic(lab.agent, "ack"))
    topic, body = lab.message(m.ClockStepped(by_seconds=1), seq=1)

    pc.publish(topic, body.replace(b"lectern.clock.stepped", b"lectern.from.the.future"))
    pc.wait_until_acknowledged(lab, {1})

    ((kind, kept),) = stored(fleet, "SELECT type, CAST(body AS TEXT) FROM event")
    assert kind == "lectern.from.the.future"
    assert json.loads(str(kept))["unknown"]["by_seconds"] == 1.0


def test_one_message_that_cannot_be_handled_does_not_hold_up_the_others(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab = room("Lab")
    pc = lab.connect(broker.port)
    pc.subscribe(topics.topic(lab.agent, "ack"))
    deep: dict[str, object] = {}
    for _ in range(60):
        deep = {"a": deep}
    many = tuple(m.Reading(device="pc", point=str(n), value=n) for n in range(2500))

    pc.send(*lab.message(m.ClockStepped(by_seconds=1), seq=1))
    pc.send(*lab.message(m.Report(at=datetime.now(UTC), uptime=1, readings=many), seq=2))
    pc.send(*lab.message(m.Reported(version=1, applied_desired=0, full={}), seq=3))
    pc.send(*lab.message(m.Reported(version=2, applied_desired=0, patch=deep), seq=4))
    pc.send(*lab.message(m.ClockStepped(by_seconds=2), seq=5))
    pc.wait_until_acknowledged(lab, {1, 2, 3, 4, 5})

    reasons = [str(row[0]) for row in stored(fleet, "SELECT reason FROM dead_letter ORDER BY id")]
    assert len(reasons) == 2
    assert "2500 readings" in reasons[0]
    assert "too deep" in reasons[1]
    assert stored(fleet, "SELECT count(*) FROM event") == [(2,)]


def test_readings_and_presence_are_kept(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab = room("Lab")
    pc = lab.connect(broker.port)
    pc.subscribe(topics.topic(lab.agent, "ack"))
    now = datetime.now(UTC)
    there = m.Presence(
        state="ready", session=2, boot="b", since=now, agent_version="0.1", contract="1.0"
    )
    former = m.Presence(
        state="lost", session=1, boot="b", since=now, agent_version="0.1", contract="1.0"
    )
    reading = m.Reading(device="pc", point="cpu", value=12.5, unit="%")

    pc.publish(*lab.message(there, seq=0, epoch=""), retain=True)
    pc.publish(*lab.message(former, seq=0, epoch=""), retain=True)
    pc.publish(*lab.message(m.Report(at=now, uptime=5, clock_offset=0.25, readings=(reading,)), 1))
    pc.wait_until_acknowledged(lab, {1})

    assert stored(fleet, "SELECT presence, session, clock_offset FROM agent") == [
        ("ready", 2, 0.25)
    ]
    assert stored(fleet, "SELECT device, point, unit, last_value FROM series") == [
        ("pc", "cpu", "%", 12.5)
    ]


def test_a_changed_desired_state_reaches_the_room_and_waits_for_it(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab = room("Lab")
    with fleet.database.write() as session:
        classrooms.set_desired(session, lab.id, "upload", m.UploadPolicy(bytes_per_second=1000))
    pc = lab.connect(broker.port)
    pc.subscribe(topics.topic(lab.agent, "desired"))

    wanted = codec.decode_down(m.Desired, pc.wait_for(topics.topic(lab.agent, "desired")))

    assert wanted == m.Desired(
        version=1, state=m.DesiredState(upload=m.UploadPolicy(bytes_per_second=1000))
    )


def test_a_broker_that_lost_everything_is_given_the_desired_state_again(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab = room("Lab")
    with fleet.database.write() as session:
        classrooms.set_desired(session, lab.id, "upload", m.UploadPolicy(bytes_per_second=1000))
    first = lab.connect(broker.port)
    first.subscribe(topics.topic(lab.agent, "desired"))
    first.wait_for(topics.topic(lab.agent, "desired"))
    broker.kill()
    first.close()
    broker.start()
    pc = lab.connect(broker.port)
    pc.subscribe(topics.FLEET_STATE)
    pc.subscribe(topics.topic(lab.agent, "desired"))
    pc.wait_for(topics.FLEET_STATE, lambda body: b"online" in body, seconds=60)

    pc.publish(*lab.message(m.Reported(version=1, applied_desired=0, full={}), seq=1))

    assert pc.wait_for(topics.topic(lab.agent, "desired"))


def test_the_fleet_says_when_it_listens_no_more(
    children: Children, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    pc = room("Lab").connect(broker.port)
    pc.subscribe(topics.FLEET_STATE)

    polite = start_ingest(children, fleet.settings)
    pc.wait_for(topics.FLEET_STATE, lambda body: b"online" in body)
    assert polite.stop() == 0
    pc.wait_for(topics.FLEET_STATE, lambda body: b"offline" in body)
    pc.received.clear()
    killed = start_ingest(children, fleet.settings)
    pc.wait_for(topics.FLEET_STATE, lambda body: b"online" in body)
    killed.kill()

    assert pc.wait_for(topics.FLEET_STATE, lambda body: b"offline" in body)


@pytest.mark.fault
def test_killing_ingest_loses_and_doubles_nothing_acknowledged(
    children: Children,
    fleet: Fleet,
    broker: Broker,
    room: RoomOf,
    figure: Callable[[str, str], None],
) -> None:
    lab = room("Lab")
    pc = lab.connect(broker.port)
    pc.subscribe(topics.topic(lab.agent, "ack"))
    total, kills = 2400, 5
    messages = {n: lab.message(m.ClockStepped(by_seconds=n), seq=n) for n in range(1, total + 1)}

    for round_ in range(kills):
        child = start_ingest(children, fleet.settings)
        held = pc.acknowledged(lab)
        for n in [n for n in messages if n not in held]:
            pc.send(*messages[n])
        goal = (round_ + 1) * total // (kills + 1)
        pc._until(lambda goal=goal: len(pc.acknowledged(lab)) >= goal, 30)
        child.kill()
    acknowledged = pc.acknowledged(lab)
    in_database = [row[0] for row in stored(fleet, "SELECT body ->> 'by_seconds' FROM event")]
    lost = acknowledged - {int(float(str(n))) for n in in_database}
    start_ingest(children, fleet.settings)
    for message in messages.values():
        pc.send(*message)
    pc.wait_until_acknowledged(lab, set(messages), 60)

    everything = [row[0] for row in stored(fleet, "SELECT body ->> 'by_seconds' FROM event")]
    doubled = len(everything) - len(set(everything))
    figure("kills / acknowledged and lost / doubled", f"{kills} / {len(lost)} / {doubled}")
    assert lost == set()
    assert doubled == 0
    assert len(everything) == total


@pytest.mark.fault
def test_ingest_comes_back_after_the_broker_was_killed(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab = room("Lab")
    for seq in range(1, 4):
        pc = lab.connect(broker.port)
        pc.subscribe(topics.topic(lab.agent, "ack"))
        pc.subscribe(topics.FLEET_STATE)
        pc.wait_for(topics.FLEET_STATE, lambda body: b"online" in body, seconds=60)
        pc.publish(*lab.message(m.ClockStepped(by_seconds=seq), seq=seq))
        pc.wait_until_acknowledged(lab, {seq})
        broker.kill()
        pc.close()
        broker.start()

    assert stored(fleet, "SELECT count(*) FROM event") == [(3,)]


@pytest.mark.fault
def test_while_the_database_is_down_nothing_is_acknowledged(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab = room("Lab")
    pc = lab.connect(broker.port)
    pc.subscribe(topics.topic(lab.agent, "ack"))
    pc.subscribe(topics.FLEET_STATE)
    pc.publish(*lab.message(m.ClockStepped(by_seconds=1), seq=1))
    pc.wait_until_acknowledged(lab, {1})
    pc.received.clear()
    with fleet.database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE received_range RENAME TO away")

    pc.publish(*lab.message(m.ClockStepped(by_seconds=2), seq=2))
    pc.wait_for(topics.FLEET_STATE, lambda body: b"offline" in body, seconds=20)
    assert pc.acknowledged(lab) == set()
    with fleet.database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE away RENAME TO received_range")
    pc.wait_until_acknowledged(lab, {2}, 30)

    pc.wait_for(topics.FLEET_STATE, lambda body: b"online" in body)
    assert stored(fleet, "SELECT count(*) FROM event") == [(2,)]


def test_two_ingest_processes_share_the_work(
    children: Children, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab = room("Lab")
    shared = {**environment(fleet.settings), "LECTERN_MQTT_SHARED": "true"}
    start_ingest(children, fleet.settings, shared)
    start_ingest(children, fleet.settings, shared)
    pc = lab.connect(broker.port)
    pc.subscribe(topics.topic(lab.agent, "ack"))
    wanted = set(range(1, 301))

    for n in wanted:
        pc.send(*lab.message(m.ClockStepped(by_seconds=n), seq=n))
        pc.send(*lab.message(m.ClockStepped(by_seconds=n), seq=n))
    pc.wait_until_acknowledged(lab, wanted, 30)

    assert stored(fleet, "SELECT count(*) FROM event") == [(300,)]
