"""What is wanted of rooms: shown key by key, changed in one or in many, taken back."""

from typing import Any

import pytest

from fleet.devices.models import Shadow
from fleet.devices.shadow_states import Told, Wanted, stands
from tests.fleet.orders.country import Country
from tests.fleet.web.application import NOON


def reports(country: Country, name: str, applied: int, outcomes: Any, **state: Any) -> None:
    with country.application.db.write() as session:
        row = session.get(Shadow, country.rooms[name]) or Shadow(room_id=country.rooms[name])
        row.agent_id, row.epoch, row.version = country.agent(name).agent, "e", applied
        row.applied_desired, row.state, row.outcomes = applied, state, outcomes
        row.reported_at = NOON
        session.add(row)


def key(shadow: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in shadow["keys"] if one["key"] == name)


def test_a_setting_is_on_its_way_then_as_wanted(country: Country) -> None:
    client = country.application.signed_in()
    room = f"/api/v1/rooms/{country.rooms['Lab 1']}"
    before = client.get(f"{room}/shadow")
    assert key(before.json(), "language")["state"] == "converged"

    answer = client.put(
        f"{room}/desired/language",
        json={"value": "fr"},
        headers={"if-match": before.headers["etag"]},
    )
    wanted = key(answer.json(), "language")
    assert (wanted["desired"], wanted["state"]) == ("fr", "pending")
    assert wanted["by"]
    version = answer.json()["version"]
    stale = client.put(f"{room}/desired/language", json={"value": "ru", "version": version - 1})
    assert stale.status_code == 409
    reports(country, "Lab 1", version, {"language": {"result": "applied"}}, language="fr")
    assert key(client.get(f"{room}/shadow").json(), "language")["state"] == "converged"
    for wrong in ({"value": "xx"}, {"value": 3}):
        assert client.put(f"{room}/desired/language", json=wrong).status_code == 422
    assert client.put(f"{room}/desired/timetable", json={"value": []}).status_code == 422


@pytest.mark.parametrize(
    ("outcome", "reported", "state"),
    [
        ({"result": "applied"}, {"report_seconds": 60.0}, "converged"),
        ({"result": "applied"}, {"report_seconds": 30}, "differing"),
        ({"result": "refused", "why": "no"}, {}, "refused"),
        ({"result": "unsupported", "why": "old"}, {}, "unsupported"),
        ({"result": "pending"}, {}, "pending"),
        ({}, {}, "differing"),
    ],
)
def test_how_a_setting_stands(
    outcome: dict[str, str], reported: dict[str, Any], state: str
) -> None:
    told = Told(3, reported, {"report_seconds": outcome} if outcome else {})
    found = stands("report_seconds", Wanted(60, 3), told, None)
    assert (found.state, found.why) == (state, outcome.get("why", ""))
    assert stands("report_seconds", Wanted(60, 4), told, None).state == "pending"
    assert stands("report_seconds", Wanted(60, 1), None, None).state == "pending"


def test_no_limit_is_reported_as_nothing() -> None:
    none = {"bytes_per_second": None}
    told = Told(3, {"upload": {}}, {"upload": {"result": "applied"}})
    assert stands("upload", Wanted(none, 3), told, none).state == "converged"
    assert stands("upload", Wanted({"bytes_per_second": 9}, 3), told, none).state == "differing"


def test_many_rooms_are_looked_at_changed_and_taken_back(country: Country) -> None:
    client = country.application.signed_in("national-centre", country.paths["Kenya"])
    lab = f"/staff/rooms/{country.rooms['Lab 1']}/settings"
    client.post(lab, data={"key": "quiet_minutes", "value": "20"})
    query = f"key=quiet_minutes&value=15&unit={country.units['Kenya']}"
    look = client.get(f"/staff/settings-bulk?{query}").text
    assert "1 room changes from 20 to 15." in look
    assert "3 rooms change from As the room has it to 15." in look

    form = {"key": "quiet_minutes", "value": "15", "unit": country.units["Kenya"]}
    done = client.post("/staff/settings-bulk", data=form)
    assert done.status_code == 303
    where = done.headers["location"]
    assert "4 rooms were changed." in client.get(where).text
    assert client.post("/staff/settings-bulk", data=form).status_code == 409

    aula = f"/staff/rooms/{country.rooms['Aula']}/settings"
    assert client.post(aula, data={"key": "quiet_minutes", "value": "99"}).status_code == 303
    assert "1 of them was changed again since" in client.get(where).text
    stranger = country.application.signed_in("institution-it", country.paths["UoN"])
    assert "2 rooms were changed." in stranger.get(where).text
    undone = client.post(f"{where}/undo")
    assert "3 rooms were changed." in client.get(undone.headers["location"]).text

    wanted = {}
    for name, room in country.rooms.items():
        shadow = client.get(f"/api/v1/rooms/{room}/shadow").json()
        wanted[name] = key(shadow, "quiet_minutes")["desired"]
    assert wanted == {"Lab 1": 20, "Lab 2": None, "Aula": 99, "Hut": None}
    assert client.post(f"{where}/undo").status_code == 409


def test_a_page_that_is_old_changes_nothing(country: Country) -> None:
    client = country.application.signed_in()
    page = f"/staff/rooms/{country.rooms['Lab 1']}/settings"
    assert client.get(page).status_code == 200
    form = {"key": "language", "value": "ar", "version": "0"}
    assert client.post(page, data=form).status_code == 303
    _columns, _, row = client.get(page).text.partition("<tbody>")
    assert row.count("<br><bdi>") == 1, "who changed it stands beside when"
    assert client.post(page, data={**form, "value": "zh"}).status_code == 409
    assert client.post(page, data={"key": "upload", "value": "fast"}).status_code == 422
