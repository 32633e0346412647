"""What staff see of alarms and do about them, each within their own part of the organisation."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from contract import messages as m
from fleet.alerts.models import Alarm, Quiet
from fleet.audit.models import AuditRow
from fleet.orders.models import OrderTarget
from tests.fleet.alerts.house import House
from tests.fleet.web.application import Application

SILENT = m.AlarmRaised(
    alarm="mic-silent",
    subject="audio <1>",
    severity="critical",
    text="silent",
    what="Nothing is heard from audio.",
)
ODD = m.AlarmRaised(
    alarm="odd", subject="x", severity="info", text="never-heard", what="It is odd.", todo="Shrug."
)


@dataclass
class Scene:
    application: Application
    house: House
    uon: str
    mku: str

    def client(self, role: str = "institution-it", path: str | None = None) -> TestClient:
        return self.application.signed_in(role, self.uon if path is None else path)

    def alarm(self, rule: str) -> Alarm:
        return next(one for one in self.house.alarms() if one.rule == rule)


@pytest.fixture
def scene(application: Application) -> Scene:
    house = House(application.db)
    house.unit("ke")
    uon = house.unit("uon", "ke", "institution")
    mku = house.unit("mku", "ke", "institution")
    house.room("Lab", "uon")
    house.room("Aula", "mku")
    house.say("Lab", SILENT)
    house.say("Aula", ODD)
    house.later(1)
    application.now = house.now
    return Scene(application, house, uon, mku)


def test_the_list_shows_what_is_wrong_in_ones_own_part(scene: Scene) -> None:
    page = scene.client().get("/staff/alarms").text
    assert "Nothing to be heard" in page
    assert "audio &lt;1&gt;" in page
    assert "Nobody sees to it" in page
    assert "Aula" not in page
    everything = scene.client("national-centre", "").get("/staff/alarms").text
    assert everything.index("Lab") < everything.index("Aula"), "the worst first"


def test_filters_are_in_the_address_and_an_empty_list_says_so(scene: Scene) -> None:
    client = scene.client("viewer", "")
    page = client.get("/staff/alarms?severity=info").text
    assert "Aula" in page
    assert "Lab<" not in page
    assert "No alarm fits" in client.get("/staff/alarms?state=resolved").text
    assert client.get("/staff/alarms?state=nonsense").status_code == 422
    unit = scene.house.units["mku"]
    assert "Aula" in client.get(f"/staff/alarms?unit={unit}&state=all").text
    assert scene.client().get(f"/staff/alarms?unit={unit}").status_code == 404
    assert client.get("/staff/alarms?page=99999999").status_code == 200


def test_csv_runs_nothing_in_a_spreadsheet(scene: Scene) -> None:
    scene.house.say(
        "Lab",
        m.AlarmRaised(alarm="f", subject="=1+1", severity="info", text="fan", what="w"),
    )
    scene.house.later(1)
    answer = scene.client().get("/staff/alarms/csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert ",'=1+1," in answer.text
    assert "Aula" not in answer.text


def test_an_alarm_says_what_helps_in_the_readers_language(scene: Scene) -> None:
    address = f"/staff/alarms/{scene.alarm('room.mic-silent').id}"
    page = scene.client().get(address).text
    assert "Nothing is heard from \N{FIRST STRONG ISOLATE}audio &lt;1&gt;" in page
    assert "Switch the microphone on" in page
    assert "Began" in page
    odd = scene.client("viewer", "").get(f"/staff/alarms/{scene.alarm('room.odd').id}").text
    assert "It is odd." in odd
    assert "Shrug." in odd


def test_an_alarm_shows_the_rooms_last_pictures_to_who_may_look(scene: Scene) -> None:
    page = f"/staff/alarms/{scene.alarm('room.mic-silent').id}"
    client = scene.client()
    empty = client.get(page).text
    assert "No picture is kept" in empty
    assert 'value="screenshot"' in empty, "a form that asks for one, without a script"
    lab = scene.house.rooms["Lab"].room
    body = {"name": "screenshot", "rooms": [lab]}
    order = client.post("/api/v1/orders", json=body).json()["id"]
    with scene.application.db.write() as session:
        (target,) = session.scalars(select(OrderTarget).where(OrderTarget.order_id == order))
        target.file_key, target.file_type, target.file_bytes = "orders/x.png", "image/png", 2000
        picture = f"/api/v1/orders/{order}/targets/{target.id}/file"

    text = client.get(page).text
    assert f'<img src="{picture}" loading="lazy" alt="What Lab showed, ' in text
    assert f"/staff/wall?room={lab}" in text
    viewers = scene.client("viewer").get(page).text
    assert "What usually helps" in viewers
    assert "last pictures" not in viewers
    assert picture not in viewers


def test_somebody_sees_to_it_once_and_on_record(scene: Scene) -> None:
    client = scene.client()
    alarm = scene.alarm("room.mic-silent")
    address = f"/staff/alarms/{alarm.id}"
    for _ in range(2):
        answer = client.post(f"{address}/acknowledge")
        assert answer.headers["location"] == address
    page = client.get(address).text
    assert "Somebody sees to it · <bdi>Test Person</bdi>" in page
    assert client.post(f"{address}/notes", data={"text": "  "}).status_code == 422
    client.post(f"{address}/notes", data={"text": "New <battery> ordered"})
    assert "New &lt;battery&gt; ordered" in client.get(address).text
    with scene.application.db.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == "alarm.acknowledged"))
        assert [row.path for row in rows] == [scene.uon]


def test_it_is_silenced_for_a_while(scene: Scene) -> None:
    client = scene.client()
    address = f"/staff/alarms/{scene.alarm('room.mic-silent').id}"
    client.post(f"{address}/silence", data={"hours": "8"})
    assert scene.alarm("room.mic-silent").silenced_until == scene.application.now + timedelta(
        hours=8
    )
    assert "Silenced until" in client.get(address).text
    for wrong in ({"hours": "x"}, {"until": "yesterday"}, {"until": "2020-01-01T10:00"}, {}):
        assert client.post(f"{address}/silence", data=wrong).status_code == 422


def test_many_are_acknowledged_at_once(scene: Scene) -> None:
    client = scene.client("national-centre", "")
    ids = [one.id for one in scene.house.alarms()]
    given = {"alarm": ids, "act": "acknowledge", "query": "severity=&state=open&evil=1"}
    answer = client.post("/staff/alarms/bulk", data=given)
    assert answer.headers["location"] == "/staff/alarms?state=open"
    assert all(one.acknowledged_at for one in scene.house.alarms())
    for wrong in ({"act": "acknowledge"}, {"alarm": ids, "act": "delete"}):
        assert client.post("/staff/alarms/bulk", data=wrong).status_code == 422
    stranger = scene.client()
    given = {"alarm": ids, "act": "silence:1", "query": ""}
    assert stranger.post("/staff/alarms/bulk", data=given).status_code == 404


def test_nobody_acts_outside_of_their_part_or_without_the_right(scene: Scene) -> None:
    foreign = f"/staff/alarms/{scene.alarm('room.odd').id}"
    own = f"/staff/alarms/{scene.alarm('room.mic-silent').id}"
    assert scene.client().get(foreign).status_code == 404
    assert scene.client().post(f"{foreign}/acknowledge").status_code == 404
    viewer = scene.client("viewer")
    assert viewer.get(own).status_code == 200
    assert viewer.post(f"{own}/acknowledge").status_code == 403
    assert "I see to it" not in viewer.get(own).text
    assert scene.application.client().get("/staff/alarms").status_code in (303, 401)


def test_a_room_in_maintenance_is_quiet_and_says_so(scene: Scene) -> None:
    client = scene.client()
    room = scene.house.rooms["Lab"].room
    alarm = scene.alarm("room.mic-silent")
    given = {"hours": "4", "why": "new <beamer>", "back": alarm.id}
    answer = client.post(f"/staff/alarms/maintenance/{room}", data=given)
    assert answer.headers["location"] == f"/staff/alarms/{alarm.id}"
    page = client.get(f"/staff/alarms/{alarm.id}").text
    assert "in maintenance" in page
    assert "new &lt;beamer&gt;" in page
    scene.house.presence("lost", "Lab")
    scene.house.later(3600)
    assert not [one for one in scene.house.alarms() if one.rule == "room-dark"]
    client.post(f"/staff/alarms/maintenance/{room}", data={"hours": "0"})
    scene.application.now = scene.house.now
    scene.house.later(4 * 3600)
    assert [one.state for one in scene.house.alarms() if one.rule == "room-dark"] == ["firing"]
    other = scene.house.rooms["Aula"].room
    assert client.post(f"/staff/alarms/maintenance/{other}", data={}).status_code == 404


def test_rules_are_changed_for_a_unit_and_taken_back(scene: Scene) -> None:
    client = scene.client()
    unit = scene.house.units["uon"]
    given = {"unit": unit, "rule": "disk-low", "threshold": "7e9", "severity": "warning"}
    answer = client.post("/staff/alarms/rules", data=given)
    assert answer.status_code == 303, answer.text
    page = client.get(f"/staff/alarms/rules?unit={unit}").text
    assert "7\N{NO-BREAK SPACE}GB" in page
    assert "Changed here" in page
    wrong = {**given, "clear": "1"}
    assert client.post("/staff/alarms/rules", data=wrong).status_code == 422
    foreign = {**given, "unit": scene.house.units["mku"]}
    assert client.post("/staff/alarms/rules", data=foreign).status_code == 404
    client.post("/staff/alarms/rules", data={"unit": unit, "rule": "disk-low", "act": "reset"})
    assert "Changed here" not in client.get(f"/staff/alarms/rules?unit={unit}").text


def test_a_rule_of_ones_own_fires(scene: Scene) -> None:
    client = scene.client()
    given = {
        "unit": scene.house.units["uon"],
        "rule": "amp-hot",
        "name": "Amplifier too hot",
        "point": "temperature",
        "device": "amp",
        "op": ">",
        "threshold": "60",
        "severity": "warning",
        "unit_of": "°C",
    }
    assert client.post("/staff/alarms/rules", data=given).status_code == 303
    reading = m.Reading(device="amp", point="temperature", value=71.0)
    for room in ("Lab", "Aula"):
        scene.house.say(room, m.Report(at=scene.house.now, uptime=1.0, readings=(reading,)))
    scene.house.later(1)
    (alarm,) = [one for one in scene.house.alarms() if one.rule == "amp-hot"]
    assert (alarm.subject, alarm.value, alarm.path) == ("amp", "71 °C", scene.uon)
    page = client.get(f"/staff/alarms/{alarm.id}").text
    assert "Amplifier too hot" in page
    assert "Readings around it" in page
    assert "<bdi>Temperature</bdi>" in page


def test_silences_are_kept_by_the_week_and_ended(scene: Scene) -> None:
    client = scene.client()
    unit = scene.house.units["uon"]
    weekly = {"unit": unit, "weekdays": ["5", "6"], "from_time": "00:00", "to_time": "00:00"}
    assert client.post("/staff/alarms/quiet", data=weekly).status_code == 303
    page = client.get("/staff/alarms/quiet").text
    assert "Saturday, Sunday" in page
    assert client.post("/staff/alarms/quiet", data={"unit": unit}).status_code == 422
    with scene.application.db.read() as session:
        (row,) = session.scalars(select(Quiet))
    assert client.post(f"/staff/alarms/quiet/{row.id}/end").status_code == 303
    assert "Nothing is silenced" in client.get("/staff/alarms/quiet").text


def test_one_says_what_one_is_told(scene: Scene) -> None:
    client = scene.client("viewer")
    assert "You are told nothing yet" in client.get("/staff/alarms/subscriptions").text
    given = {"unit": scene.house.units["uon"], "how": "daily", "severity": "info"}
    assert client.post("/staff/alarms/subscriptions", data=given).status_code == 303
    assert "Once a day" in client.get("/staff/alarms/subscriptions").text
    foreign = {**given, "unit": scene.house.units["mku"]}
    assert client.post("/staff/alarms/subscriptions", data=foreign).status_code == 404
    assert client.post("/staff/alarms/subscriptions", data={**given, "how": "x"}).status_code == 422
    client.post("/staff/alarms/subscriptions/end", data={"path": scene.uon, "how": "daily"})
    assert "You are told nothing yet" in client.get("/staff/alarms/subscriptions").text
    assert "has been delivered" in client.get("/staff/alarms/notices").text


def test_programs_list_and_acknowledge(scene: Scene) -> None:
    client = scene.client()
    found = client.get("/api/v1/alarms").json()
    assert found["total"] == 1
    (alarm,) = found["alarms"]
    assert (alarm["title"], alarm["room"], alarm["unit"]) == ("Nothing to be heard", "Lab", "uon")
    address = f"/api/v1/alarms/{alarm['id']}"
    assert client.get(address).json() == alarm
    assert client.post(f"{address}/acknowledge").json()["acknowledged_at"]
    until = (scene.application.now + timedelta(hours=1)).isoformat()
    assert client.post(f"{address}/silence", json={"until": until}).json()["silenced_until"]
    assert (
        client.post(f"{address}/silence", json={"until": "2020-01-01T00:00:00Z"}).status_code == 422
    )
    assert client.get("/api/v1/alarms?state=silenced").json()["total"] == 1
    assert client.get("/api/v1/alarms?severity=x").status_code == 422
    foreign = scene.alarm("room.odd").id
    assert client.get(f"/api/v1/alarms/{foreign}").status_code == 404
