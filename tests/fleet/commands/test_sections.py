"""Other folders have a part in each unit's file: told apart, planned, done with the rest."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from fleet.audit import service as audit
from fleet.db import Database, Session
from fleet.desk.units import applying, planning, reading, writing
from fleet.desk.units.changes import Plan
from fleet.errors import Refused
from fleet.orgs import service as orgs
from fleet.orgs.files import Act, SectionChange
from fleet.orgs.models import OrgUnit
from tests.fleet.commands.test_config import FILES
from tests.fleet.orgs.test_importing import ACT


class Mottoes:
    """A folder with one text for each unit, kept in a dict instead of a table."""

    key = "mottoes"

    def __init__(self) -> None:
        self.kept: dict[str, list[str]] = {}

    def export(self, session: Session, unit: OrgUnit) -> Any | None:
        return self.kept.get(unit.id)

    def plan(self, session: Session, unit: OrgUnit | None, value: Any) -> Iterable[SectionChange]:
        for number, motto in enumerate(value):
            if not isinstance(motto, str):
                raise Refused("a motto is a text", field=f"[{number}]")
        have = self.kept.get(unit.id, []) if unit else []
        for motto in value:
            if motto not in have:
                yield SectionChange("+", f"motto {motto}", self._adding(motto))
        for motto in have:
            if motto not in value:
                yield SectionChange("-", f"motto {motto}", self._removing(motto))

    def _adding(self, motto: str) -> Any:
        def do(session: Session, unit: OrgUnit, act: Act) -> None:
            self.kept.setdefault(unit.id, []).append(motto)
            audit.record(
                session, actor=act.actor, action="motto.added", path=unit.path, now=act.now
            )

        return do

    def _removing(self, motto: str) -> Any:
        return lambda _session, unit, _act: self.kept[unit.id].remove(motto)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    with (tmp_path / "ke-uon.yaml").open("a") as file:
        file.write("mottoes:\n- Unitate et Labore\n- Light\n")
    return tmp_path


def _plan(session: Session, folder: Path, section: Mottoes, *, prune: bool = False) -> Plan:
    read = reading.read(folder, [section.key])
    assert read.problems == []
    return planning.plan(session, read.units, prune=prune, sections=[section])


def test_a_section_is_planned_done_exported_and_pruned(migrated: Database, folder: Path) -> None:
    section = Mottoes()
    with migrated.write() as session:
        plan = _plan(session, folder, section)
        assert [one.line for one in plan.changes][-2:] == [
            "+ ke-uon: motto Unitate et Labore",
            "+ ke-uon: motto Light",
        ]
        applying.apply(session, plan.changes, ACT)
        assert audit.verify(session) is None

    with migrated.read() as session:
        assert _plan(session, folder, section).changes == ()
        college = orgs.by_code(session, "ke-uon")
        ((name, text),) = writing.files(session, college, [section])
    assert text == (folder / name).read_text()

    (folder / name).write_text(text.removesuffix("- Light\n"))
    with migrated.write() as session:
        kept = _plan(session, folder, section)
        assert (kept.changes, [one.line for one in kept.kept]) == ((), ["- ke-uon: motto Light"])
        plan = _plan(session, folder, section, prune=True)
        applying.apply(session, plan.changes, ACT)
        assert _plan(session, folder, section, prune=True).changes == ()
    assert section.kept == {college.id: ["Unitate et Labore"]}


def test_what_a_section_refuses_has_a_line(migrated: Database, folder: Path) -> None:
    path = folder / "ke-uon.yaml"
    path.write_text(path.read_text().replace("- Light", "- 7"))

    with migrated.read() as session:
        (problem,) = _plan(session, folder, Mottoes()).problems

    assert (problem.file, problem.field, problem.text) == (
        "ke-uon.yaml",
        "mottoes[1]",
        "a motto is a text",
    )
    assert path.read_text().splitlines()[problem.line - 1] == "- 7"
