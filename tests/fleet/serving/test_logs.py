"""Log lines: what each is about, and that nobody forges one or finds a secret in it."""

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from contract import messages as m
from contract import topics
from fleet import traces
from fleet.auth import service as auth
from fleet.classrooms import AgentRef
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Agent
from fleet.db import Database, Session
from fleet.inbox import service as inbox
from fleet.inbox.service import Incoming
from fleet.orgs import service as orgs
from fleet.serving import logs
from fleet.serving.front import Front
from fleet.settings import FleetSettings
from tests.fleet.ingesting import environment, start
from tests.fleet.rooms import Room
from tests.fleet.telling import NOON
from tests.fleet.web.application import Application, csrf_token
from tests.servers.child import Children

NASTY = "x\r\n2026-11-23 INFO forged\x1b[2J\x85\u2028y"
FORMATS = ("text", "json")


@contextlib.contextmanager
def logging_as(log_format: str) -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.configure("INFO", log_format)
    try:
        yield
    finally:
        root.handlers[:], root.level = before


def answered(headers: dict[str, str], path: str = "/") -> httpx.Response:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("no", 503)(scope, receive, send)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(Front(broken, broken))
        async with httpx.AsyncClient(transport=transport, base_url="http://fleet") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


@pytest.mark.parametrize("log_format", FORMATS)
def test_neither_words_nor_exceptions_forge_a_line(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_as(log_format):
        log = logging.getLogger("room")
        log.warning("the room %s says", NASTY)
        with traces.handling(traces.MessageIds(NASTY, NASTY, 1, NASTY)), traces.working(NASTY):
            log.info("fine")
        try:
            int(NASTY)
        except ValueError:
            log.exception("it failed: %s", NASTY)
    lines = capsys.readouterr().err.splitlines()

    assert not [line for line in lines if "\x1b" in line or line.startswith("2026-11-23 INFO")]
    if log_format == "json":
        assert [json.loads(line)["level"] for line in lines] == ["WARNING", "INFO", "ERROR"]
    else:
        whole = re.compile(r"\d{4}-\d\d-\d\dT\S+ (WARNING|INFO   |ERROR  ) room \[")
        assert [bool(whole.match(line) or line.startswith("  | ")) for line in lines] == [
            True
        ] * len(lines)
        assert sum(bool(whole.match(line)) for line in lines) == 3


@given(st.text(max_size=50))
def test_any_text_is_one_line(text: str) -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s", (text,), None)
    for formatter in (logs._formatter("json"), logs._formatter("text")):
        logs._About().filter(record)
        made = formatter.format(record)
        assert len(made.splitlines()) == 1
        assert made.isprintable()


@pytest.mark.parametrize(
    ("given_id", "kept"),
    [("proxy-1.a_B", True), ("a" * 64, True), ("a" * 65, False), ("a b", False), ("../x", False)],
)
def test_an_id_that_a_proxy_gave_is_kept_if_it_is_harmless(
    given_id: str, kept: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_as("json"):
        answer = answered({"x-request-id": given_id})
    line = json.loads(capsys.readouterr().err)

    assert (answer.headers["x-request-id"] == given_id) is kept
    assert line["request"] == answer.headers["x-request-id"]
    assert line["message"].startswith("GET / status=503")


def test_an_error_page_shows_the_number_of_its_request(application: Application) -> None:
    token = traces.request_id.set("shown-1")
    try:
        page = application.client().get("/no/such/page")
    finally:
        traces.request_id.reset(token)
    assert "shown-1" in page.text


def test_what_is_logged_of_a_message_has_its_ids(
    migrated: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with migrated.write() as session:
        room = classrooms.add_room(session, unit_id=orgs.root(session).id, name="Hall")
        session.add(Agent(id="pc", room_id=room.id, public_key="", serials={}, enrolled_at=NOON))
    body = json.dumps(
        {
            "specversion": "1.0", "id": "m-7", "source": "pc", "type": "lectern.clock.stepped",
            "time": "2026-03-02T12:00:00Z", "epoch": "e", "seq": 7,
            "data": {"by_seconds": 3},
        }
    ).encode()  # fmt: skip

    def speaks(_session: Session, _agent: AgentRef, _received: object) -> None:
        logging.getLogger("handler").info("heard")

    with logging_as("json"):
        message = Incoming(topics.topic("pc", "event"), body)
        inbox.receive(migrated, {m.ClockStepped: (speaks,)}, [message], careful=True)
        logging.getLogger("handler").info("after")
    heard, after = (json.loads(line) for line in capsys.readouterr().err.splitlines())

    ids = {"agent": "pc", "epoch": "e", "seq": 7, "id": "m-7"}
    assert {key: heard[key] for key in ids} == ids
    assert not ids.keys() & after.keys()


@pytest.mark.story
@pytest.mark.parametrize("log_format", FORMATS)
def test_no_secret_is_in_anything_the_process_writes(
    log_format: str,
    children: Children,
    settings: FleetSettings,
    room: Callable[[str], Room],
    fleet: object,
    tmp_path: Path,
) -> None:
    token = tmp_path / "token"
    token.write_text("canary-of-the-metrics")
    env = {
        **environment(settings),
        "LECTERN_LOG_LEVEL": "DEBUG",
        "LECTERN_LOG_FORMAT": log_format,
        "LECTERN_METRICS_TOKEN_FILE": str(token),
    }
    secrets = ["canary-of-the-metrics", "canary-password-1", "zebra quilt canary 71 mosaic"]
    database = Database(settings.database)
    now = datetime.now(UTC)
    with database.write() as session:
        first = auth.issue_link(
            session, auth.add_user(session, "a@example.org", "A", "secretariat", now=now), now=now
        )
        link = auth.issue_link(
            session, auth.add_user(session, "b@example.org", "B", "viewer", now=now), now=now
        )
    with database.write() as session:
        auth.set_password(session, first, auth.hash_password(secrets[2]), now)
    database.close()
    bearer = room("Lab").token()
    serving = start(children, settings, "api", "listening on", env)
    with httpx.Client(base_url=settings.url, timeout=30) as http:
        http.post("/sign-in", data={"email": "a@example.org", "password": "canary-password-1"})
        chosen = {
            "token": link,
            "password": "zebra quilt canary 71 mosaic",
            "again": "zebra quilt canary 71 mosaic",
        }
        assert http.post("/welcome", data=chosen).status_code == 303
        secrets += http.cookies.values()
        http.cookies.clear()
        answer = http.post("/sign-in", data={"email": "a@example.org", "password": secrets[2]})
        assert answer.status_code == 303, answer.text
        csrf = csrf_token(http.get("/staff").text)
        http.headers["x-csrf-token"] = csrf
        hook = {"name": "x", "url": "https://example.org/", "types": ["room.dark"]}
        made = http.post("/api/v1/webhooks", json=hook).json()
        http.get("/metrics", headers={"authorization": f"Bearer {secrets[0]}", "via": "x"})
        http.post("/uploads", headers={"authorization": f"Bearer {bearer}"})
        http.post("/api/v1/courses", content=b'{"title": "canary', headers={"x": "y"})
        secrets += [link, csrf, made["secret"], bearer, *http.cookies.values()]
    assert serving.stop(30) == 0
    written = serving.output()

    assert "POST /sign-in" in written, "it does log at DEBUG"
    assert [one for one in secrets if len(one) > 8 and one in written] == []
    if log_format == "json":
        lines = [line for line in written.splitlines() if line.startswith("{")]
        assert len(lines) > 5
        assert all(json.loads(line)["level"] for line in lines)
