"""A month of an institution: on the page, in the table, and for nobody else."""

from datetime import timedelta

from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Agent, Event
from fleet.devices.models import Device
from fleet.orgs import service as orgs
from fleet.recordings.models import Recording
from tests.fleet.web.application import NOON, Application
from tests.fleet.web.lessons import add_lesson


def institution(application: Application) -> tuple[str, str, str]:
    """Unit, its path, and a room of it with a lesson that was recorded and a panel that ran."""
    lesson_id = add_lesson(application, starts=-timedelta(hours=3))
    with application.db.write() as session:
        top = orgs.root(session)
        unit = orgs.add(session, parent_id=top.id, kind="institution", name="University of Nairobi")
        other = orgs.add(session, parent_id=top.id, kind="institution", name="Elsewhere")
        classrooms.add_room(session, unit_id=other.id, name="=1+1")
    with application.db.write() as session:
        room = next(one for one in classrooms.rooms(session) if one.name != "=1+1")
        room.unit_id, room.path = unit.id, unit.path
        session.add(Agent(id="pc", room_id=room.id, public_key="", serials={}, enrolled_at=NOON))
        session.flush()
        session.add(
            Recording(
                id="take-9",
                agent_id="pc",
                room_id=room.id,
                lesson_id=lesson_id,
                state="complete",
                started_at=NOON - timedelta(hours=3),
                duration=2700.0,
            )
        )
        session.add(Device(room_id=room.id, name="panel", role="panel", agent_id="pc"))
        for hours, power in ((4, "on"), (2, "off")):
            body = {"device": "panel", "online": True, "power": power}
            at = NOON - timedelta(hours=hours)
            session.add(
                Event(
                    room_id=room.id,
                    agent_id="pc",
                    type="lectern.device.changed",
                    time=at,
                    received_at=at,
                    body=body,
                )
            )
        return unit.id, unit.path, other.id


def test_a_month(application: Application) -> None:
    unit, path, _other = institution(application)
    client = application.signed_in("viewer", path)
    assert "University of Nairobi" in client.get("/staff/reports").text
    text = client.get(f"/staff/reports/{unit}").text
    assert "November 2026" in text
    assert "0.4 kWh" in text, "two hours at 200 W"
    rows = client.get(f"/staff/reports/{unit}/csv").text.splitlines()
    assert rows[0].startswith(
        "room,lessons,recorded,missed,lesson_hours,recorded_hours,panel_hours"
    )
    assert rows[1].split(",")[1:] == ["1", "1", "0", rows[1].split(",")[4], "0.75", "2.00", "0.40"]
    assert "2026-10" not in text
    empty = client.get(f"/staff/reports/{unit}", params={"month": "2026-09"})
    assert "September 2026" in empty.text


def test_a_month_of_others_is_not_seen(application: Application) -> None:
    unit, path, other = institution(application)
    client = application.signed_in("institution-it", path)
    assert client.get(f"/staff/reports/{other}").status_code == 404
    assert "Elsewhere" not in client.get("/staff/reports").text
    assert client.get(f"/staff/reports/{unit}", params={"month": "soon"}).status_code == 422


def test_names_are_no_formulas(application: Application) -> None:
    _unit, _path, other = institution(application)
    client = application.signed_in()
    assert "'=1+1" in client.get(f"/staff/reports/{other}/csv").text
