"""Configuration as files: written, planned, applied; what is there twice is written once."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from fleet.app import Fleet
from fleet.classrooms import rooms
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import DesiredChange
from fleet.cli import main
from fleet.db import Base, Database, Session
from fleet.desk.units import applying, planning, reading, writing
from fleet.desk.units.changes import Plan
from fleet.orgs import defaults
from fleet.orgs import service as orgs
from fleet.orgs.wanted import WantedUnit
from fleet.settings import FleetSettings
from tests.fleet.ingesting import environment
from tests.fleet.orgs.test_importing import ACT

KENYA = """\
unit: ke
kind: country
above: africa
name: Kenya
iso2: KE
centre: University of Nairobi
settings:
  upload:
    bytes_per_second: 250000
"""
NAIROBI = """\
unit: ke-uon
kind: institution
above: ke
name: University of Nairobi
language: en
rooms:
- name: Hall 2
  timezone: Africa/Nairobi
  uplink: campus
  settings:
    language: fr
- name: Lab
  timezone: Africa/Nairobi
"""
FILES = {
    "africa.yaml": "unit: africa\nkind: region\nabove: top\nname: Africa\n",
    "ke.yaml": KENYA,
    "ke-uon.yaml": NAIROBI,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "configuration"
    made.mkdir()
    for name, text in FILES.items():
        (made / name).write_text(text)
    return made


@pytest.fixture
def command(settings: FleetSettings) -> Callable[..., Result]:
    return lambda *words: CliRunner(env=environment(settings)).invoke(
        main, [str(word) for word in ("config", *words)]
    )


def _wanted(files: dict[str, str]) -> list[WantedUnit]:
    problems: list = []
    found = [reading.read_one(name, text, (), problems) for name, text in files.items()]
    assert problems == []
    return [one for one in found if one is not None]


def _plan(session: Session, files: dict[str, str], *, prune: bool = False) -> Plan:
    return planning.plan(session, _wanted(files), prune=prune)


def _apply(database: Database, files: dict[str, str], *, prune: bool = False) -> list[str]:
    with database.write() as session:
        plan = _plan(session, files, prune=prune)
        assert plan.problems == ()
        applying.apply(session, plan.changes, ACT)
    return [one.line for one in plan.changes]


def _export(database: Database) -> dict[str, str]:
    with database.read() as session:
        return dict(writing.files(session, orgs.root(session)))


def test_a_country_keeps_its_rooms_in_git(
    folder: Path, command: Callable[..., Result], fleet: Fleet, tmp_path: Path
) -> None:
    planned = command("plan", folder)
    assert planned.exit_code == 2, planned.output
    assert planned.stdout.splitlines() == [
        "+ africa: region Africa",
        "+ ke: country Kenya",
        '~ ke: all rooms upload: – → {"bytes_per_second": 250000}',
        "+ ke-uon: institution University of Nairobi",
        "+ ke-uon / Hall 2: Africa/Nairobi",
        "~ ke-uon / Hall 2: language: null → fr",
        "+ ke-uon / Lab: Africa/Nairobi",
        "7 changes.",
    ]
    assert command("apply", folder, "--yes").exit_code == 0
    again = command("plan", folder)
    assert (again.exit_code, again.stdout) == (0, "Nothing to do.\n")

    with fleet.database.read() as session:
        hall, lab = classrooms.rooms(session)
        wanted = [classrooms.desired(session, room.id).state for room in (hall, lab)]
    assert [one.upload.bytes_per_second for one in wanted] == [250_000, 250_000]
    assert [one.language for one in wanted] == ["fr", None]

    kept = tmp_path / "git"
    assert command("export", kept, "--unit", "ke").exit_code == 0
    assert {path.name: path.read_text() for path in kept.iterdir()} == {
        "ke.yaml": KENYA,
        "ke-uon.yaml": NAIROBI,
    }
    subprocess.run(["git", "init", "-q", kept], check=True, timeout=20)
    with fleet.database.write() as session:
        classrooms.set_desired(session, lab.id, "language", "ru")
        rooms.change(session, lab.id, "uplink", "annex")

    by_hand = command("plan", kept)
    assert by_hand.exit_code == 0, by_hand.output
    assert "ke-uon / Lab: language: ru → null" in by_hand.stderr
    assert "ke-uon / Lab: uplink: annex → –" in by_hand.stderr
    pruned = command("plan", kept, "--prune")
    assert pruned.stdout.splitlines() == [
        "- ke-uon / Lab: uplink: annex → –",
        "- ke-uon / Lab: language: ru → null",
        "2 changes.",
    ]
    assert command("apply", kept, "--prune", "--yes").exit_code == 0
    assert command("plan", kept, "--prune").exit_code == 0


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("ke.yaml", ("KE", "K1"), "ke.yaml:5: iso2:"),
        ("ke.yaml", ("africa", "asia"), "ke.yaml:3: above: There is no unit"),
        ("ke.yaml", ("250000", "fast"), "ke.yaml:8: settings.upload:"),
        ("ke.yaml", ("bytes_per", "byte_per"), "ke.yaml:9: settings.upload.byte_per_second:"),
        ("ke.yaml", ("settings:", "setting:"), "ke.yaml:7: setting: There is no such key"),
        ("ke.yaml", ("name: Kenya", "name: Kenya\nname: Kenia"), "ke.yaml:5: name is there twice"),
        ("ke.yaml", ("name: Kenya", "name: [Kenya"), "ke.yaml:5:"),
        ("ke.yaml", ("name: Kenya", "name: 7"), "ke.yaml:4: name: It has to be a text"),
        ("ke.yaml", ("kind: country", "kind: region"), "ke.yaml:2: kind:"),
        ("ke.yaml", ("unit: ke", "unit: kenya"), "ke.yaml:1: unit: The file has to be called"),
        (
            "ke-uon.yaml",
            ("language: fr", "language: sw"),
            "ke-uon.yaml:11: rooms[0].settings.language:",
        ),
        ("ke-uon.yaml", ("  language: fr", "  timetable: []"), "settings.timetable:"),
        ("ke-uon.yaml", ("name: Lab\n", "name: Hall 2\n"), "ke-uon.yaml:12: rooms[1].name: Line 7"),
        ("ke-uon.yaml", ("/Nairobi\n  up", "/Nowhere\n  up"), "ke-uon.yaml:8: timezone:"),
        (
            "ke-uon.yaml",
            ("  timezone: Africa/Nairobi\n  u", "  u"),
            "ke-uon.yaml:7: rooms[0].timez",
        ),
        ("ke-uon.yaml", (NAIROBI, "- a list"), "ke-uon.yaml:1:"),
        ("ke-uon.yaml", (NAIROBI, ""), "ke-uon.yaml:1:"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(
    folder: Path, command: Callable[..., Result], name: str, change: tuple[str, str], said: str
) -> None:
    text = FILES[name].replace(*change, 1)
    assert text != FILES[name]
    (folder / name).write_text(text)

    planned = command("plan", folder)

    assert planned.exit_code == 1
    assert said in planned.stderr
    assert planned.stderr.splitlines()[-1].startswith("fleet: ")
    assert "Traceback" not in planned.output


def test_apply_asks_and_a_no_changes_nothing(
    folder: Path, settings: FleetSettings, fleet: Fleet
) -> None:
    words = ["config", "apply", str(folder)]
    asked = CliRunner(env=environment(settings)).invoke(main, words, input="n\n")

    assert asked.exit_code == 1
    assert "Do it?" in asked.output
    with fleet.database.read() as session:
        assert orgs.subtree(session) == []


def test_rooms_follow_their_unit_unless_something_else_was_wanted_of_them(
    database: Database,
) -> None:
    _apply(database, FILES)
    changed = FILES | {"ke.yaml": KENYA.replace("250000", "90000") + "  language: ar\n"}

    assert _apply(database, changed) == [
        '~ ke: all rooms upload: {"bytes_per_second": 250000} → {"bytes_per_second": 90000}'
        " (2 rooms follow)",
        "~ ke: all rooms language: – → ar (1 room follows)",
    ]
    with database.read() as session:
        wanted = [classrooms.desired(session, one.id).state for one in classrooms.rooms(session)]
        assert [one.language for one in wanted] == ["fr", "ar"]
        assert {one.upload.bytes_per_second for one in wanted} == {90_000}
        assert _plan(session, changed).changes == ()
        change = session.scalars(select(DesiredChange).order_by(DesiredChange.id.desc())).first()
        assert (change.by, change.at, change.after) == (ACT.actor, ACT.now, "ar")

    with database.write() as session:
        lab = classrooms.rooms(session)[1]
        classrooms.set_desired(session, lab.id, "language", "zh")
    with database.read() as session:
        (by_hand,) = _plan(session, changed).changes
        assert by_hand.line == "~ ke-uon / Lab: language: zh → ar"


def test_pruning_takes_away_what_no_file_speaks_of_and_nothing_with_a_history(
    database: Database,
) -> None:
    _apply(database, FILES)
    college = {
        "ke-ku.yaml": "unit: ke-ku\nkind: institution\nabove: ke\nname: Kenyatta University\n"
        "rooms:\n- name: Attic\n  timezone: UTC\n"
    }
    _apply(database, college)
    fewer = FILES | {"ke.yaml": KENYA.partition("centre")[0]}
    with database.read() as session:
        plan = _plan(session, fewer)
        assert plan.changes == ()
        assert len(plan.kept) == 4

    assert _apply(database, fewer, prune=True) == [
        "- ke: centre: University of Nairobi → –",
        '- ke: all rooms upload: {"bytes_per_second": 250000} → – (3 rooms follow)',
        "- ke-ku / Attic",
        "- ke-ku: Kenyatta University",
    ]
    with database.read() as session:
        assert _plan(session, fewer, prune=True).changes == ()
        upload = classrooms.desired(session, classrooms.rooms(session)[0].id).state.upload
        assert upload.bytes_per_second is None


_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]),
    min_size=1,
    max_size=8,
)
_SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "upload": st.fixed_dictionaries(
            {"bytes_per_second": st.none() | st.integers(1, 10**9)},
        ),
        "language": st.sampled_from([None, "ar", "fr"]),
        "report_seconds": st.sampled_from([None, 5, 7.5, 3600]),
        "quiet_minutes": st.sampled_from([None, 1, 0.1 + 10]),
        "record_timetable": st.sampled_from([None, True, False]),
    },
)
_ROOMS = st.dictionaries(
    _TEXT,
    st.tuples(st.sampled_from(["UTC", "Asia/Tokyo"]), st.just("") | _TEXT, _SETTINGS),
    max_size=3,
)
_COLLEGES = st.lists(st.tuples(_TEXT, st.sampled_from(["", "es"]), _SETTINGS, _ROOMS), max_size=3)


@settings(max_examples=60, deadline=None)
@given(top=_SETTINGS, country=_SETTINGS, colleges=_COLLEGES)
def test_export_apply_export_gives_the_same_bytes(top: dict, country: dict, colleges: list) -> None:
    first, second = (Database("sqlite://") for _ in range(2))
    for database in (first, second):
        Base.metadata.create_all(database.engine)
    with first.write() as session:
        _build(session, top, country, colleges)
    exported = _export(first)

    _apply(second, exported)

    assert _export(second) == exported
    for database in (first, second):
        with database.read() as session:
            plan = _plan(session, exported, prune=True)
            assert [one.line for one in plan.changes] == []
        database.close()


def _build(session: Session, top: dict, country: dict, colleges: list) -> None:
    root = orgs.root(session)
    region = orgs.add(session, parent_id=root.id, kind="region", name="Asia")
    nepal = orgs.add(session, parent_id=region.id, kind="country", name="Nepal", iso2="NP")
    for name, language, wanted, listed in colleges:
        unit = orgs.add(
            session, parent_id=nepal.id, kind="institution", name=name, language=language
        )
        for room, (timezone, uplink, own) in listed.items():
            made = classrooms.add_room(
                session, unit_id=unit.id, name=room, timezone=timezone, uplink=uplink
            )
            for key, value in own.items():
                classrooms.set_desired(session, made.id, key, value)
        for key, value in wanted.items():
            rooms.set_default(session, unit, key, value, ACT)
    for unit, wanted in ((root, top), (nepal, country)):
        for key, value in wanted.items():
            rooms.set_default(session, unit, key, value, ACT)
    assert set(top) <= set(defaults.KEYS)
