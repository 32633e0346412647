"""A table becomes organisations and rooms: all of it or nothing, and twice is as once."""

import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from fleet.audit import service as audit
from fleet.audit.models import AuditRow
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Room
from fleet.db import Database
from fleet.desk.units import importing
from fleet.errors import Refused
from fleet.orgs import sample
from fleet.orgs import service as orgs
from fleet.orgs.files import Act
from fleet.orgs.models import OrgUnit

ACT = Act("somebody", datetime(2026, 11, 23, 12, tzinfo=UTC))
HEADER = "region,country,iso2,institution,code,room,timezone,uplink,language\n"
KENYA = "Africa,Kenya,KE,University of Nairobi,ke-uon"


def _import(database: Database, content: bytes | str) -> list[str]:
    given = content if isinstance(content, bytes) else content.encode()
    with database.write() as session:
        return [one.line for one in importing.carry_out(session, given, ACT).changes]


def _look(database: Database, content: str) -> list[tuple[int, str]]:
    with database.read() as session:
        return [(one.line, one.field) for one in importing.look(session, content.encode()).problems]


@pytest.mark.parametrize("names", [sample.FILES, sample.FILES[::-1]])
def test_the_sample_makes_the_tree_in_either_order(
    database: Database, names: tuple[str, ...]
) -> None:
    for name in names:
        assert _import(database, sample.content(name))

    with database.read() as session:
        units = {unit.code: unit for unit in orgs.subtree(session)}
        kenya = units["ke"]
        assert (kenya.name, kenya.iso2, kenya.centre) == ("Kenya", "KE", "University of Nairobi")
        assert units["sn"].centre == "Gaston Berger University"
        assert units["dj"].centre == ""
        college = units["ke-university-of-nairobi"]
        assert college.path.startswith(kenya.path)
        assert college.language == "en"
        assert sum(unit.kind == "institution" for unit in units.values()) == 17
        assert sum(unit.kind == "country" for unit in units.values()) == 17 + 5
        assert audit.verify(session) is None
    for name in sample.FILES:
        assert _import(database, sample.content(name)) == []


def test_rooms_come_with_their_institution_and_change_when_the_table_does(
    database: Database,
) -> None:
    first = f"{HEADER}{KENYA},Hall 2,Africa/Nairobi,campus,en\n{KENYA},Lab,Africa/Nairobi,,\n"
    assert _import(database, first) == [
        "+ africa: region Africa",
        "+ ke: country Kenya",
        "+ ke-uon: institution University of Nairobi",
        "+ ke-uon / Hall 2: Africa/Nairobi",
        "+ ke-uon / Lab: Africa/Nairobi",
    ]
    assert _import(database, first) == []

    second = f"{HEADER}{KENYA.replace('University of Nairobi', 'UoN')},Lab,Asia/Tokyo,line 1,fr\n"
    assert _import(database, second) == [
        "~ ke-uon: name: University of Nairobi → UoN",
        "~ ke-uon: language: en → fr",
        "~ ke-uon / Lab: timezone: Africa/Nairobi → Asia/Tokyo",
        "~ ke-uon / Lab: uplink: – → line 1",
    ]
    with database.read() as session:
        hall, lab = classrooms.rooms(session)
        college = orgs.by_code(session, "ke-uon")
        assert (hall.uplink, lab.timezone, lab.uplink) == ("campus", "Asia/Tokyo", "line 1")
        assert hall.path == lab.path == college.path
        rows = list(session.scalars(select(AuditRow).where(AuditRow.target == lab.id)))
        assert [row.action for row in rows] == ["room.added", "room.changed", "room.changed"]
        assert {row.path for row in rows} == {college.path}


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ([f"{KENYA},Lab,UTC,,", f"{KENYA},Lab,UTC,,"], (3, "room")),
        ([f"{KENYA},Lab,UTC,,en", f"{KENYA},Hall,UTC,,fr"], (3, "language")),
        ([f"{KENYA},,,,", "Africa,Kenya,KE,Kenyatta University,ke-uon,,,,"], (3, "code")),
        ([f"{KENYA},,,,", "Africa,Uganda,UG,Makerere,ke-uon,,,,"], (3, "code")),
        ([f"{KENYA},,,,", "Africa,Kenia,KE,Kenyatta University,,,,,"], (3, "country")),
        ([f"{KENYA},,,,", "Asia,Kenya,KE,Kenyatta University,,,,,"], (3, "region")),
        ([f"{KENYA},,,,", "Africa,Kenya,KE,Kenyatta University,ke,,,,"], (3, "code")),
    ],
)
def test_rows_that_contradict_each_other_are_told(
    migrated: Database, rows: list[str], where: tuple[int, str]
) -> None:
    _import(migrated, f"{HEADER}Africa,Kenya,KE,,,,,,\n")

    assert where in _look(migrated, HEADER + "\n".join(rows))


def test_one_wrong_row_and_nothing_is_stored(database: Database) -> None:
    with pytest.raises(Refused, match="row 3, timezone: There is no time zone Nowhere"):
        _import(database, f"{HEADER}{KENYA},Hall,UTC,,\n{KENYA},Lab,Nowhere,,\n")

    with database.read() as session:
        assert orgs.subtree(session) == []
        assert session.scalar(select(func.count()).select_from(AuditRow)) == 0


def test_a_country_added_by_hand_is_found_again(migrated: Database) -> None:
    with migrated.write() as session:
        top = orgs.root(session)
        asia = orgs.add(session, parent_id=top.id, kind="region", name="Asia")
        orgs.add(session, parent_id=asia.id, kind="country", name="Nepal", code="nepal")

    assert _import(migrated, f"{HEADER}Asia,Nepal,NP,Tribhuvan University,,,,,\n") == [
        "~ nepal: iso2: – → NP",
        "+ np-tribhuvan-university: institution Tribhuvan University",
    ]
    with migrated.read() as session:
        plan = importing.look(session, f"{HEADER}South Asia,Nepal,NP,,,,,,\n".encode())
    assert (plan.changes, plan.problems) == ((), ())
    assert importing.said(plan.notes[0]) == "row 2, region: Nepal stays where it is."


def test_ten_thousand_rooms_do_not_take_long(database: Database) -> None:
    rows = [
        f"Africa,Kenya,KE,College {number % 100},,Room {number},Africa/Nairobi,,"
        for number in range(10_000)
    ]
    content = HEADER + "\n".join(rows)
    began = time.monotonic()
    assert len(_import(database, content)) == 10_102
    first = time.monotonic() - began
    assert _import(database, content) == []
    second = time.monotonic() - began - first

    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Room)) == 10_000
        assert session.scalar(select(func.count()).select_from(OrgUnit)) == 103
    assert first < 30
    assert second < 10
