"""Another system subscribes, is told what happens in its part, and can prove who told it."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import jsonschema
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from contract import messages as m
from fleet.adapters.webhook import WebhookPost
from fleet.alerts.events import AlarmFired, AlarmOver
from fleet.classrooms import AgentRef
from fleet.classrooms import service as classrooms
from fleet.classrooms.events import PresenceChanged
from fleet.classrooms.models import Agent
from fleet.courses import service as courses
from fleet.db import Session, publish
from fleet.notices import delivery as sending
from fleet.notices import service as notices
from fleet.orders.events import OrderSettled
from fleet.orgs import service as orgs
from fleet.publishing.events import LessonPublished, PublishingFailed
from fleet.recordings.events import RecordingComplete
from fleet.webhooks import schemas
from tests.fleet.telling import handle, told
from tests.fleet.web.application import NOON, Application

TYPES = list(schemas.CHOOSABLE)


class Receiver:
    """A web server that keeps what is posted to it and answers with `status`."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?to=us"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.server.shutdown()
    one.server.server_close()


def deliver(application: Application) -> int:
    """What the role `worker` does."""
    post = WebhookPost(private=True)
    line = sending.Delivery(
        application.db, "webhook", post, days=3, now=lambda: datetime.now(UTC) + timedelta(days=1)
    )

    async def all_of_it() -> int:
        done = 0
        while count := await line.once():
            done += count
        return done

    return asyncio.run(all_of_it())


def happen(application: Application, unit: str) -> dict[str, str]:
    """Everything that is told, once, in a room of a unit."""
    with application.db.write() as session:
        room = classrooms.add_room(session, unit_id=unit, name="Hall 1")
        session.add(Agent(id=room.id, room_id=room.id, public_key="", serials={}, enrolled_at=NOON))
        course = courses.add_course(session, title="Soil", now=NOON)
        end = NOON + timedelta(hours=1)
        lesson = courses.add_lesson(session, course.id, room.id, "One", NOON, end, now=NOON).id
        path, agent = room.path, AgentRef(room.id, room.id)
        publish(session, LessonPublished(lesson, 1, 60.0, 3.0))
        publish(session, LessonPublished("of nobody", 1, 60.0, 3.0))
        publish(session, PublishingFailed(lesson, 2, "no space"))
        publish(session, OrderSettled("order", room.id, "ping", "done", "", NOON))
        publish(session, RecordingComplete("take", room.id, None))
        publish(session, AlarmFired("a", "dark", "critical", path, room.id, "", NOON))
        publish(session, AlarmOver("a", "dark", "critical", path, room.id, "", NOON))
        for now, before in (("lost", "ready"), ("ready", "lost"), ("ready", "init")):
            publish(session, PresenceChanged(room.id, room.id, now, before, NOON))
        missed = m.LessonMissed(lesson=lesson, why="the camera was gone")
        handle(session, agent, told(agent, missed, 1))
    return {"room": room.id, "lesson": lesson}


def add_unit(session: Session, name: str) -> str:
    top = orgs.root(session)
    return orgs.add(session, parent_id=top.id, kind="institution", name=name).id


@pytest.mark.story
def test_everything_that_is_subscribed_arrives_signed_and_as_described(
    application: Application, receiver: Receiver
) -> None:
    client = application.signed_in()
    with application.db.write() as session:
        mine, other = (add_unit(session, name) for name in ("Mine", "Other"))
    given = {"name": "LMS", "url": receiver.url, "types": TYPES, "unit_id": mine}
    made = client.post("/api/v1/webhooks", json=given)
    assert made.status_code == 201, made.text

    happen(application, other)
    facts = happen(application, mine)
    assert deliver(application) == len(TYPES)

    secret = made.json()["secret"]
    events = [Webhook(secret).verify(body, headers) for headers, body in receiver.got]
    assert {one["type"] for one in events} == {f"lectern.fleet.{name}" for name in TYPES}
    for event in events:
        name = event["type"].removeprefix(schemas.TYPE_PREFIX)
        jsonschema.validate(event, schemas.schema_of(name))
        assert event["source"] == application.public_url
        assert event["data"]["room"] == facts["room"]
    with pytest.raises(WebhookVerificationError):
        Webhook(schemas_secret()).verify(receiver.got[0][1], receiver.got[0][0])
    log = client.get(f"/api/v1/webhooks/{made.json()['id']}/deliveries").json()
    assert [one["state"] for one in log] == ["sent"] * len(TYPES)


def schemas_secret() -> str:
    from fleet.webhooks.service import new_secret  # noqa: PLC0415

    return new_secret()


def test_only_what_is_chosen_is_told_and_nothing_while_paused(
    application: Application, receiver: Receiver
) -> None:
    client = application.signed_in()
    given = {"name": "Pager", "url": receiver.url, "types": ["alarm.firing"]}
    made = client.post("/api/v1/webhooks", json=given).json()
    with application.db.write() as session:
        unit = add_unit(session, "Mine")
    happen(application, unit)
    assert deliver(application) == 1
    assert json.loads(receiver.got[0][1])["data"]["severity"] == "critical"

    paused = client.patch(f"/api/v1/webhooks/{made['id']}", json={"paused": True})
    assert paused.json()["paused"] is True
    with application.db.write() as session:
        unit = add_unit(session, "Another")
    happen(application, unit)
    assert deliver(application) == 0
    assert client.delete(f"/api/v1/webhooks/{made['id']}").status_code == 204
    assert client.get(f"/api/v1/webhooks/{made['id']}").status_code == 404


def test_a_rolled_back_event_is_never_told(application: Application, receiver: Receiver) -> None:
    client = application.signed_in()
    client.post(
        "/api/v1/webhooks", json={"name": "x", "url": receiver.url, "types": ["alarm.firing"]}
    )
    with pytest.raises(ZeroDivisionError):
        publish_and_fail(application)
    assert deliver(application) == 0


@pytest.mark.story
def test_a_person_adds_tests_looks_and_sends_again_without_javascript(
    application: Application, receiver: Receiver
) -> None:
    client = application.signed_in()
    form = {"csrf_token": client.headers["x-csrf-token"]}
    empty = client.post("/staff/webhooks", data={**form, "name": "LMS", "url": "ftp://x"})
    assert empty.status_code == 422
    assert 'value="LMS"' in empty.text
    made = client.post(
        "/staff/webhooks",
        data={**form, "name": "<b>LMS", "url": receiver.url, "types": ["room.dark", "room.back"]},
    )
    assert made.status_code == 201, made.text
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", made.text)
    assert found
    address = re.search(r'action="(/staff/webhooks/[^"/]+)"', made.text)
    assert address
    page = client.get(address[1])
    assert found[0] not in page.text
    assert "&lt;b&gt;LMS" in page.text

    receiver.status = 500
    assert client.post(f"{address[1]}/test", data=form).status_code == 303
    with application.db.write() as session:  # as after days of trying
        (waiting,) = notices.of_cause(session, f"webhook:{address[1].rpartition('/')[2]}")
        notices.failed(
            session, waiting.id, "the receiver answered 500", final=True,
            now=application.now, dice=0, days=3,
        )  # fmt: skip
    page = client.get(address[1])
    assert "the receiver answered 500" in page.text
    again = re.search(r'action="([^"]+/again)"', page.text)
    assert again
    receiver.status = 200
    assert client.post(again[1], data=form).status_code == 303
    assert deliver(application) == 1
    headers, body = receiver.got[-1]
    assert Webhook(found[0]).verify(body, headers)["type"] == "lectern.fleet.webhook.test"

    changed = client.post(f"{address[1]}/secret", data=form)
    assert re.search(r"whsec_[A-Za-z0-9+/=]+", changed.text)[0] != found[0]  # type: ignore[index]
    edited = {**form, "name": "New", "url": receiver.url, "types": ["room.dark"], "paused": "1"}
    assert client.post(address[1], data=edited).status_code == 303
    wrong = client.post(address[1], data={**edited, "url": "https://me:pw@example.org"})
    assert wrong.status_code == 422
    assert client.post(f"{address[1]}/remove", data=form).status_code == 303
    assert "New" not in client.get("/staff/webhooks").text


def test_who_looks_after_one_part_reaches_no_other(
    application: Application, receiver: Receiver
) -> None:
    with application.db.write() as session:
        mine = orgs.get(session, add_unit(session, "Mine"))
        other = orgs.get(session, add_unit(session, "Other"))
    whole = application.signed_in()
    given = {"name": "x", "url": receiver.url, "types": ["room.dark"]}
    hers = whole.post("/api/v1/webhooks", json={**given, "unit_id": other.id}).json()["id"]
    client = application.signed_in("institution-it", mine.path)

    ours = client.post("/api/v1/webhooks", json={**given, "unit_id": mine.id})
    assert ours.status_code == 201
    assert client.post("/api/v1/webhooks", json={**given, "unit_id": other.id}).status_code == 404
    assert client.post("/api/v1/webhooks", json=given).status_code in {403, 404}
    for path in ("", "/deliveries"):
        assert client.get(f"/api/v1/webhooks/{hers}{path}").status_code == 404
    assert client.post(f"/api/v1/webhooks/{hers}/secret").status_code == 404
    mixed = f"/api/v1/webhooks/{ours.json()['id']}/deliveries/nothing/again"
    assert client.post(mixed).status_code == 404
    assert [one["id"] for one in client.get("/api/v1/webhooks").json()] == [ours.json()["id"]]
    assert application.signed_in("viewer").get("/api/v1/webhooks").status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "ftp://example.org"),
        ("url", "https://me:secret@example.org/"),
        ("url", "https://[::1"),
        ("url", "https://a b"),
        ("url", "https:///nothing"),
        ("types", ["no.such"]),
        ("types", ["webhook.test"]),
        ("name", "  "),
    ],
)
def test_what_is_wrong_is_said(application: Application, field: str, value: object) -> None:
    client = application.signed_in()
    given = {"name": "x", "url": "https://example.org/", "types": ["room.dark"], field: value}

    answer = client.post("/api/v1/webhooks", json=given)

    assert answer.status_code == 422
    assert answer.json()["error"]["fields"][0]["field"] == field


def test_no_secret_is_in_the_audit_trail_or_the_list(application: Application) -> None:
    client = application.signed_in()
    given = {"name": "x", "url": "https://example.org/token", "types": ["room.dark"]}
    secret = client.post("/api/v1/webhooks", json=given).json()["secret"]

    assert secret not in client.get("/api/v1/webhooks").text
    with application.db.read() as session:
        from fleet.audit.models import AuditRow  # noqa: PLC0415

        rows = [row for row in session.query(AuditRow) if row.action == "webhook.added"]
    assert rows[0].detail == {"name": "x", "host": "example.org", "types": ["room.dark"]}


def publish_and_fail(application: Application) -> None:
    with application.db.write() as session:
        publish(session, AlarmFired("a", "dark", "critical", "", None, "", NOON))
        raise ZeroDivisionError
