"""Readings over HTTP, as a program of the staff asks for them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from fleet.adapters.influx import open_store
from fleet.adapters.influx_http import Place
from fleet.telemetry import service
from fleet.telemetry.queue import Queued
from tests.fleet.telemetry.stores import NOON, Kept, furnished
from tests.fleet.web.application import Application, application
from tests.servers.ports import free_port

__all__ = ["application"]
START, END = NOON.isoformat(), (NOON + timedelta(hours=1)).isoformat()
SPAN = {"start": START, "end": END}


@pytest.fixture
def kept(application: Application) -> Kept:
    kept = furnished(application.db, application.app.state.metrics, lambda: None)
    kept.write(*(kept.point(60 * n, float(n)) for n in range(10)))
    kept.write(kept.point(0, 5.0, point="memory"), kept.point(0, 40.0, room=2))
    return kept


@pytest.fixture
def officer(application: Application) -> Iterator[TestClient]:
    with application.signed_in("viewer") as client:
        yield client


def test_a_program_reads_what_a_room_measures(officer: TestClient, kept: Kept) -> None:
    base = f"/api/v1/rooms/{kept.rooms[0]}/readings"

    assert [
        (one["device"], one["point"], one["value"], one["unit"])
        for one in officer.get(f"{base}/last").json()
    ] == [("pc", "cpu", 9.0, "%"), ("pc", "memory", 5.0, "%")]
    assert [one["point"] for one in officer.get(f"{base}/series").json()] == ["cpu", "memory"]
    asked = {**SPAN, "device": "pc", "point": "cpu", "step": "300", "aggregate": "max"}
    noon = int(NOON.timestamp())
    assert officer.get(base, params=asked).json() == {
        "step": 300,
        "times": [noon, noon + 300],
        "lines": [{"name": "pc/cpu", "unit": "%", "values": [4.0, 9.0]}],
    }


def test_countries_beside_each_other(officer: TestClient, kept: Kept) -> None:
    kept.grouped("cpu", ("world",), kept_range())  # the sweep that sums up units
    url = f"/api/v1/units/{kept.units['world']}/readings"

    found = officer.get(url, params={**SPAN, "point": "cpu", "step": "60"}).json()

    noon = int(NOON.timestamp())
    assert found["step"] == 300
    assert found["times"] == [noon, noon + 300]
    lines = {line["name"]: line["values"] for line in found["lines"]}
    assert lines == {kept.units["ke"]: [2.0, 7.0], kept.units["mn"]: [40.0, None]}


def kept_range() -> "service.Range":
    return service.Range(NOON, NOON + timedelta(hours=1), 300)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"point": "loudness"}, 404),
        ({"device": ""}, 404),
        ({"end": START}, 422),
        ({"start": "yesterday"}, 422),
        ({"start": "2026-03-02T12:00:00"}, 422),
        ({"start": "0001-01-01T00:00:00+14:00"}, 422),
        ({"end": "9999-12-31T23:59:59-12:00"}, 422),
        ({"start": "1999-01-01T00:00:00Z"}, 422),
        ({"step": "0"}, 422),
        ({"step": "x"}, 422),
        ({"start": "2026-01-01T00:00:00Z", "step": "1"}, 422),
        ({"aggregate": "median"}, 422),
        ({"point": "x" * 65}, 422),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason(
    officer: TestClient, kept: Kept, change: dict[str, str], status: int
) -> None:
    asked = {**SPAN, "device": "pc", "point": "cpu", **change}

    answer = officer.get(f"/api/v1/rooms/{kept.rooms[0]}/readings", params=asked)

    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


def test_others_see_nothing(application: Application, kept: Kept) -> None:
    with kept.database.read() as session:
        path = service.orgs.get(session, kept.units["mn"]).path
    intruder = application.signed_in("institution-it", path)

    for url in ("readings/last", "readings/series", f"readings?device=pc&point=cpu&start={START}"):
        answer = intruder.get(f"/api/v1/rooms/{kept.rooms[0]}/{url}")
        assert answer.status_code in (404, 422), url
    asked = {**SPAN, "point": "cpu"}
    assert (
        intruder.get(f"/api/v1/units/{kept.units['ke']}/readings", params=asked).status_code == 404
    )
    assert intruder.get(f"/api/v1/rooms/{kept.rooms[2]}/readings/last").status_code == 200
    nobody = application.client()
    assert nobody.get(f"/api/v1/rooms/{kept.rooms[0]}/readings/last").status_code == 401


def test_a_store_that_is_down_is_told_and_the_newest_is_known(
    application: Application, officer: TestClient, kept: Kept
) -> None:
    gone = Place(f"http://127.0.0.1:{free_port()}")
    application.app.state.metrics = Queued(open_store("victoriametrics", gone))
    base = f"/api/v1/rooms/{kept.rooms[0]}/readings"

    answer = officer.get(base, params={**SPAN, "device": "pc", "point": "cpu"})

    assert answer.status_code == 503
    assert "no answer" in answer.json()["error"]["message"]
    assert len(officer.get(f"{base}/last").json()) == 2


def test_every_answer_is_documented(application: Application) -> None:
    paths = application.app.openapi()["paths"]
    ours = [path for path in paths if "/readings" in path]
    assert len(ours) == 4
    for path in ours:
        answers = paths[path]["get"]["responses"].keys()
        assert answers >= {"200", "401", "403", "404", "422"}
        assert "503" in answers or path.endswith(("last", "series"))


def test_a_chart_has_columns_and_a_table(application: Application, kept: Kept) -> None:
    with kept.database.read() as session:
        chart = service.chart(
            session, kept.store, kept.rooms[0], [("pc", "cpu"), ("pc", "memory")],
            NOON, NOON + timedelta(minutes=10), step=300,
        )  # fmt: skip

    noon = NOON.timestamp()
    assert chart.columns() == [[noon, noon + 300], [2.0, 7.0], [5.0, None]]
    assert chart.rows() == [(NOON, (2.0, 5.0)), (NOON + timedelta(minutes=5), (7.0, None))]
    assert chart.units == {"pc/cpu": "%", "pc/memory": "%"}


def test_steps_are_chosen_for_a_screen(application: Application, kept: Kept) -> None:
    for days, step in ((0.1, 30), (1, 300), (30, 7200), (365, 86_400)):
        with kept.database.read() as session:
            chart = service.chart(
                session, kept.store, kept.rooms[0], [("pc", "cpu")],
                NOON - timedelta(days=days), NOON,
            )  # fmt: skip
        assert chart.step == step
