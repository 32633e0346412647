"""`fleet serve` as a program, and its parts put together."""

import asyncio
import json
import ssl
import stat
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from contract import topics
from fleet import app
from fleet.app import Fleet, create_api
from fleet.errors import Refused
from fleet.settings import FleetSettings
from tests.fleet.ingesting import environment, start
from tests.fleet.rooms import NOT_AUTHORISED, Client, Room
from tests.servers.child import Children
from tests.servers.mosquitto import Broker


def test_everything_starts_over_tls_and_stops_when_told(
    children: Children,
    settings: FleetSettings,
    fleet: Fleet,
    broker: Broker,
    room: Callable[[str], Room],
) -> None:
    public = settings.model_copy(update={"listen_host": "0.0.0.0", "tls": "own"})  # noqa: S104
    env = {**environment(settings), "LECTERN_LISTEN_HOST": "0.0.0.0", "LECTERN_TLS": "own"}  # noqa: S104
    serving = start(children, public, "serve", "listening on https://", env)
    serving.wait_for("connected to the broker", 60)
    base = f"https://localhost:{settings.listen_port}"
    trust = ssl.create_default_context(cafile=str(fleet.authority.authorities_file))
    lab = room("Lab")

    with httpx.Client(base_url=base, verify=trust, timeout=30) as http:
        assert http.get("/health/live").json() == {"state": "live"}
        parts = ("database", "schema", "disk", "broker")
        ready = {"ready": True, "parts": dict.fromkeys(parts, "ok")}
        assert http.get("/health/ready").json() == ready
        assert "/api/v1/enrol" in http.get("/openapi.json").json()["paths"]
        assert http.options("/uploads").headers["tus-version"] == "1.0.0"
        assert http.post("/uploads", headers={"tus-resumable": "1.0.0"}).status_code == 401
        begun = http.post(
            "/uploads",
            headers={
                "tus-resumable": "1.0.0",
                "upload-length": "3",
                "authorization": f"Bearer {lab.token()}",
            },
        )
        assert begun.status_code == 422
        assert len(http.get("/health/live").headers["x-request-id"]) == 12
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://localhost:{settings.listen_port}/health/live", timeout=5)
    link = serving.wait_for(r"https://\S+/welcome#\S+")
    assert link
    assert serving.stop(30) == 0
    assert "Traceback" not in serving.output()


def test_its_roles_run_apart(children: Children, settings: FleetSettings, broker: Broker) -> None:
    said = {"api": "listening on", "ingest": "connected to the broker", "worker": "working on"}
    roles = {role: start(children, settings, role, word) for role, word in said.items()}
    health = f"{settings.url}/health/ready"

    parts = dict.fromkeys(("database", "schema", "disk"), "ok")
    assert httpx.get(health, timeout=30).json() == {"ready": True, "parts": parts}
    for role, word in said.items():
        output = roles[role].output()
        assert word in output
        assert not [other for part, other in said.items() if part != role and other in output]
        assert roles[role].stop(30) == 0
        assert "Traceback" not in roles[role].output()


def test_it_refuses_to_serve_others_in_the_clear(
    children: Children, settings: FleetSettings
) -> None:
    child = children.start(
        [*_fleet(), "serve"],
        env={**environment(settings), "LECTERN_LISTEN_HOST": "0.0.0.0"},  # noqa: S104
    )

    assert child.wait(60) == 1
    assert "set tls to own" in child.output()
    assert "Traceback" not in child.output()


def test_an_address_that_is_taken_is_told(
    children: Children, settings: FleetSettings, broker: Broker
) -> None:
    env = {**environment(settings), "LECTERN_LISTEN_PORT": str(broker.port)}

    child = children.start([*_fleet(), "serve"], env=env)

    assert child.wait(60) == 1
    assert f"cannot listen on 127.0.0.1:{broker.port}" in child.output()
    assert "LECTERN_LISTEN_PORT" in child.output()
    assert "Traceback" not in child.output()


def test_it_can_be_embedded(settings: FleetSettings) -> None:
    async def embed() -> object:
        ready = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            running = group.create_task(app.run(settings, ready=ready))
            async with asyncio.timeout(60):
                await ready.wait()
            found = await asyncio.to_thread(_json, f"{settings.url}/health/ready")
            running.cancel()
        return found

    # There is no broker: the pages work all the same, and say so.
    parts = dict.fromkeys(("database", "schema", "disk"), "ok") | {"broker": "not connected"}
    assert asyncio.run(embed()) == (503, {"ready": False, "parts": parts})


def test_its_data_is_for_its_owner_only(fleet: Fleet) -> None:
    data = fleet.settings.data_dir

    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_an_authority_that_cannot_be_read_stops_the_start(fleet: Fleet) -> None:
    (fleet.settings.authority_dir / "authority.pem").write_text("broken")

    with pytest.raises(Refused, match="put the backup back"):
        app.build(fleet.settings)


def test_every_route_is_described(fleet: Fleet) -> None:
    described = create_api(fleet).openapi()

    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), f"{method} {path} has no docstring"


def test_errors_are_json_for_programs(fleet: Fleet) -> None:
    with TestClient(create_api(fleet), base_url="http://127.0.0.1") as http:
        answer = http.post("/api/v1/enrol", json={"claim": "x"})

    assert answer.status_code == 422
    assert "csr" in json.dumps(answer.json())


def test_the_fleet_s_own_certificate_reaches_no_further_than_our_topics(
    fleet: Fleet, broker: Broker, tmp_path: Path
) -> None:
    pair = fleet.authority.client_pair()
    (tmp_path / "certificate.pem").write_bytes(pair.certificate.read_bytes())
    (tmp_path / "key.pem").write_bytes(pair.key.read_bytes())
    (tmp_path / "authorities.pem").write_text(fleet.authority.authorities)
    client = Client(broker.port, "fleet-test", tmp_path)

    assert client.publish(topics.FLEET_STATE, b"{}") != NOT_AUTHORISED
    assert client.publish("elsewhere", b"{}") == NOT_AUTHORISED
    client.close()


def _fleet() -> list[str]:
    return [sys.executable, "-m", "fleet"]


def _json(url: str) -> tuple[int, object]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - loopback
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
