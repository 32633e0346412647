"""Lists of rooms: narrowed, filtered, paged by key, exported, kept; and new rooms."""

import csv
import io
import re
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.alerts.models import Alarm
from fleet.db import Database
from fleet.desk.board import Board
from fleet.desk.overview_table import table
from fleet.desk.rooms import filters, repository, service
from fleet.desk.rooms.filters import Filters, Key
from fleet.desk.search import handlers
from fleet.errors import NotFound
from fleet.orgs import service as orgs
from fleet.web.spreadsheet import cell
from tests.fleet.desk.house import NOON, House, add_room, build
from tests.fleet.web.application import Application


@pytest.fixture
def house(database: Database) -> House:
    handlers.register(database.bus)
    with database.write() as session:
        return build(session)


def names(database: Database, reach: tuple[str, ...] = ("",), **by: str) -> list[str]:
    """All pages of a list, two rooms each."""
    found: list[str] = []
    after: Key | None = None
    snapshot = Board(database).current(NOON)
    while True:
        with database.read() as session:
            page = service.listed(session, snapshot, reach, Filters(**by), after, 2)
        found += [row.name for row in page.rows]
        if page.next is None:
            return found
        assert filters.key(str(page.next)) == page.next
        after = page.next


@pytest.mark.parametrize("few", [0, 5000])
def test_every_filter_alone_and_together(
    database: Database, house: House, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rooms, whether they are found first or looked for along an index."""
    monkeypatch.setattr(service, "_FEW", few)
    monkeypatch.setattr(repository, "FEW", few)
    with database.write() as session:
        session.add(_alarm(house.rooms["Chemistry"], house.units["Nairobi"].path))
    ghana, kenya = house.units["Ghana"], house.units["Kenya"]
    everything = ["Aula Magna", "Botany lab", "Chemistry", "Depot", "École"]
    assert sorted(names(database)) == sorted(everything)
    assert names(database, sort="standing") == [
        "Botany lab",
        "Chemistry",
        "Depot",
        *sorted(["Aula Magna", "École"]),
    ]
    assert names(database, unit=ghana.id) == ["École"]
    assert names(database, (kenya.path,), standing="working") == ["Aula Magna"]
    assert names(database, presence="lost") == ["Botany lab"]
    assert names(database, profile="pjlink-class-1") == ["École"]
    assert "Depot" not in names(database, role="projector")
    assert len(names(database, role="projector", version="1.2")) == 4
    assert names(database, version="9") == []
    assert names(database, alarm="silent") == ["Chemistry"]
    assert names(database, alarm="silent", standing="dark") == []
    assert names(database, text="mag aul") == ["Aula Magna"]
    assert names(database, text="ecole", unit=kenya.id) == []
    assert names(database, standing="nonsense") == []
    assert names(database, ()) == []


def _alarm(room: str, path: str) -> Alarm:
    return Alarm(
        rule="silent",
        scope="room",
        room_id=room,
        subject="audio",
        path=path,
        severity="critical",
        text="silent",
        what="",
        todo="",
        value="",
        state="firing",
        flapping=False,
        since=NOON,
        fired_at=NOON,
        count=1,
    )


def test_a_unit_out_of_reach_is_none(database: Database, house: House) -> None:
    snapshot = Board(database).current(NOON)
    kenya, ghana = house.units["Kenya"], house.units["Ghana"]
    with pytest.raises(NotFound), database.read() as session:
        service.listed(session, snapshot, (kenya.path,), Filters(unit=ghana.id), None, 10)
    with pytest.raises(NotFound):
        table(snapshot, (kenya.path,), ghana.id)
    assert [unit.name for unit, _ in table(snapshot, (kenya.path,)).rows] == ["Nairobi"]
    assert [u.name for u, _ in table(snapshot, (kenya.path, ghana.path)).rows] == [
        "Kenya",
        "Ghana",
    ]


@given(st.text(max_size=30))
def test_no_cell_is_a_formula(text: str) -> None:
    written = cell(text)
    assert not written.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert written.endswith(text)


@given(st.builds(Filters, **{name: st.text(max_size=20) for name in ("unit", "text", "alarm")}))
def test_filters_are_what_their_address_says(wanted: Filters) -> None:
    again = filters.of(dict(parse_qsl(wanted.query)))
    assert again == filters.of({name: getattr(wanted, name) for name in Filters.__slots__})


@pytest.fixture
def seen(application: Application) -> House:
    with application.db.write() as session:
        return build(session)


def test_the_page_keeps_its_filters_and_its_place(application: Application, seen: House) -> None:
    with application.db.write() as session:
        nairobi = orgs.get(session, seen.units["Nairobi"].id)
        for n in range(60):
            add_room(session, nairobi, f"Hall {n:02}", "ready")
    client = application.signed_in("viewer", seen.units["Kenya"].path)

    first = client.get("/staff/rooms?text=hall&standing=working").text
    assert "Hall 00" in first
    assert "Hall 59" not in first
    assert 'value="hall"' in first
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = client.get(following[1].replace("&amp;", "&")).text
    assert "Hall 59" in second
    assert "Hall 00" not in second
    assert "École" not in client.get("/staff/rooms").text
    assert client.get(f"/staff/rooms?unit={seen.units['Ghana'].id}").status_code == 404
    assert client.get("/staff/rooms?after=nonsense&sort=x&presence=%00").status_code in (200, 422)


def test_the_csv_holds_all_of_the_list_and_no_formula(
    application: Application, seen: House
) -> None:
    with application.db.write() as session:
        coast = orgs.get(session, seen.units["Cape Coast"].id)
        add_room(session, coast, '=HYPERLINK("http://x")', "ready")
    client = application.signed_in("viewer")
    answer = client.get("/staff/rooms/csv?standing=working")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["name"] for row in rows} == {"Aula Magna", "École", '\'=HYPERLINK("http://x")'}
    assert {row["unit"] for row in rows} >= {"Region / Ghana / Cape Coast"}
    assert rows[0]["agent_version"] == "1.2"
    other = application.signed_in("viewer", seen.units["Kenya"].path).get("/staff/rooms/csv").text
    assert "HYPERLINK" not in other


def test_views_are_a_persons_own_and_are_replaced_and_forgotten(
    application: Application, seen: House
) -> None:
    client = application.signed_in("viewer")
    kept = {"name": "Dark ones", "query": "standing=dark&evil=1"}
    answer = client.post("/staff/rooms/views", data=kept)
    assert answer.headers["location"] == "/staff/rooms?standing=dark"
    client.post("/staff/rooms/views", data={"name": "Dark ones", "query": "standing=risk"})
    page = client.get("/staff/rooms").text
    assert page.count("Dark ones</bdi>") == 1
    assert 'href="/staff/rooms?standing=risk"' in page
    assert client.post("/staff/rooms/views", data={"name": " "}).status_code == 422
    application.later(seconds=1)
    other = application.signed_in("viewer")
    view = re.search(r'name="view" value="([^"]+)"', page)
    assert view
    other.post("/staff/rooms/views/forget", data={"view": view[1]})
    assert "Dark ones" in client.get("/staff/rooms").text
    client.post("/staff/rooms/views/forget", data={"view": view[1]})
    assert "Dark ones" not in client.get("/staff/rooms").text


def test_a_room_is_added_where_one_may(application: Application, seen: House) -> None:
    nairobi, ghana = seen.units["Nairobi"], seen.units["Ghana"]
    client = application.signed_in("institution-it", nairobi.path)
    form = client.get("/staff/rooms/new").text
    assert nairobi.id in form
    assert ghana.id not in form
    given_ = {"name": "New", "timezone": "Africa/Nairobi"}
    added = client.post("/staff/rooms", data=given_)
    assert added.status_code == 303
    assert "New" in client.get("/staff/rooms").text
    elsewhere = {**given_, "unit": ghana.id}
    assert client.post("/staff/rooms", data=elsewhere).status_code == 404
    assert application.signed_in("viewer").get("/staff/rooms/new").status_code == 403


def test_the_overview_is_of_ones_own_units(application: Application, seen: House) -> None:
    top = application.signed_in("viewer").get("/staff").text
    assert 'data-code="KE"' in top
    assert 'data-code="GH"' in top
    assert "Botany lab" in top
    application.later(seconds=1)
    kenyan = application.signed_in("viewer", seen.units["Kenya"].path)
    page = kenyan.get("/staff").text
    assert "Nairobi" in page
    assert "Ghana" not in page
    assert kenyan.get(f"/staff?unit={seen.units['Ghana'].id}").status_code == 404
    assert kenyan.get(f"/staff/events?unit={seen.units['Ghana'].id}").status_code == 404
    drilled = kenyan.get(f"/staff?unit={seen.units['Nairobi'].id}").text
    assert "Botany lab" in drilled


def test_the_search_page(application: Application, seen: House) -> None:
    kenyan = application.signed_in("viewer", seen.units["Kenya"].path)
    assert "Aula Magna" in kenyan.get("/staff/search?q=aul").text
    assert "Nothing is called that" in kenyan.get("/staff/search?q=ecole").text
    assert "&lt;b&gt;" in kenyan.get("/staff/search?q=%3Cb%3E").text


def test_only_what_they_may_see_is_offered(database: Database, house: House) -> None:
    """A model that occurs in another country only is nobody's business here."""
    with database.write() as session:
        session.add(_alarm(house.rooms["Chemistry"], house.units["Nairobi"].path))
    snapshot = Board(database).current(NOON)
    kenya, ghana = (house.units[name].path for name in ("Kenya", "Ghana"))
    with database.read() as session:
        here = service.choices(session, snapshot, (kenya,))
        there = service.choices(session, snapshot, (ghana,))
        both = service.choices(session, snapshot, (ghana, kenya))
        everything = service.choices(session, snapshot, ("",))

    assert here["profile"] == ["samsung-mdc"]
    assert there["profile"] == ["pjlink-class-1"]
    assert (len(here["alarm"]), there["alarm"]) == (1, [])
    assert here["version"] == there["version"] == ["1.2"]
    assert both == everything
    assert snapshot.offered[(kenya,)] is here
