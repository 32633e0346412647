"""Pages of orders, without JavaScript."""

from fleet.orders import catalogue
from tests.fleet.orders.country import Country


def test_a_person_chooses_looks_gives_and_tries_again(country: Country) -> None:
    client = country.application.signed_in("national-centre", country.paths["Kenya"])
    unit = country.units["UoN"]
    look = client.get(f"/staff/orders/new?kind=volume&unit={unit}")
    assert "2 rooms get this order." in look.text

    wrong = client.post("/staff/orders", data={"kind": "volume", "unit": unit, "arg_level": "loud"})
    assert wrong.status_code == 422
    assert "Write a whole number from 0 to 100." in wrong.text

    answer = client.post(
        "/staff/orders",
        data={"kind": "volume", "unit": unit, "arg_level": "30", "minutes": "2"},
    )
    assert answer.status_code == 303
    where = answer.headers["location"]
    order = where.rsplit("/", 1)[1]
    assert set(country.targets(order)) == {"Lab 1", "Lab 2"}
    assert "Withdraw what is not sent" in client.get(where).text
    country.sent(order)
    country.says("Lab 1", order, "failed", why="<b>no answer</b>")
    text = client.get(where).text
    assert "&lt;b&gt;no answer" in text
    assert 'http-equiv="refresh"' in text
    again = client.post(f"{where}/retry")
    assert again.status_code == 303
    assert set(country.targets(again.headers["location"].rsplit("/", 1)[1])) == {"Lab 1"}
    assert client.get("/staff/orders").status_code == 200


def test_every_kind_has_a_form(country: Country) -> None:
    client = country.application.signed_in()
    for kind in catalogue.KINDS:
        assert client.get(f"/staff/orders/new?kind={kind}").status_code == 200


def test_an_emergency_is_confirmed_and_ended(country: Country) -> None:
    client = country.application.signed_in()
    form = {"unit": country.units["Kenya"], "text": "Leave the building"}
    assert client.get("/staff/orders/emergency").status_code == 200
    empty = client.post("/staff/orders/emergency", data={**form, "text": ""})
    assert empty.status_code == 422
    look = client.post("/staff/orders/emergency", data=form)
    assert "This is about to be shown in 4 rooms:" in look.text
    assert "1 of them does not answer now." in look.text
    assert client.get("/api/v1/orders").json() == []

    shown = client.post("/staff/orders/emergency", data={**form, "confirmed": "yes"})
    where = shown.headers["location"]
    country.sent(where.rsplit("/", 1)[1])
    assert "It is over: end it everywhere" in client.get(where).text
    assert "Leave the building" in client.get("/staff/orders").text
    over = client.post(f"{where}/over")
    assert over.status_code == 303
    assert "The message that this one ends" in client.get(over.headers["location"]).text
    assert "It is over: where that stands" in client.get(where).text


def test_one_room_from_its_own_page(country: Country) -> None:
    client = country.application.signed_in("institution-it", country.paths["UoN"])
    form = {"kind": "restart", "arg_what": "pc", "lesson": "wait", "arg_level": ""}
    answer = client.post(f"/staff/rooms/{country.rooms['Lab 1']}/orders", data=form)
    order = answer.headers["location"].rsplit("/", 1)[1]
    country.sent(order)
    country.says("Lab 1", order, "progress", why="it waits until no lesson is on")
    assert "Waits for the lesson to end, until" in client.get(f"/staff/orders/{order}").text
    own = client.get(f"/staff/rooms/{country.rooms['Lab 1']}/orders").text
    assert "Under way" in own
    assert 'value="screenshot"' in own
    other = client.post(f"/staff/rooms/{country.rooms['Aula']}/orders", data={"kind": "ping"})
    assert other.status_code == 404
