"""A room's page: each section has an address, is narrowed like the room, and says what there is."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest

from fleet.courses import service as courses
from fleet.recordings.models import Recording, StoredSegment
from fleet.telemetry.ports import Point
from tests.fleet.desk.house import House, build
from tests.fleet.web.application import NOON, Application

SECTIONS = ("", "/devices", "/readings", "/alarms", "/takes", "/timetable", "/log", "/pc")


@pytest.fixture
def seen(application: Application) -> House:
    with application.db.write() as session:
        return build(session)


@pytest.mark.parametrize("room", ["Aula Magna", "Depot"])
def test_every_section_is_there_and_only_for_who_may_see(
    application: Application, seen: House, room: str
) -> None:
    near = application.signed_in("viewer", seen.units["Kenya"].path)
    application.later(seconds=1)
    far = application.signed_in("viewer", seen.units["Ghana"].path)
    for section in SECTIONS:
        address = f"/staff/rooms/{seen.rooms[room]}{section}"
        page = near.get(address)
        assert page.status_code == 200
        assert f'<a href="{address}" aria-current="page">' in page.text
        assert "University" not in page.text
        assert far.get(address).status_code == 404


def test_what_is_still_in_the_room(application: Application, seen: House) -> None:
    room = seen.rooms["Aula Magna"]
    with application.db.write() as session:
        take = Recording(
            id="t", agent_id="a", room_id=room, state="waiting", started_at=NOON, duration=60.0
        )
        session.add(take)
        for number, key in enumerate(("held", None, None)):
            session.add(
                StoredSegment(
                    agent_id="a", take_id="t", track="audio", idx=number, bytes=5_000_000, key=key
                )
            )
    page = application.signed_in("viewer").get(f"/staff/rooms/{room}/takes").text
    assert "1 of 3" in page
    assert "10 MB" in page
    assert "On its way" in page


def test_the_timetable_is_in_the_time_of_the_room(application: Application, seen: House) -> None:
    room = seen.rooms["Aula Magna"]
    with application.db.write() as session:
        course = courses.add_course(session, title="Soil", now=NOON).id
        start = NOON + timedelta(days=1)
        end = start + timedelta(hours=1)
        courses.add_lesson(session, course, room, "Loam", start, end, now=NOON)
    page = application.signed_in("viewer").get(f"/staff/rooms/{room}/timetable").text
    assert "Loam" in page
    assert "UTC" in page


def test_readings_as_a_chart_and_as_a_table(application: Application, seen: House) -> None:
    room = seen.rooms["Aula Magna"]
    with application.db.write() as session:
        metrics = application.app.state.metrics
        points = [
            Point(room, "beamer", "lamp_hours", NOON - timedelta(minutes=10 * n), 100.5 - n, "h")
            for n in range(1, 4)
        ]
        metrics.write(session, points)
    client = application.signed_in("viewer")
    page = client.get(f"/staff/rooms/{room}/readings").text
    assert ">Lamp hours<" in page
    assert ">lamp_hours<" not in page
    assert "\u2068beamer\u2069 · Lamp hours" in page
    assert "99.5" in page
    drawn = re.search(r'data-chart="([^"]+)"', page)
    assert drawn
    times = client.get(unescape(drawn[1])).json()["times"]
    table = re.findall(r'<time datetime="([^"]+)"', page.partition("<details")[2])
    assert [datetime.fromisoformat(at).timestamp() for at in table[:3]] == times
    assert client.get(f"/staff/rooms/{room}/readings?series=no/such&hours=5").status_code == 200


def test_what_a_pc_says_of_itself_is_in_the_language_of_the_reader(
    application: Application, seen: House
) -> None:
    client, address = application.signed_in("viewer"), f"/staff/rooms/{seen.rooms['Aula Magna']}/pc"
    assert "<dt>Name of the PC</dt>" in client.get(address).text
    assert "<dt>Имя компьютера</dt>" in client.get(f"{address}?lang=ru").text


def test_rooms_as_json(application: Application, seen: House) -> None:
    client = application.signed_in("viewer", seen.units["Kenya"].path)
    found, after = [], ""
    while True:
        answer = client.get("/api/v1/rooms", params={"limit": 3, "after": after}).json()
        found += [one["name"] for one in answer["rooms"]]
        after = answer["next"]
        if not after:
            break
    assert found == ["Aula Magna", "Botany lab", "Chemistry", "Depot"]
    dark = client.get("/api/v1/rooms?standing=dark").json()["rooms"]
    assert [(one["name"], one["agent_version"]) for one in dark] == [("Botany lab", "1.2")]
    assert client.get(f"/api/v1/rooms/{seen.rooms['Depot']}").json()["standing"] == "none"
    assert client.get(f"/api/v1/rooms/{seen.rooms['École']}").status_code == 404
    assert client.get("/api/v1/rooms?after=x").status_code == 422
    assert client.get("/api/v1/rooms?limit=0").status_code == 422
    assert application.client().get("/api/v1/rooms").status_code == 401
