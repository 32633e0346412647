"""The organisation in the browser: looked through, changed, imported, each within their part."""

import re
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from fleet.audit import service as audit
from fleet.audit.models import AuditRow
from fleet.classrooms import service as classrooms
from fleet.desk.units import importing
from fleet.orgs import sample
from fleet.orgs import service as orgs
from fleet.orgs.files import Act
from tests.fleet.web.application import Application, csrf_token

HEADER = "region,country,iso2,institution,code,room,timezone,uplink,language\n"
UON = "Africa,Kenya,KE,University of Nairobi,ke-university-of-nairobi"


@dataclass
class Places:
    """Ids and paths by code."""

    ids: dict[str, str]
    paths: dict[str, str]


@pytest.fixture
def places(application: Application) -> Places:
    """The sample's organisations."""
    with application.db.write() as session:
        for name in sample.FILES:
            importing.carry_out(session, sample.content(name), Act("test", application.now))
        units = orgs.subtree(session)
        return Places({u.code: u.id for u in units}, {u.code: u.path for u in units})


def _send(client: TestClient, table: str, name: str = "rooms.csv"):  # type: ignore[no-untyped-def]
    return client.post("/staff/units/import", files={"table": (name, table.encode(), "text/csv")})


def _without_script(client: TestClient) -> str:
    """A browser that runs no script sends its token in the form's first field."""
    del client.headers["x-csrf-token"]
    return csrf_token(client.get("/staff/units/import").text)


def test_an_officer_walks_the_tree_of_one_country(application: Application, places: Places) -> None:
    client = application.signed_in("national-centre", places.paths["ke"])

    own = client.get("/staff/units")
    assert own.status_code == 200
    assert "<h1><bdi>Kenya</bdi></h1>" in own.text
    assert "University of Nairobi" in own.text
    assert "Add a unit below" in own.text
    assert client.get(f"/staff/units/{places.ids['np']}").status_code == 404
    assert client.get(f"/staff/units/{places.ids['top']}").status_code == 404
    found = client.get("/staff/units?text=university").text
    assert "University of Nairobi" in found
    assert "Tribhuvan" not in found
    assert "Nothing here" in client.get("/staff/units?text=tribhuvan").text


def test_units_and_rooms_are_added_changed_and_moved(
    application: Application, places: Places
) -> None:
    client = application.signed_in("national-centre", places.paths["ke"])
    kenya = f"/staff/units/{places.ids['ke']}"

    added = client.post(
        f"{kenya}/below",
        data={"kind": "institution", "name": " Kenyatta University ", "code": "ke-ku"},
    )
    assert added.status_code == 303
    college = added.headers["location"]
    taken = client.post(
        f"{kenya}/below", data={"kind": "institution", "name": "Other", "code": "ke-ku"}
    )
    assert taken.status_code == 409
    assert 'aria-invalid="true"' in taken.text
    assert client.post(f"{kenya}/below", data={"kind": "region", "name": "R"}).status_code == 422
    assert client.post(f"{kenya}/below", data={"name": "R"}).status_code == 422

    room = {"name": "Hall 2", "timezone": "Africa/Nairobi", "uplink": ""}
    assert client.post(f"{college}/rooms", data=room).status_code == 303
    assert client.post(f"{college}/rooms", data=room).status_code == 409
    wrong = client.post(f"{college}/rooms", data=room | {"name": "A", "timezone": "Nairobi"})
    assert wrong.status_code == 422
    assert "Africa/Nairobi" in wrong.text

    with application.db.read() as session:
        (hall,) = classrooms.rooms(session)
    form = client.get(f"{college}/rooms/{hall.id}")
    assert 'value="ke-ku"' in form.text
    moved = client.post(
        f"{college}/rooms/{hall.id}",
        data=room | {"name": "Hall Two", "unit": "ke-university-of-nairobi"},
    )
    assert moved.status_code == 303
    assert client.get(f"{college}/rooms/{hall.id}").status_code == 404
    with application.db.read() as session:
        (hall,) = classrooms.rooms(session)
        assert hall.name == "Hall Two"
        assert hall.path == places.paths["ke-university-of-nairobi"]
    there = f"/staff/units/{hall.unit_id}/rooms/{hall.id}"
    viewer = application.signed_in("viewer", places.paths["ke"])
    assert "You may look at this room" in viewer.get(there).text
    for unit in ("np-tribhuvan-university", "nowhere"):
        assert client.post(there, data=room | {"unit": unit}).status_code == 404

    renamed = {"name": "KU", "code": "ke-kenyatta", "language": "fr"}
    assert client.post(college, data=renamed).status_code == 303
    assert "ke-kenyatta" in client.get(college).text
    assert client.post(college, data=renamed | {"name": ""}).status_code == 422
    with application.db.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.actor != "test"))
        here = [row.action for row in rows if row.path.startswith(places.paths["ke"])]
        actions = [action for action in here if action.startswith(("unit.", "room."))]
        assert audit.verify(session) is None
    assert actions == [
        "unit.added",
        "room.added",
        "room.changed",
        "room.moved",
        "room.moved",
        "unit.changed",
        "unit.changed",
        "unit.changed",
    ]


def test_a_table_is_looked_at_then_imported(application: Application, places: Places) -> None:
    client = application.signed_in("institution-it", places.paths["ke-university-of-nairobi"])
    table = f"{HEADER}{UON},Hall 2,Africa/Nairobi,,\n{UON},Lab,Africa/Nairobi,campus,\n"
    token = _without_script(client)

    looked = client.post(
        "/staff/units/import",
        data={"csrf_token": token},
        files={"table": ("rooms.csv", table.encode("utf-16"), "text/csv")},
    )
    assert looked.status_code == 303, looked.text
    preview = client.get(looked.headers["location"])
    assert "Make these 2 changes" in preview.text
    assert "Hall 2" in preview.text
    with application.db.read() as session:
        assert classrooms.rooms(session) == []
    token = csrf_token(preview.text)
    done = client.post(looked.headers["location"], data={"csrf_token": token})
    assert done.headers["location"] == "/staff/units?done=2"
    assert "2 changes were made" in client.get(done.headers["location"]).text
    with application.db.read() as session:
        assert [room.name for room in classrooms.rooms(session)] == ["Hall 2", "Lab"]
    assert client.get(looked.headers["location"]).status_code == 404
    client.headers["x-csrf-token"] = token
    again = _send(client, table)
    assert again.status_code == 200
    assert "there already" in again.text


def test_a_table_with_mistakes_says_where_and_stores_nothing(
    application: Application, places: Places
) -> None:
    client = application.signed_in("national-centre", places.paths["ke"])
    wrong = _send(client, f"{HEADER}{UON},Hall 2,Nairobi,,\n{UON},Lab,UTC,,sw\n")

    assert wrong.status_code == 422
    assert re.search(r'<th scope="row">2</th><td><bdi>timezone</bdi>', wrong.text)
    assert re.search(r'<th scope="row">3</th><td><bdi>language</bdi>', wrong.text)
    assert "2 things in the table" in wrong.text
    assert client.post("/staff/units/import").status_code == 422


def test_nobody_imports_into_the_part_of_others(application: Application, places: Places) -> None:
    officer = application.signed_in("national-centre", places.paths["ke"])
    technician = application.signed_in("institution-it", places.paths["ke-university-of-nairobi"])
    for client, row in (
        (officer, "Asia,Nepal,NP,Tribhuvan University,,Lab,Asia/Kathmandu,,"),
        (officer, "Africa,Chad,TD,University of N'Djamena,,,,,"),
        (technician, "Africa,Kenya,KE,Kenyatta University,,,,,"),
        (technician, UON.replace("University of Nairobi", "UoN") + ",Lab,UTC,,"),
    ):
        refused = _send(client, f"{HEADER}{row}\n")
        assert refused.status_code == 422, row
        assert "You may not do this" in refused.text
    kept = _send(officer, f"{HEADER}{UON},Lab,UTC,,\n").headers["location"]
    assert technician.get(kept).status_code == 404
    assert technician.post(kept).status_code == 404
    viewer = application.signed_in("viewer")
    assert "You may not import" in viewer.get("/staff/units/import").text
    assert viewer.get(kept).status_code == 404
    assert _send(viewer, HEADER).status_code == 403


def test_a_preview_that_is_out_of_date_is_shown_again(
    application: Application, places: Places
) -> None:
    client = application.signed_in("national-centre", places.paths["ke"])
    row = "Africa,Kenya,KE,Kenyatta University,ke-ku,,,,"
    kept = _send(client, f"{HEADER}{row}\n").headers["location"]
    with application.db.write() as session:
        orgs.add(
            session,
            parent_id=places.ids["np"],
            kind="institution",
            name="Kathmandu University",
            code="ke-ku",
        )

    refused = client.post(kept)

    assert refused.status_code == 200
    assert "is another unit" in refused.text
    assert "<button>Make" not in refused.text


def test_a_file_without_a_token_or_too_large_is_refused(
    application: Application, places: Places
) -> None:
    client = application.signed_in()
    token = client.headers.pop("x-csrf-token")
    assert _send(client, HEADER).status_code == 403
    files = {"table": ("rooms.csv", HEADER.encode(), "text/csv")}
    late = [("table", files["table"]), ("csrf_token", (None, token.encode()))]
    assert client.post("/staff/units/import", files=late).status_code == 403
    wrong = client.post("/staff/units/import", data={"csrf_token": "0" * 128}, files=files)
    assert wrong.status_code == 403
    client.headers["x-csrf-token"] = token
    large = client.post(
        "/staff/units/import", files={"table": ("rooms.csv", b"x" * 9_000_000, "text/csv")}
    )
    assert large.status_code == 422
    assert "too large" in large.text


def test_units_and_rooms_are_found_however_their_names_are_typed(
    application: Application, places: Places
) -> None:
    with application.db.write() as session:
        rows = "Africa,Kenya,KE,École Лекций,,Аудитория Ї,UTC,,\n"
        act = Act("test", application.now)
        importing.carry_out(session, f"{HEADER}{rows}".encode(), act)
    client = application.signed_in("viewer", places.paths["ke"])
    for text in ("ecole", "ÉCOLE", "лекций", "ЛЕКЦ"):
        (unit,) = client.get(f"/api/v1/units?text={text}").json()["units"]
    for text in ("аудит", "АУДИТОРИЯ Ї"):
        found = client.get(f"/api/v1/units/{unit['id']}/rooms?text={text}").json()["rooms"]
        assert len(found) == 1, text
    assert client.get(f"/api/v1/units/{unit['id']}/rooms?text=лекция").json()["rooms"] == []


def test_long_lists_come_a_page_at_a_time(application: Application, places: Places) -> None:
    rows = "\n".join(
        f"Africa,Kenya,KE,College {n:03},,{f'Room {n:03},UTC' if n else ','},," for n in range(120)
    )
    many = "\n".join(f"{UON},Room {n:03},UTC,," for n in range(120))
    with application.db.write() as session:
        table = f"{HEADER}{rows}\n{many}\n".encode()
        importing.carry_out(session, table, Act("test", application.now))
    client = application.signed_in("viewer", places.paths["ke"])

    for address, pattern in (
        (f"/staff/units/{places.ids['ke']}", r"<bdi>(College \d+)</bdi></a>"),
        ("/staff/units?text=college", r"<bdi>(College \d+)</bdi></a>"),
        (f"/staff/units/{places.ids['ke-university-of-nairobi']}", r"<bdi>(Room \d+)</bdi>"),
    ):
        seen: list[str] = []
        here = address
        for _page in range(3):
            text = client.get(here).text
            seen += re.findall(pattern, text)
            following = re.search(r'rel="next" href="([^"#]+)', text)
            if following:
                here = following[1].replace("&amp;", "&")
        assert len(seen) == len(set(seen)) == 120
        assert seen == sorted(seen)
    assert client.get("/staff/units?text=a&after=nothing").status_code == 422


def test_programs_read_and_add_units(application: Application, places: Places) -> None:
    client = application.signed_in("national-centre", places.paths["ke"])
    listed = client.get("/api/v1/units").json()
    assert [unit["code"] for unit in listed["units"]] == ["ke", "ke-university-of-nairobi"]
    assert listed["units"][0]["centre"] == "University of Nairobi"
    first = client.get("/api/v1/units?limit=1").json()
    second = client.get(f"/api/v1/units?limit=1&after={first['next']}").json()
    assert [one["units"][0]["code"] for one in (first, second)] == [
        "ke",
        "ke-university-of-nairobi",
    ]
    assert second["next"] == ""

    body = {"parent_id": places.ids["ke"], "kind": "institution", "name": "Moi University"}
    made = client.post("/api/v1/units", json=body)
    assert made.status_code == 201
    assert made.json()["code"] == "ke-moi-university"
    assert client.get(f"/api/v1/units/{made.json()['id']}").json() == made.json()
    for parent, status in ((places.ids["np"], 404), (places.ids["africa"], 404), ("x", 404)):
        answer = client.post("/api/v1/units", json=body | {"parent_id": parent})
        assert answer.status_code == status, parent
    technician = application.signed_in("institution-it", places.paths["ke"])
    assert technician.post("/api/v1/units", json=body).status_code == 403
    wrong = client.post("/api/v1/units", json=body | {"code": "No Code"})
    assert wrong.json()["error"]["fields"][0]["field"] == "code"
    assert client.get(f"/api/v1/units/{places.ids['np']}").status_code == 404

    with application.db.write() as session:
        for name in ("Lab", "Hall"):
            classrooms.add_room(session, unit_id=made.json()["id"], name=name)
    rooms = client.get(f"/api/v1/units/{made.json()['id']}/rooms?limit=1").json()
    assert [room["name"] for room in rooms["rooms"]] == ["Hall"]
    behind = client.get(
        f"/api/v1/units/{made.json()['id']}/rooms", params={"after": rooms["next"]}
    ).json()
    assert [room["name"] for room in behind["rooms"]] == ["Lab"]
