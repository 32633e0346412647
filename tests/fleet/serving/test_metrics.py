"""What Prometheus is told, whom it is told to, and that the dashboard asks for what there is."""

import json
import re
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from fleet.app import Fleet, create_api, create_application, create_intake
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Room
from fleet.inbox.service import Incoming, refuse
from fleet.orgs import service as orgs
from fleet.settings import FleetSettings
from tests.shape.tree import ROOT

DASHBOARD = ROOT / "docs" / "grafana" / "lectern.json"


def client(fleet: Fleet, host: str = "127.0.0.1") -> TestClient:
    whole = create_application(fleet, create_intake(fleet))
    return TestClient(whole, base_url=fleet.settings.url, client=(host, 5000))


def told(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def one(text: str, name: str, **labels: str) -> float:
    return told(text)[name, frozenset(labels.items())]


def test_it_counts_what_is_there(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        unit = orgs.root(session).id
        for number in range(3):
            classrooms.add_room(session, unit_id=unit, name=f"Room {number}")
        session.query(Room).first().standing = "dark"  # type: ignore[union-attr]
    fleet.health.broker(True)
    fleet.counters.took_in({"stored": 5, "duplicate": 2}, 7)
    asking = client(fleet)
    for _ in range(2):
        asking.get("/courses/nothing")
    asking.get("/static/lectern.css")
    asking.get("/no/such/page")
    asking.head("/uploads/absent")

    text = asking.get("/metrics").text

    assert one(text, "lectern_rooms", standing="dark") == 1
    assert one(text, "lectern_rooms", standing="none") == 2
    assert one(text, "lectern_rooms", standing="working") == 0
    assert one(text, "lectern_messages_total", outcome="stored") == 5
    assert one(text, "lectern_messages_total", outcome="dead_letter") == 0
    assert one(text, "lectern_ingest_waiting") == 7
    assert one(text, "lectern_broker_up") == 1
    assert one(text, "lectern_database_up") == 1
    assert one(text, "lectern_alarms_firing", severity="critical") == 0
    assert one(text, "lectern_notices", channel="webhook", state="waiting") == 0
    assert one(text, "lectern_disk_free_bytes") > 0
    asked = {
        dict(labels)["route"]: value
        for (name, labels), value in told(text).items()
        if name == "lectern_http_request_seconds_count"
    }
    assert asked["/courses/{slug}"] == 2
    assert asked["/static"] == 1
    assert asked["/uploads"] == 1
    assert asked["unmatched"] == 1
    assert "/no/such/page" not in text


def test_a_database_that_is_gone_is_told_and_the_rest_is_still_there(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fleet.db import OperationalError  # noqa: PLC0415
    from fleet.serving import repository  # noqa: PLC0415

    def gone(_session: object) -> dict[str, int]:
        raise OperationalError("SELECT", {}, Exception("canary"))

    monkeypatch.setattr(repository, "rooms_by_standing", gone)
    text = client(fleet).get("/metrics").text

    assert one(text, "lectern_database_up") == 0
    assert "lectern_rooms{" not in text
    assert "lectern_build_info" in text
    assert "canary" not in text


def test_only_this_machine_or_who_has_the_token_is_told(fleet: Fleet, tmp_path: Path) -> None:
    assert client(fleet).get("/metrics").status_code == 200
    assert client(fleet, "::1").get("/metrics").status_code == 200
    for header in ("x-forwarded-for", "forwarded", "via"):
        assert client(fleet).get("/metrics", headers={header: "x"}).status_code == 401
    far = client(fleet, "192.0.2.1")
    assert far.get("/metrics").status_code == 401
    assert far.get("/metrics", headers={"authorization": "Bearer "}).status_code == 401

    file = tmp_path / "token"
    file.write_text("a long token\n")
    settings = fleet.settings.model_copy(update={"metrics_token_file": file})
    app = create_api(fleet)
    app.state.settings = settings
    guarded = TestClient(app, base_url=settings.url, client=("192.0.2.1", 5000))
    for given, status in (
        ("Bearer a long token", 200),
        ("bearer a long token", 200),
        ("Bearer a long tokem", 401),
        ("Bearer ", 401),
        ("Basic a long token", 401),
    ):
        answer = guarded.get("/metrics", headers={"authorization": given})
        assert answer.status_code == status, given
    file.write_text("")
    assert guarded.get("/metrics", headers={"authorization": "Bearer "}).status_code == 401
    file.unlink()
    assert guarded.get("/metrics", headers={"authorization": "Bearer x"}).status_code == 401


def test_two_fleets_of_a_process_do_not_count_together(
    fleet: Fleet, settings: FleetSettings
) -> None:
    from fleet.app import assemble  # noqa: PLC0415

    other = assemble(settings, fleet.database)
    other.counters.took_in({"stored": 5}, 0)

    assert one(client(fleet).get("/metrics").text, "lectern_messages_total", outcome="stored") == 0


def test_every_metric_of_the_dashboard_exists(fleet: Fleet) -> None:
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel.get("targets", ())
        for name in re.findall(r"\blectern_\w+", target["expr"])
    }
    refuse(fleet.database, Incoming("lectern/v1/nobody/event", b"x"), "no")
    asking = client(fleet)
    asking.get("/")
    there = {name for name, _labels in told(asking.get("/metrics").text)}
    there |= {"lectern_lessons", "lectern_orders"}  # nothing of them is there yet

    assert len(asked) >= 12
    assert asked - there == set()


def test_health_says_what_is_wrong_and_no_secret(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = client(fleet)
    assert asking.get("/health/ready").json()["ready"] is True

    fleet.health.broker(False)
    with fleet.database.write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    app = create_api(fleet)
    app.state.settings = fleet.settings.model_copy(update={"low_disk_bytes": 1 << 60})
    answer = httpx_get(app, "/health/ready")
    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert parts["broker"] == "not connected"
    assert parts["schema"].startswith("at 0001, this version needs ")
    assert parts["disk"].endswith("uploads are put off")
    assert asking.get("/health/live").json() == {"state": "live"}

    fleet.database.close()
    monkeypatch.setattr(type(fleet.database), "read", _gone)
    answer = httpx_get(app, "/health/ready")
    assert answer.json()["parts"]["database"] == "does not answer: OperationalError"
    assert "canary" not in answer.text


def _gone(_self: object) -> object:
    from fleet.db import OperationalError  # noqa: PLC0415

    raise OperationalError("SELECT", {}, Exception("password canary"))


def httpx_get(app: object, path: str) -> httpx.Response:
    return TestClient(app, base_url="http://localhost").get(path)  # type: ignore[arg-type]
