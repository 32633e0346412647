"""Tables as spreadsheets write them: read alike, and what is wrong is told with its row."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.orgs import sample, table

HEADER = "region,country,iso2,institution,code,room,timezone,uplink,language"
ROW = "Africa,Kenya,KE,University of Nairobi,ke-uon,Hall 2,Africa/Nairobi,campus,en"
QUOTED = ",".join(f'"{cell}"' for cell in ROW.split(","))
PLAIN = f"{HEADER}\n{ROW}\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.replace(",", ";").encode("utf-8-sig"),
        PLAIN.replace(",", "\t").encode("utf-16"),
        PLAIN.replace("\n", "\r\n").encode(),
        f"{HEADER.upper()}\n{QUOTED}\n\n".encode(),
        f"{HEADER}\n{ROW.replace(',', ' , ')}".encode(),
    ],
)
def test_whatever_the_spreadsheet_writes_is_the_same_table(content: bytes) -> None:
    read = table.read(content)

    assert read.problems == ()
    (row,) = read.rows
    assert (row.iso2, row.institution, row.code) == ("KE", "University of Nairobi", "ke-uon")
    assert (row.room, row.timezone, row.uplink) == ("Hall 2", "Africa/Nairobi", "campus")
    assert row.at.line == 2


@pytest.mark.parametrize(
    ("content", "row", "field", "said"),
    [
        (b"", 1, "", "empty"),
        (b"region,country,iso2\nAfrica,Kenya,KE\n", 1, "institution", "missing"),
        (f"{HEADER},floor\n{ROW},2\n".encode(), 1, "floor", "no such column"),
        (f"{HEADER},room\n{ROW},2\n".encode(), 1, "room", "twice"),
        (PLAIN.replace("Nairobi", "Nairöbi").encode("latin-1"), 2, "", "UTF-8"),
        (b"PK\x03\x04\0\0", 0, "", "not a table"),
        (PLAIN.replace("University", '"University').encode(), 2, "", "Quotes"),
        (PLAIN.replace("Africa/Nairobi", "Nairobi").encode(), 2, "timezone", "Africa/Nairobi"),
        (PLAIN.replace("Africa/Nairobi", "").encode(), 2, "timezone", "needs one"),
        (PLAIN.replace("KE", "KEN").encode(), 2, "iso2", "two letters"),
        (PLAIN.replace("KE,", "ZZ,").encode(), 2, "iso2", "two letters"),
        (PLAIN.replace("ke-uon", "ke uon").encode(), 2, "code", "hyphens"),
        (PLAIN.replace(",en\n", ",sw\n").encode(), 2, "language", "ar, zh, en"),
        (PLAIN.replace("Hall 2", "").encode(), 2, "room", "empty"),
        (PLAIN.replace("University of Nairobi", "").encode(), 2, "institution", "empty"),
        (PLAIN.replace("Hall 2", "Hall\x072").encode(), 2, "room", "control"),
        (PLAIN.replace("Hall 2", "H" * 201).encode(), 2, "room", "200"),
        (f"{HEADER}\n{ROW},one,two\n".encode(), 2, "", "11 cells"),
        (f"{HEADER}\n\n\n{ROW.replace('KE', '')}\n".encode(), 4, "iso2", "two letters"),
    ],
)
def test_what_is_wrong_is_told_with_row_and_column(
    content: bytes, row: int, field: str, said: str
) -> None:
    (problem, *_) = table.read(content).problems

    assert (problem.line, problem.field) == (row, field)
    assert said in problem.text


def test_every_wrong_row_is_told_at_once() -> None:
    wrong = ROW.replace("KE", "K1")
    problems = table.read("\n".join([HEADER, wrong, ROW, wrong]).encode()).problems

    assert [problem.line for problem in problems] == [2, 4]


def test_the_two_surveys_are_read_as_they_are() -> None:
    sites, centres = (table.read(sample.content(name)) for name in sample.FILES)

    assert (sites.problems, centres.problems) == ((), ())
    assert (len(sites.rows), len(centres.rows)) == (17, 17)
    assert (sites.centres, centres.centres) == (False, True)
    assert (sites.ignored, centres.ignored) == (("hardware_partner",), ("year",))
    assert {row.country: row.language for row in sites.rows}["Djibouti"] == "fr"
    assert sites.rows[0].institution == "University of Engineering and Technology, Lahore"


@given(st.binary(max_size=400))
def test_no_bytes_at_all_make_it_fail(content: bytes) -> None:
    table.read(content)


@given(st.lists(st.lists(st.text(max_size=12), min_size=9, max_size=9), max_size=5))
def test_no_cells_at_all_make_it_fail(cells: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER.split(","), *cells])
    read = table.read(text.getvalue().encode("utf-8", "replace"))

    assert len(read.rows) <= len(cells)
