"""Orders go from the database to rooms over a real broker, and what rooms answer comes back."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract import codec, topics
from contract import messages as m
from fleet.app import Fleet
from fleet.orders import service as orders
from fleet.orders.models import OrderTarget
from fleet.orders.service import Asked
from tests.fleet.ingesting import start_ingest
from tests.fleet.rooms import Client, Room
from tests.servers.child import Child, Children
from tests.servers.mosquitto import Broker

RoomOf = Callable[[str], Room]
EVERYWHERE = ("",)


@pytest.fixture
def ingest(children: Children, fleet: Fleet, broker: Broker) -> Child:
    return start_ingest(children, fleet.settings)


class Obeying:
    """A room that answers each order; `answer` says how."""

    def __init__(self, room: Room, port: int) -> None:
        self.room = room
        self.pc: Client = room.connect(port)
        self.pc.subscribe(topics.topic(room.agent, "order"))
        self.seq = 0

    def order(self, fits: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        topic = topics.topic(self.room.agent, "order")
        found: dict[str, Any] = json.loads(
            self.pc.wait_for(topic, lambda body: fits(json.loads(body)))
        )
        return found

    def say(self, order: str, phase: str, **more: Any) -> None:
        self.seq += 1
        reply = m.Reply(order=order, phase=phase, **more)  # type: ignore[arg-type]
        self.pc.publish(*self.room.message(reply, seq=self.seq))


def give(
    fleet: Fleet, rooms: list[Room], kind: str = "ping", seconds: int = 60, **args: Any
) -> str:
    with fleet.database.write() as session:
        asked = Asked(kind, args, seconds)
        ids = [room.id for room in rooms]
        return orders.give(session, asked, ids, by="u", now=datetime.now(UTC)).id


def states(fleet: Fleet, order: str) -> dict[str, str]:
    with fleet.database.read() as session:
        rows, _next = orders.targets(session, order, EVERYWHERE)
        return {room.name: target.state for target, room in rows}


def until(fleet: Fleet, order: str, wanted: dict[str, str], seconds: float = 15) -> None:
    import time  # noqa: PLC0415

    end = time.monotonic() + seconds
    while (found := states(fleet, order)) != wanted:
        assert time.monotonic() < end, found
        time.sleep(0.05)


def test_an_order_is_obeyed_and_answered(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab = Obeying(room("Lab"), broker.port)
    order = give(fleet, [lab.room], "volume", level=40)

    told = lab.order()
    lab.say(told["id"], "accepted")
    until(fleet, order, {"Lab": "accepted"})
    lab.say(told["id"], "failed", why="no answer", result={"devices": {}})
    until(fleet, order, {"Lab": "failed"})

    assert told["name"] == "device"
    assert told["args"] == {"role": "panel", "command": "volume", "arguments": {"level": 40}}
    with fleet.database.read() as session:
        target = session.get_one(OrderTarget, told["id"])
    assert (target.why, target.result) == ("no answer", {"devices": {}})


def test_a_room_cannot_answer_for_another(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    mine, other = (Obeying(room(name), broker.port) for name in ("Mine", "Other"))
    order = give(fleet, [mine.room])
    told = mine.order()

    other.say(told["id"], "done")
    other.pc.subscribe(topics.topic(other.room.agent, "ack"))
    other.say(told["id"], "done")
    other.pc.wait_until_acknowledged(other.room, {2})

    until(fleet, order, {"Mine": "sent"})


def test_what_was_claimed_and_not_sent_is_sent_by_the_next_process(
    children: Children, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab = Obeying(room("Lab"), broker.port)
    order = give(fleet, [lab.room])
    with fleet.database.write() as session:
        (target, _room), *_ = orders.targets(session, order, EVERYWHERE)[0]
        target.claimed_until = datetime.now(UTC) + timedelta(seconds=2)

    start_ingest(children, fleet.settings)
    lab.say(lab.order()["id"], "done")

    until(fleet, order, {"Lab": "done"})


def test_killed_in_between_it_sends_what_is_left(
    children: Children, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    labs = [Obeying(room(f"Lab {n}"), broker.port) for n in range(4)]
    first = start_ingest(children, fleet.settings)
    one = give(fleet, [lab.room for lab in labs])
    told = [lab.order()["id"] for lab in labs]
    labs[0].say(told[0], "done")
    until(fleet, one, {"Lab 0": "done", "Lab 1": "sent", "Lab 2": "sent", "Lab 3": "sent"})
    first.kill()
    two = give(fleet, [lab.room for lab in labs])
    start_ingest(children, fleet.settings)

    for number, lab in enumerate(labs[1:], start=1):
        lab.say(told[number], "done" if number > 1 else "failed")
    for lab in labs:
        lab.say(lab.order(lambda o: o["id"] not in told)["id"], "done")

    until(fleet, two, {f"Lab {n}": "done" for n in range(4)})
    until(fleet, one, {"Lab 0": "done", "Lab 1": "failed", "Lab 2": "done", "Lab 3": "done"})


def test_a_room_that_comes_back_is_asked_again(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    dark = room("Dark")
    order = give(fleet, [dark])
    until(fleet, order, {"Dark": "sent"})

    lab = Obeying(dark, broker.port)
    presence = m.Presence(
        state="ready",
        session=1,
        boot="b",
        since=datetime.now(UTC),
        agent_version="1",
        contract="1",
    )
    lab.pc.publish(*dark.message(presence, seq=0))

    lab.say(lab.order()["id"], "done")
    until(fleet, order, {"Dark": "done"})


def test_the_broker_is_told_deadline_answer_topic_and_correlation(
    ingest: Child, fleet: Fleet, broker: Broker, room: RoomOf
) -> None:
    lab = room("Lab")
    heard: list[Any] = []
    pc = lab.connect(broker.port)
    pc._client.on_message = lambda _c, _u, message: heard.append(message)
    pc.subscribe(topics.topic(lab.agent, "order"))

    order = give(fleet, [lab], seconds=60)
    until(fleet, order, {"Lab": "sent"})

    (message,) = heard
    told = codec.decode_down(m.Order, message.payload)
    assert message.properties.ResponseTopic == topics.topic(lab.agent, "reply")
    assert message.properties.CorrelationData == told.id.encode()
    assert 50 <= message.properties.MessageExpiryInterval <= 60
