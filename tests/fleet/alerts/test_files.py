"""Rules of alarms in the files of units."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from fleet.alerts import repository, rulebook, service
from fleet.alerts.files import AlarmRules
from fleet.app import Fleet
from fleet.db import Database
from fleet.desk.units import applying, planning, reading, writing
from fleet.orgs import service as orgs
from fleet.orgs.models import OrgUnit
from tests.fleet.orgs.test_importing import ACT

SHIPPED = sorted(rulebook.shipped())[0]
ALARMS = f"""\
alarms:
  {SHIPPED}:
    delay: 300
    severity: critical
  cold-hall:
    op: <
    point: temperature
    threshold: 5
"""
TOP = f"alarms:\n  {SHIPPED}:\n    enabled: false\n"


@pytest.fixture
def folder(configuration: Callable[[str, str], Path]) -> Path:
    return configuration(TOP, ALARMS)


def test_rules_are_planned_set_and_written_again(
    folder: Path, command: Callable[..., Result], fleet: Fleet, tmp_path: Path
) -> None:
    planned = command("plan", folder)
    assert "+ ke-uon: alarm cold-hall: op <, point temperature, threshold 5" in planned.stdout
    assert f"+ top: alarm {SHIPPED}: enabled False" in planned.stdout
    assert command("apply", folder, "--yes").exit_code == 0
    assert command("plan", folder, "--prune").stdout == "Nothing to do.\n"

    with fleet.database.read() as session:
        college = orgs.by_code(session, "ke-uon")
        book = rulebook.Rulebook(repository.changes(session))
        rule = book.of(SHIPPED, college.path)
        assert rule is not None
        assert (rule.delay, rule.severity, rule.enabled) == (300, "critical", False)
        assert book.of("cold-hall", college.path) is not None
        assert book.of("cold-hall", orgs.by_code(session, "ke").path) is None
        everywhere = book.of(SHIPPED, "")
        assert everywhere is not None
        assert not everywhere.enabled

    again = tmp_path / "again"
    assert command("export", again).exit_code == 0
    assert {path.name: path.read_text() for path in again.iterdir()} == {
        path.name: path.read_text() for path in folder.iterdir()
    }


def _plan(database: Database, folder: Path, *, prune: bool = False) -> list[str]:
    with database.write() as session:
        read = reading.read(folder, ["alarms"])
        plan = planning.plan(session, read.units, prune=prune, sections=[AlarmRules()])
        applying.apply(session, plan.changes, ACT)
    return [one.line for one in (*plan.changes, *plan.kept)]


def test_a_change_by_hand_is_planned_back_and_a_new_rule_is_kept(
    database: Database, folder: Path
) -> None:
    _plan(database, folder)
    with database.write() as session:
        college: OrgUnit = orgs.by_code(session, "ke-uon")
        for rule, change in ((SHIPPED, {"delay": 7.5}), ("hot-hall", _HOT)):
            service.change_rule(
                session, path=college.path, rule=rule, change=change, by="x", now=ACT.now
            )
        ((_name, text),) = writing.files(session, college, [AlarmRules()])
    assert "delay: 7.5" in text

    by_hand = [
        f"~ ke-uon: alarm {SHIPPED}: delay 7.5 → delay 300, severity critical",
        "- ke-uon: alarm hot-hall: point temperature, threshold 40",
    ]
    assert _plan(database, folder) == by_hand
    assert _plan(database, folder, prune=True) == by_hand[1:]
    assert _plan(database, folder, prune=True) == []


_HOT = {"point": "temperature", "threshold": 40}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("delay: 300", "delay: soon"), "ke-uon.yaml:16: alarms.{rule}.delay:"),
        (("    threshold: 5\n", ""), ":20: alarms.cold-hall.point:"),
        (("delay: 300", "pause: 300"), "ke-uon.yaml:16: alarms.{rule}.pause:"),
        ((ALARMS, "alarms: []\n"), "ke-uon.yaml:14: alarms:"),
        (
            (f"{SHIPPED}:\n    delay: 300\n    severity: critical", f"{SHIPPED}:"),
            ":15: alarms.{rule}: Say",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    folder: Path, command: Callable[..., Result], change: tuple[str, str], said: str
) -> None:
    path = folder / "ke-uon.yaml"
    path.write_text(path.read_text().replace(*change))

    planned = command("plan", folder)

    assert planned.exit_code == 1
    assert said.format(rule=SHIPPED) in planned.stderr
