"""The audit trail as staff read it: their own part of it, with names, page by page, as CSV."""

import csv
import io
import re
from datetime import timedelta

import pytest

from fleet.audit import service as audit
from fleet.auth import service as auth
from fleet.classrooms import service as classrooms
from tests.fleet.people.conftest import Places, application, places
from tests.fleet.web.application import NOON, Application

__all__ = ["application", "places"]


def _record(application: Application, action: str, path: str, **more: object) -> None:
    with application.db.write() as session:
        values = {"actor": "fleet", "now": NOON, **more}
        audit.record(session, action=action, path=path, **values)  # type: ignore[arg-type]


def test_one_reads_what_happened_in_one_s_own_units(
    application: Application, places: Places
) -> None:
    _record(application, "room.own", places.nairobi)
    _record(application, "room.sibling", places.mombasa)
    _record(application, "room.above", places.country)
    page = application.signed_in("institution-it", places.nairobi).get("/staff/audit").text
    assert "room.own" in page
    assert "room.sibling" not in page
    assert "room.above" not in page
    officer = application.signed_in("national-centre", places.country).get("/staff/audit").text
    assert "room.sibling" in officer
    assert "room.above" in officer
    assert application.signed_in("viewer", places.nairobi).get("/staff/audit").status_code == 403


def test_names_stand_for_ids(application: Application, places: Places) -> None:
    with application.db.write() as session:
        person = auth.add_user(session, "amina@x.org", "Amina <b>", path=places.nairobi, now=NOON)
        room = classrooms.add_room(session, unit_id=places.nairobi_id, name="Hall seven")
    _record(application, "room.changed", places.nairobi, actor=person, target=room.id)
    page = application.signed_in("institution-it", places.nairobi).get("/staff/audit").text
    assert "Amina &lt;b&gt;" in page
    assert "Hall seven" in page
    assert "University of Nairobi" in page
    assert room.id not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("actor=amina", {"a.one"}),
        ("action=a", {"a.one", "a.two", "a.four"}),
        ("action=b.three", {"b.three"}),
        ("target=hall", {"a.two"}),
        ("target=ЛЕКЦИОННАЯ", {"a.four"}),
        ("actor=амина", {"a.four"}),
        ("since=2026-11-24", {"b.three"}),
        ("until=2026-11-23", {"a.one", "a.two", "a.four"}),
        ("since=2026-11-23&until=2026-11-23&action=a.two", {"a.two"}),
        ("actor=nobody+at+all", set()),
    ],
)
def test_filters(application: Application, places: Places, query: str, found: set[str]) -> None:
    with application.db.write() as session:
        person = auth.add_user(session, "amina@x.org", "Amina", path=places.mombasa, now=NOON)
        room = classrooms.add_room(session, unit_id=places.nairobi_id, name="Hall")
        other = classrooms.add_room(session, unit_id=places.nairobi_id, name="Лекционная")
        namesake = auth.add_user(session, "yusuf@x.org", "Амина", path=places.mombasa, now=NOON)
    _record(application, "a.one", places.nairobi, actor=person)
    _record(application, "a.two", places.nairobi, target=room.id)
    _record(application, "a.four", places.nairobi, actor=namesake, target=other.id)
    _record(application, "b.three", places.nairobi, now=NOON + timedelta(days=1))
    reader = application.signed_in("secretariat")
    page = reader.get(f"/staff/audit?{query}").text
    shown = set(re.findall(r"<code dir=\"ltr\">((?:a|b)\.\w+)</code>", page))
    assert shown == found


def test_a_day_that_is_none(application: Application) -> None:
    reader = application.signed_in()
    assert reader.get("/staff/audit?since=soon").status_code == 422
    assert reader.get("/staff/audit/audit.csv?since=soon").status_code == 422


def test_pages_follow_each_other(application: Application, places: Places) -> None:
    for number in range(70):
        _record(application, f"n.r{number}", places.nairobi)
    reader = application.signed_in("institution-it", places.nairobi)
    seen: list[str] = []
    address = "/staff/audit?action=n.r"
    while address:
        page = reader.get(address).text
        seen += re.findall(r"<code dir=\"ltr\">n\.r(\d+)</code>", page)
        older = re.search(r'href="(/staff/audit\?[^"]*before=\d+)"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert seen == [str(number) for number in reversed(range(70))]


def test_it_is_taken_away_as_csv_and_that_is_a_row(
    application: Application, places: Places
) -> None:
    _record(application, "room.own", places.nairobi, detail={"name": "=1+1", "نص": "é"})
    _record(application, "room.own", places.nairobi, target=" =HYPERLINK(1)")
    _record(application, "room.sibling", places.mombasa)
    reader = application.signed_in("institution-it", places.nairobi)
    answer = reader.get("/staff/audit/audit.csv?action=room")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:4] == ["number", "time", "who", "what"]
    assert [row[3] for row in rows[1:]] == ["room.own", "room.own"]
    assert rows[1][4] == "' =HYPERLINK(1)"
    assert "audit.exported" in application.signed_in().get("/staff/audit").text
