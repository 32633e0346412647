"""A table of organisations and rooms, as spreadsheets write them: bytes to rows. Pure.

Row 1 names the columns. `region,country,iso2,institution` have to be there; the survey of sites
adds `hardware_partner,languages`, that of national centres `year`, and our own format
`code,room,timezone,uplink,language`. Commas, semicolons and tabs separate; UTF-8, also with the
mark that Excel writes, or UTF-16 with one.
"""

import codecs
import csv
import io
import unicodedata
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from fleet.orgs import codes
from fleet.orgs.wanted import Place, Problem
from fleet.web.language import LANGUAGES
from fleet.web.language import gettext as _

NEEDED = ("region", "country", "iso2", "institution")
OWN = (*NEEDED, "code", "room", "timezone", "uplink", "language")
NOT_KEPT = ("hardware_partner", "year")
_KNOWN = frozenset({*OWN, *NOT_KEPT, "languages"})
_LENGTHS = {"code": codes.LONGEST, "uplink": 100, "timezone": 64}

LARGEST = 8_000_000
"""Bytes; a little less than `fleet.web.csrf` lets through."""

MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row; "" is an empty cell. `language` is one that Lectern speaks."""

    at: Place
    region: str
    country: str
    iso2: str
    institution: str
    code: str
    room: str
    timezone: str
    uplink: str
    language: str


@dataclass(frozen=True, slots=True)
class Table:
    """What was read.

    `centres`: the institutions are national centres. `ignored`: columns that are not kept.
    """

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    centres: bool = False
    ignored: tuple[str, ...] = ()


def read(content: bytes) -> Table:
    """The rows of a table, and everything that is wrong with it."""
    try:
        text = _decoded(content)
        records = _records(text)
    except _Unreadable as error:
        return Table((), (error.problem,))
    if not records:
        return Table((), (Problem(1, "", _("The table is empty.")),))
    header = [name.strip().casefold() for name in records[0][1]]
    problems = list(_wrong_header(header))
    if problems:
        return Table((), tuple(problems))
    if len(records) > MOST_ROWS:
        text = _("Only %(count)s rows at a time; split the table.", count=MOST_ROWS)
        return Table((), (Problem(MOST_ROWS + 1, "", text),))
    rows = []
    for number, record in islice(records, 1, None):
        if not any(cell.strip() for cell in record):
            continue
        if len(record) > len(header):
            text = _(
                "There are %(count)s cells, and %(columns)s columns.", **_counts(record, header)
            )
            problems.append(Problem(number, "", text))
            continue
        cells = dict.fromkeys(_KNOWN, "")
        cells.update({name: _clean(cell) for name, cell in zip(header, record, strict=False)})
        row = _row(number, cells)
        problems += _wrong_row(row, cells)
        rows.append(row)
    centres = "year" in header and not {"room", "languages"} & set(header)
    ignored = tuple(name for name in header if name in NOT_KEPT)
    return Table(tuple(rows), tuple(problems), centres, ignored)


@cache
def timezones() -> frozenset[str]:
    """The names of all time zones; reading them takes a while."""
    return frozenset(zoneinfo.available_timezones())


class _Unreadable(Exception):
    def __init__(self, row: int, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(row, "", text)


def _counts(record: list[str], header: list[str]) -> dict[str, int]:
    return {"count": len(record), "columns": len(header)}


def _decoded(content: bytes) -> str:
    if len(content) > LARGEST:
        raise _Unreadable(0, _("The file is larger than %(count)s MB.", count=LARGEST // 10**6))
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        text = _("Letters are not in UTF-8. Save the table as “CSV UTF-8”.")
        raise _Unreadable(row, text) from error
    if "\0" in text:
        raise _Unreadable(0, _("This is not a table of text. Save it as “CSV UTF-8”."))
    return text


def _records(text: str) -> list[tuple[int, list[str]]]:
    """Row numbers as spreadsheets count them, and cells."""
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    found: list[tuple[int, list[str]]] = []
    try:
        for number, record in enumerate(reader, start=1):
            found.append((number, record))
    except csv.Error as error:
        said = _("Quotes are not closed, or there is text behind them: %(why)s", why=error)
        raise _Unreadable(len(found) + 1, said) from error
    return found


def _wrong_header(header: list[str]) -> Iterator[Problem]:
    for name in NEEDED:
        if name not in header:
            yield Problem(1, name, _("The column is missing; row 1 has to name the columns."))
    for name in sorted(set(header)):
        if header.count(name) > 1:
            yield Problem(1, name, _("The column is there twice."))
        if name not in _KNOWN:
            known = ", ".join((*OWN, "languages", *NOT_KEPT))
            yield Problem(
                1, name, _("There is no such column. Those known: %(known)s", known=known)
            )


def _clean(cell: str) -> str:
    return unicodedata.normalize("NFC", cell).strip()


def _row(number: int, cells: dict[str, str]) -> Row:
    spoken = [tag for tag in cells["languages"].casefold().split() if tag in LANGUAGES]
    return Row(
        at=Place(number),
        region=cells["region"],
        country=cells["country"],
        iso2=cells["iso2"].upper(),
        institution=cells["institution"],
        code=cells["code"].casefold(),
        room=cells["room"],
        timezone=cells["timezone"],
        uplink=cells["uplink"],
        language=cells["language"].casefold() or (spoken[0] if spoken else ""),
    )


def _wrong_row(row: Row, cells: dict[str, str]) -> Iterator[Problem]:
    for name, cell in cells.items():
        if len(cell) > _LENGTHS.get(name, 200):
            text = _("At most %(count)s characters.", count=_LENGTHS.get(name, 200))
            yield row.at.problem(name, text)
        if any(unicodedata.category(letter) == "Cc" for letter in cell):
            yield row.at.problem(name, _("There is a line break or another control character."))
    for name in ("region", "country"):
        if not cells[name]:
            yield row.at.problem(name, _("It is empty."))
    if not codes.is_country(row.iso2):
        yield row.at.problem("iso2", _("Write the two letters of the country, like KE."))
    if row.code and not codes.is_code(row.code):
        yield row.at.problem("code", _("Write small letters, digits and hyphens, like ke-uon."))
    if row.language and row.language not in LANGUAGES:
        text = _("Write one of %(codes)s.", codes=", ".join(LANGUAGES))
        yield row.at.problem("language", text)
    if not row.institution and (row.room or row.code):
        yield row.at.problem("institution", _("It is empty."))
    if row.room and not row.timezone:
        yield row.at.problem("timezone", _("A room needs one, like Africa/Nairobi."))
    elif row.timezone and row.timezone not in timezones():
        text = _("There is no time zone %(name)s; write it like Africa/Nairobi.", name=row.timezone)
        yield row.at.problem("timezone", text)
    if not row.room and (row.timezone or row.uplink):
        yield row.at.problem("room", _("It is empty, but there is something about it."))
