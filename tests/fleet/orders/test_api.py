"""Orders as programs of staff give and follow them."""

from typing import Any

import pytest

from fleet.audit.models import AuditRow
from fleet.orders import service as orders
from tests.fleet.orders.country import Country

ORDERS = "/api/v1/orders"


def given(client: Any, **body: Any) -> dict[str, Any]:
    answer = client.post(ORDERS, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_order_to_many_by_filter_comes_to_different_ends(country: Country) -> None:
    client = country.application.signed_in("national-centre", country.paths["Kenya"])
    made = given(client, name="volume", args={"level": 40}, filter={"unit": country.units["Kenya"]})
    assert made["counts"] == {"queued": 4}
    country.sent(made["id"])
    country.says("Lab 1", made["id"], "done")
    country.says("Lab 2", made["id"], "failed", why="panel: no answer")
    country.says("Aula", made["id"], "accepted")

    found = client.get(f"{ORDERS}/{made['id']}").json()
    assert found["counts"] == {"done": 1, "failed": 1, "accepted": 1, "sent": 1}
    states = {one["room"]: (one["state"], one["why"]) for one in found["targets"]}
    assert states["Lab 2"] == ("failed", "panel: no answer")

    first = client.get(f"{ORDERS}/{made['id']}?limit=3").json()
    rest = client.get(f"{ORDERS}/{made['id']}?limit=3&after={first['next']}").json()
    assert [one["room"] for one in first["targets"] + rest["targets"]] == [
        "Aula",
        "Hut",
        "Lab 1",
        "Lab 2",
    ]
    assert rest["next"] == ""

    country.application.later(minutes=10)
    with country.application.db.write() as session:
        orders.sweep(session, country.application.now)
    again = client.post(f"{ORDERS}/{made['id']}/retry").json()
    assert again["again_of"] == made["id"]
    assert sum(again["counts"].values()) == 3
    assert set(country.targets(again["id"])) == {"Lab 2", "Aula", "Hut"}
    assert client.post(f"{ORDERS}/{made['id']}/retry").status_code == 409
    country.says("Aula", made["id"], "done", seq=9)
    assert country.targets(made["id"])["Aula"].state == "done"


def test_rooms_that_are_not_theirs_are_named_and_nothing_is_sent(country: Country) -> None:
    client = country.application.signed_in("institution-it", country.paths["UoN"])
    own, other = country.rooms["Lab 1"], country.rooms["Aula"]

    answer = client.post(ORDERS, json={"name": "ping", "rooms": [own, other]})
    assert answer.status_code == 404
    assert client.get(ORDERS).json() == []
    assert set(country.targets(given(client, name="ping", filter={})["id"])) == {"Lab 1", "Lab 2"}


def test_a_viewer_is_refused_by_name(country: Country) -> None:
    client = country.application.signed_in("institution-it", country.paths["UoN"])
    with country.application.db.write() as session:
        from fleet.auth.models import Grant  # noqa: PLC0415

        user = session.query(Grant).filter(Grant.role == "institution-it").one().user_id
        session.add(Grant(user_id=user, role="viewer", path=country.paths["Moi"]))
    answer = client.post(
        ORDERS, json={"name": "ping", "rooms": [country.rooms["Lab 1"], country.rooms["Aula"]]}
    )
    assert answer.status_code == 403
    assert "Aula" in answer.json()["error"]["message"]
    assert "Lab 1" not in answer.json()["error"]["message"]


def test_each_sees_of_an_order_their_own_rooms(country: Country) -> None:
    centre = country.application.signed_in("national-centre", country.paths["Kenya"])
    made = given(centre, name="ping", filter={})
    mine = country.application.signed_in("institution-it", country.paths["UoN"])
    assert mine.get(f"{ORDERS}/{made['id']}").json()["counts"] == {"queued": 2}
    only = given(centre, name="ping", rooms=[country.rooms["Aula"]])
    assert mine.get(f"{ORDERS}/{only['id']}").status_code == 404
    assert mine.post(f"{ORDERS}/{only['id']}/cancel").status_code == 404
    assert mine.post(f"{ORDERS}/{made['id']}/cancel").json() == {"cancelled": 2}
    assert centre.get(f"{ORDERS}/{made['id']}").json()["counts"] == {"queued": 2, "cancelled": 2}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "dance"}, "name"),
        ({"name": "volume", "args": {"level": 101}}, "level"),
        ({"name": "volume", "args": {"level": True}}, "level"),
        ({"name": "volume", "args": {}}, "level"),
        ({"name": "source", "args": {"source": "../x"}}, "source"),
        ({"name": "message", "args": {"text": " "}}, "text"),
        ({"name": "message", "args": {"text": "x" * 501}}, "text"),
        ({"name": "restart", "args": {"what": "world"}}, "what"),
        ({"name": "restart", "wait": True, "force": True}, "wait"),
        ({"name": "ping", "force": True}, "force"),
        ({"name": "ping", "args": {"loud": 1}}, "loud"),
        ({"name": "power_on", "args": {"role": "toaster"}}, "role"),
        ({"name": "power_on", "args": {"role": "panel", "device": "P"}}, "device"),
        ({"name": "ping", "seconds": 1}, "seconds"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(
    country: Country, body: dict[str, Any], field: str
) -> None:
    client = country.application.signed_in()
    answer = client.post(ORDERS, json={"rooms": [country.rooms["Lab 1"]], **body})
    assert answer.status_code == 422, answer.text
    assert field in [one["field"] for one in answer.json()["error"]["fields"]]
    assert client.get(ORDERS).json() == []


def test_a_restart_waits_for_the_lesson_unless_told_otherwise(country: Country) -> None:
    client = country.application.signed_in()
    room = [country.rooms["Lab 1"]]
    assert given(client, name="restart", rooms=room)["args"] == {"what": "agent", "wait": True}
    now = given(client, name="restart", rooms=room, force=True)
    assert now["args"] == {"what": "agent", "force": True}
    assert given(client, name="restart", rooms=room, wait=False)["args"] == {"what": "agent"}


def test_a_pc_is_woken_by_another_of_its_network(country: Country) -> None:
    client = country.application.signed_in()
    made = given(client, name="wake", rooms=[country.rooms["Hut"], country.rooms["Lab 1"]])
    targets = country.targets(made["id"])
    assert targets["Hut"].via_room_id == country.rooms["Aula"]
    assert targets["Hut"].args == {"mac": "aa:bb:cc:dd:ee:ff"}
    assert targets["Lab 1"].state == "done"


def test_a_pc_that_nobody_can_wake_says_so(country: Country) -> None:
    country.unit("Lone", "Kenya")
    country.room("Cell", "Lone", presence="sleeping", macs=("aa:bb:cc:dd:ee:00",))
    country.room("Cave", "Lone", presence="sleeping")
    client = country.application.signed_in()
    made = given(client, name="wake", filter={"unit": country.units["Lone"]})
    why = {name: one.why for name, one in country.targets(made["id"]).items()}
    assert why == {
        "Cell": "No other PC of the same network is awake to wake it.",
        "Cave": "The address of this PC's network card is not known.",
    }


def test_an_emergency_is_ended_where_it_was_shown(country: Country) -> None:
    client = country.application.signed_in()
    made = given(client, name="emergency", args={"text": "Leave the building"}, filter={})
    assert made["args"] == {"scene": "emergency-message", "text": "Leave the building"}
    country.sent(made["id"])
    over = client.post(f"{ORDERS}/{made['id']}/over").json()
    assert (over["args"], over["ends"]) == ({"scene": "over"}, made["id"])
    assert sum(over["counts"].values()) == 4
    assert client.post(f"{ORDERS}/{over['id']}/over").status_code == 409


def test_who_ends_an_emergency_ends_it_in_their_own_rooms(country: Country) -> None:
    centre = country.application.signed_in()
    made = given(centre, name="emergency", args={"text": "Stay inside"}, filter={})
    country.sent(made["id"])
    mine = country.application.signed_in("institution-it", country.paths["UoN"])
    assert set(country.targets(mine.post(f"{ORDERS}/{made['id']}/over").json()["id"])) == {
        "Lab 1",
        "Lab 2",
    }
    assert mine.post(f"{ORDERS}/{made['id']}/over").status_code == 409
    assert "Stay inside" in centre.get("/staff/orders/emergency").text
    assert "Stay inside" not in mine.get("/staff/orders/emergency").text
    over = centre.post(f"{ORDERS}/{made['id']}/over").json()
    assert set(country.targets(over["id"])) == {"Aula", "Hut"}
    assert "Stay inside" not in centre.get("/staff/orders/emergency").text


def test_orders_are_in_the_audit_trail_of_each_unit(country: Country) -> None:
    client = country.application.signed_in()
    made = given(client, name="ping", filter={})
    with country.application.db.read() as session:
        rows = [one for one in session.query(AuditRow) if one.action == "order.given"]
    assert {(one.path, one.detail["rooms"]) for one in rows} == {
        (country.paths["UoN"], 2),
        (country.paths["Moi"], 2),
    }
    assert {one.target for one in rows} == {made["id"]}
