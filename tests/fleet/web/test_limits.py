"""A program gone wild is told to wait; nobody else notices. And whose address it is."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from limits.storage import MemoryStorage
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from fleet import app as composition
from fleet.db import Bus, Database
from fleet.serving.server import WebServer
from fleet.settings import BadSettings, FleetSettings, load
from fleet.web.limits import _Counters
from tests.fleet.databases import Databases
from tests.fleet.web.application import Application
from tests.servers.ports import free_port


@pytest.fixture
def limited(tmp_path: Path, databases: Databases) -> Iterator[Application]:
    settings = FleetSettings(
        data_dir=tmp_path,
        database_url=databases.make(tmp_path / "fleet.sqlite"),
        public_url="https://lectern.test",
        tls="own",
        requests_per_minute=20,
    )
    db = Database(settings.database, Bus())
    made = Application(db, FastAPI(), settings.url)
    made.app = composition.create_api(composition.assemble(settings, db), now=lambda: made.now)
    yield made
    db.close()


def test_a_session_that_asks_too_often_waits_and_others_do_not(limited: Application) -> None:
    wild, calm = limited.signed_in(), limited.signed_in("viewer")
    answers = [wild.get("/api/v1/session") for _ in range(25)]
    assert answers[0].status_code == 200
    last = answers[-1]
    assert last.status_code == 429
    assert int(last.headers["retry-after"]) > 0
    assert last.json()["error"]["message"]
    assert last.headers["content-security-policy"]
    assert "Too many requests" in wild.get("/account").text
    assert calm.get("/api/v1/session").status_code == 200
    assert wild.get("/health/live").status_code == 200
    assert wild.get("/static/lectern.css").status_code != 429


def test_one_subscriber_is_one_stranger_whatever_address_they_take(limited: Application) -> None:
    answers = [
        TestClient(limited.app, limited.public_url, client=(f"2001:db8::{number:x}", 1)).get(
            "/sign-in"
        )
        for number in range(25)
    ]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    other = TestClient(limited.app, limited.public_url, client=("::ffff:192.0.2.1", 1))
    assert other.get("/sign-in").status_code == 200


def test_counters_are_swept_once_a_second_however_many_requests_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    swept: list[MemoryStorage] = []

    def sweep(self: MemoryStorage) -> None:
        swept.append(self)

    # It is the library's own: under another name, this fails.
    monkeypatch.setattr(MemoryStorage, "_MemoryStorage__schedule_expiry", sweep)
    counters = _Counters()
    monkeypatch.setattr("fleet.web.limits.time.monotonic", lambda: 100.0)
    for _ in range(50):
        counters.incr("somebody", 60)
    assert len(swept) == 1
    monkeypatch.setattr("fleet.web.limits.time.monotonic", lambda: 101.0)
    counters.incr("somebody", 60)
    assert len(swept) == 2


def test_cookies_that_are_made_up_do_not_help(limited: Application) -> None:
    statuses = set()
    for number in range(220):
        client = limited.client()
        client.cookies.set("__Host-lectern", f"made up {number}", domain="lectern.test")
        statuses.add(client.get("/api/v1/session").status_code)
    assert statuses == {401, 429}


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = json.dumps(scope["client"][0]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize(
    ("trusted", "seen"),
    [((), "127.0.0.1"), (("127.0.0.0/8",), "203.0.113.9"), (("10.0.0.1",), "127.0.0.1")],
)
def test_an_address_is_believed_of_known_proxies_only(trusted: tuple[str, ...], seen: str) -> None:
    settings = FleetSettings(listen_port=free_port(), trusted_proxies=trusted)

    async def ask() -> str:
        server = WebServer(settings, _echo, None)
        started = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(server.serve(started.set))
            await started.wait()
            async with httpx.AsyncClient() as client:
                answer = await client.get(settings.url, headers={"x-forwarded-for": "203.0.113.9"})
            serving.cancel()
        return str(answer.json())

    assert asyncio.run(ask()) == seen


def test_proxies_have_to_be_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LECTERN_TRUSTED_PROXIES", '["proxy.example.org"]')
    with pytest.raises(BadSettings, match="LECTERN_TRUSTED_PROXIES"):
        load()
