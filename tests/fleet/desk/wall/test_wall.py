"""Looking into rooms: over a real broker, with a room that answers as the contract says."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec
import pytest
from starlette.testclient import TestClient

from contract import codec, topics
from contract import messages as m
from fleet.app import Fleet, create_api
from fleet.audit import repository as trail
from fleet.auth import service as auth
from fleet.classrooms import service as classrooms
from fleet.desk.wall.glimpses import LEASE
from fleet.orgs import service as orgs
from tests.fleet.rooms import Client, Room
from tests.servers.mosquitto import Broker

JPEG = bytes.fromhex("ffd8ffe0") + b"a small picture" + bytes.fromhex("ffd9")
PASSWORD = "seven green bicycles"
Tile = dict[str, object]


@pytest.fixture
def looking(fleet: Fleet, broker: Broker) -> Iterator[Fleet]:
    """A fleet whose connection for pictures is up."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(fleet.glimpses.run())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield fleet
    loop.call_soon_threadsafe(task.cancel)
    asyncio.run_coroutine_threadsafe(asyncio.wait([task]), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def signed_in(fleet: Fleet, path: str = "", role: str = "secretariat") -> TestClient:
    now = datetime.now(UTC)
    email = f"{role}-{time.monotonic_ns()}@example.org"
    with fleet.database.write() as session:
        user = auth.add_user(session, email, "Amina", role, path, now=now)  # type: ignore[arg-type]
        token = auth.issue_link(session, user, now=now)
    digest = auth.hash_password(PASSWORD)
    with fleet.database.write() as session:
        auth.set_password(session, token, digest, now)
        secret = auth.start_session(session, user, now)
    client = TestClient(create_api(fleet), base_url=fleet.settings.url, follow_redirects=False)
    client.cookies.set("lectern", secret)
    return client


def glimpse(room: Room, number: int) -> tuple[str, bytes]:
    """What the room sends: topic and body."""
    said = m.Glimpse(picture=JPEG, level=-20.0 - number, recording=True)
    body = codec.encode_up(said, source=room.agent, time=datetime.now(UTC))
    return topics.topic(room.agent, "glimpse"), body


def until(
    client: TestClient, room: str, fits: Callable[[dict[str, object]], bool]
) -> dict[str, object]:
    """Ask as the page does until a tile fits."""
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        answer = client.get("/api/v1/wall", params={"room": [room]})
        assert answer.status_code == 200, answer.text
        for tile in answer.json()["tiles"]:
            if fits(tile):
                return dict(tile)
        time.sleep(0.05)
    raise AssertionError("no such tile within 10 s")


def test_a_room_is_told_and_its_picture_is_shown(
    looking: Fleet, room: Callable[[str], Room]
) -> None:
    hall = room("Hall")
    pc = hall.connect(looking.settings.mqtt_port)
    pc.subscribe(topics.topic(hall.agent, "look"))
    viewer = signed_in(looking)
    nothing = viewer.get(f"/staff/wall/{hall.id}/picture")
    assert (nothing.status_code, "no-picture" in nothing.headers["location"]) == (303, True)

    told = msgspec.json.decode(pc.wait_for(topics.topic(hall.agent, "look")), type=m.Look)
    assert told.every == 2.0
    assert told.size * 8 / told.every <= 20_000
    pc.publish(*glimpse(hall, 1))
    tile = until(viewer, hall.id, lambda one: one["level"] == -21.0)
    assert str(tile["picture"]).startswith("data:image/jpeg;base64,")
    assert tile["recording"] is True
    still = viewer.get(f"/staff/wall/{hall.id}/picture")
    assert still.content == JPEG
    assert still.headers["cache-control"] == "no-store"
    newer = {"room": [hall.id], "since": tile["number"]}
    assert viewer.get("/api/v1/wall", params=newer).json()["tiles"] == []
    with looking.database.read() as session:
        looked = [row for row in trail.rows(session) if row.action == "room.looked"]
    assert [row.target for row in looked] == [hall.id]
    pc.close()


def test_nobody_looks_any_more(looking: Fleet, room: Callable[[str], Room]) -> None:
    hall = room("Hall")
    pc = hall.connect(looking.settings.mqtt_port)
    pc.subscribe(topics.topic(hall.agent, "look"))
    signed_in(looking).get("/api/v1/wall", params={"room": [hall.id]})
    pc.wait_for(topics.topic(hall.agent, "look"))
    time.sleep(LEASE + 1.5)
    before = len(pc.received)
    time.sleep(5)
    assert len(pc.received) == before, "the room is still told that somebody looks"
    assert hall.agent not in looking.glimpses.watched
    pc.publish(*glimpse(hall, 2))
    assert looking.glimpses.seen(hall.agent) is None
    pc.close()


def test_a_room_cannot_show_another(looking: Fleet, room: Callable[[str], Room]) -> None:
    hall, other = room("Hall"), room("Other")
    pc: Client = other.connect(looking.settings.mqtt_port)
    viewer = signed_in(looking)
    viewer.get("/api/v1/wall", params={"room": [hall.id, other.id]})
    _topic, forged = glimpse(hall, 3)
    pc.publish(topics.topic(other.agent, "glimpse"), forged)
    pc.publish(topics.topic(other.agent, "glimpse"), b"{}")
    pc.publish(*glimpse(other, 4))
    until(viewer, other.id, lambda one: one["level"] == -24.0)
    assert looking.glimpses.seen(hall.agent) is None
    pc.close()


def test_only_those_who_may_look_see(looking: Fleet, room: Callable[[str], Room]) -> None:
    hall = room("Hall")
    with looking.database.write() as session:
        top = orgs.root(session)
        elsewhere = orgs.add(session, parent_id=top.id, kind="institution", name="Elsewhere").path
        path = classrooms.room(session, hall.id).path
        classrooms.agent_is(session, hall.id, "ready")
    stranger = signed_in(looking, elsewhere, "institution-it")
    assert stranger.get("/api/v1/wall", params={"room": [hall.id]}).json()["tiles"] == []
    assert stranger.get(f"/staff/wall/{hall.id}/picture").status_code == 404
    assert "Hall" not in stranger.get("/staff/wall").text
    assert hall.agent not in looking.glimpses.watched
    assert signed_in(looking, path, "viewer").get("/staff/wall").status_code == 403
    own = signed_in(looking, path, "institution-it")
    assert "Hall" in own.get("/staff/wall").text
