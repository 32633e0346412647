"""Fifty rooms, some dark, some unwilling, and a sender that is killed in between."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract import messages as m
from fleet.app import Fleet
from fleet.orders import service as orders
from tests.fleet.ingesting import start_ingest
from tests.fleet.orders.test_sending import EVERYWHERE, Obeying, give, states
from tests.fleet.rooms import Room
from tests.servers.child import Children
from tests.servers.mosquitto import Broker

ROOMS, DARK, FAILING = 50, 5, 5


def answer_by_itself(room: Obeying, phase: str) -> list[str]:
    """Let it reply to each order as it comes; returns the orders it got."""
    got: list[str] = []

    def obey(_c: object, _u: object, message: Any) -> None:
        told = json.loads(message.payload)
        if told["id"] in got:
            return  # a room knows orders by their ids
        got.append(told["id"])
        reply = m.Reply(order=told["id"], phase=phase)  # type: ignore[arg-type]
        room.seq += 1
        room.pc.send(*room.room.message(reply, seq=room.seq))

    room.pc._client.on_message = obey
    return got


@pytest.mark.timeout(240)
def test_partial_results_a_deadline_and_another_try(
    children: Children,
    fleet: Fleet,
    broker: Broker,
    room: Callable[[str], Room],
) -> None:
    rooms = [room(f"Lab {number:02}") for number in range(ROOMS)]
    heard = {}
    for number, one in enumerate(rooms[DARK:], start=DARK):
        obeying = Obeying(one, broker.port)
        phase = "failed" if number < DARK + FAILING else "done"
        heard[one.id] = (obeying, answer_by_itself(obeying, phase))
    ingest = start_ingest(children, fleet.settings)
    order = give(fleet, rooms, "power_on", seconds=3600)
    ingest.kill()
    start_ingest(children, fleet.settings)

    wanted = Counter(done=ROOMS - DARK - FAILING, failed=FAILING, sent=DARK)
    _until(fleet, order, wanted)
    assert all(len(got) == 1 for _room, got in heard.values())

    with fleet.database.write() as session:
        orders.sweep(session, datetime.now(UTC) + timedelta(hours=2))
    wanted["unanswered"] = wanted.pop("sent")
    assert Counter(states(fleet, order).values()) == wanted

    for one in rooms[DARK : DARK + FAILING]:
        obeying, _got = heard[one.id]
        heard[one.id] = (obeying, answer_by_itself(obeying, "done"))
    with fleet.database.write() as session:
        again = orders.again(session, order, EVERYWHERE, by="u", now=datetime.now(UTC)).id
    _until(fleet, again, Counter(done=FAILING, sent=DARK))


def _until(fleet: Fleet, order: str, wanted: Counter[str], seconds: float = 60) -> None:
    import time  # noqa: PLC0415

    end = time.monotonic() + seconds
    while (found := Counter(states(fleet, order).values())) != wanted:
        assert time.monotonic() < end, found
        time.sleep(0.1)
