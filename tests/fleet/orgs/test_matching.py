"""Rows of a table find the units that are there."""

from hypothesis import given
from hypothesis import strategies as st

from fleet.orgs import codes, matching, table
from fleet.orgs.models import OrgUnit

HEADER = "region,country,iso2,institution,code,room,timezone,uplink,language\n"
TOP = OrgUnit(id="1", parent_id=None, kind="region", name="Region", code="top", iso2="")
AFRICA = OrgUnit(id="2", parent_id="1", kind="region", name="Africa", code="africa", iso2="")
KENYA = OrgUnit(id="3", parent_id="2", kind="country", name="Kenya", code="ke", iso2="KE")
UON = OrgUnit(id="4", parent_id="3", kind="institution", name="UoN", code="ke-1", iso2="")
KNOWN = (TOP, AFRICA, KENYA, UON)


def _match(*rows: str) -> matching.Matched:
    return matching.match(table.read((HEADER + "\n".join(rows)).encode()), KNOWN)


def test_units_are_found_by_letters_code_and_name() -> None:
    found = _match("Africa,Kenya,KE,uon,,Lab,UTC,,", "AFRICA,Chad,TD,N'Djamena,,,,,fr")

    assert [(unit.code, unit.above) for unit in found.units] == [
        ("ke", "africa"),
        ("ke-1", "ke"),
        ("td", "africa"),
        ("td-n-djamena", "td"),
    ]
    assert [room.name for room in found.units[1].rooms] == ["Lab"]
    assert found.units[3].language == "fr"


def test_a_code_of_another_unit_is_refused() -> None:
    for row in (
        "Africa,Kenya,KE,Moi University,ke,,,,",
        "Africa,Chad,TD,N'Djamena,ke-1,,,,",
        "Africa,Kenya,KE,UoN,ke-uon,,,,",
    ):
        (problem,) = _match(row).problems
        assert (problem.line, problem.field) == (2, "code"), row


def test_a_country_by_the_name_of_something_else_is_refused() -> None:
    africa = OrgUnit(id="5", parent_id="2", kind="institution", name="Chad", code="x", iso2="")
    read = table.read(f"{HEADER}Africa,Chad,TD,,,,,,\n".encode())

    (problem,) = matching.match(read, (*KNOWN, africa)).problems

    assert problem.field == "country"


@given(st.text(min_size=1), st.sets(st.text()))
def test_every_name_gets_a_code_that_nobody_has(name: str, taken: set[str]) -> None:
    wish = codes.slug(name)
    code = codes.free(wish, {*taken, wish})

    assert codes.is_code(wish)
    assert codes.is_code(code)
    assert code not in {*taken, wish}
    assert codes.is_code(codes.wish("institution", name, "", "KE"))
