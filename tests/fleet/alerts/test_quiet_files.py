"""Standing silences and maintenance in the files of units."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result

from fleet.alerts import repository, service
from fleet.alerts.quiet_files import Silences
from fleet.app import Fleet
from fleet.db import Database
from fleet.desk.units import applying, planning, reading, writing
from fleet.orgs import service as orgs
from tests.fleet.orgs.test_importing import ACT

SILENCES = """\
silences:
- kind: maintenance
  days:
  - sat
  - sun
  from: '22:00'
  to: 06:00
  why: The power is off.
- kind: silence
  rule: lamp-hours
"""
TOP = "silences:\n- kind: silence\n  rule: panel-hours\n"


@pytest.fixture
def folder(configuration: Callable[[str, str], Path]) -> Path:
    return configuration(TOP, SILENCES)


def test_silences_are_planned_begun_and_written_again(
    folder: Path, command: Callable[..., Result], fleet: Fleet, tmp_path: Path
) -> None:
    planned = command("plan", folder).stdout
    assert "+ ke-uon: quiet: maintenance sat sun 22:00-06:00" in planned
    assert "+ top: quiet: silence panel-hours for good" in planned
    assert command("apply", folder, "--yes").exit_code == 0
    assert command("plan", folder, "--prune").stdout == "Nothing to do.\n"
    with fleet.database.read() as session:
        windows = {one.rule: one for one in repository.windows(session, ACT.now)}
        assert windows["panel-hours"].path == "", "what holds everywhere"
        assert windows["lamp-hours"].path == orgs.by_code(session, "ke-uon").path
        assert (windows[""].weekdays, windows[""].from_minute) == ("56", 22 * 60)

    again = tmp_path / "again"
    assert command("export", again).exit_code == 0
    assert {path.name: path.read_text() for path in again.iterdir()} == {
        path.name: path.read_text() for path in folder.iterdir()
    }


def _apply(database: Database, folder: Path, *, prune: bool = False) -> list[str]:
    with database.write() as session:
        read = reading.read(folder, ["silences"])
        assert read.problems == []
        plan = planning.plan(session, read.units, prune=prune, sections=[Silences()])
        applying.apply(session, plan.changes, ACT)
    return [one.line for one in (*plan.changes, *plan.kept)]


def test_what_is_in_no_file_is_ended_on_request_and_what_ends_by_itself_is_left(
    database: Database, folder: Path
) -> None:
    _apply(database, folder)
    with database.write() as session:
        college = orgs.by_code(session, "ke-uon")
        for days in ("0", "1"):
            end = ACT.now + timedelta(days=9) if days == "1" else None
            service.be_quiet(
                session, kind="silence", path=college.path, weekdays=days, ends_at=end, by="x",
                now=ACT.now,
            )  # fmt: skip
        ((_name, text),) = writing.files(session, college, [Silences()])
    assert text.count("kind: silence") == 2

    by_hand = ["- ke-uon: quiet: silence mon 00:00-00:00"]
    assert _apply(database, folder) == by_hand
    assert _apply(database, folder, prune=True) == by_hand
    assert _apply(database, folder, prune=True) == []


def test_a_time_without_quotes_is_a_time(database: Database, folder: Path) -> None:
    path = folder / "ke-uon.yaml"
    path.write_text(path.read_text().replace("'", ""))
    assert "+ ke-uon: quiet: maintenance sat sun 22:00-06:00" in _apply(database, folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("'22:00'", "'25:00'"), "ke-uon.yaml:19: silences[0].from:"),
        (("- sat\n", "- caturday\n"), "silences[0].days"),
        (("rule: lamp-hours", "days: []"), "silences[1].days"),
        (("rule: lamp-hours", "from: '08:00'"), "silences[1].from: say on which days"),
        (("rule: lamp-hours", "until: now"), "silences[1].until"),
        (("kind: silence", "kind: quiet"), "silences[1].kind"),
        (("kind: maintenance", "kind: maintenance\n  rule: fan"), "silences[0].rule"),
        ((SILENCES, "silences: {}\n"), "silences: a list"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    folder: Path, command: Callable[..., Result], change: tuple[str, str], said: str
) -> None:
    path = folder / "ke-uon.yaml"
    path.write_text(path.read_text().replace(*change))

    planned = command("plan", folder)

    assert planned.exit_code == 1
    assert said in planned.stderr
