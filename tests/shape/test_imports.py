"""The import contracts hold, and are able to fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shape.tree import PACKAGES, ROOT

VIOLATIONS = {
    "a room that imports the fleet": (
        "edge_agent/room/lesson.py",
        "import fleet.errors",
        "edge_agent.room.lesson -> fleet.errors",
    ),
    "a decision that does I/O": (
        "edge_agent/room/timetable.py",
        "import socket",
        "edge_agent.room.timetable -> socket",
    ),
    "a loop that knows the line": (
        "edge_agent/loops/outbox.py",
        "import edge_agent.link.mqtt",
        "edge_agent.loops.outbox -> edge_agent.link.mqtt",
    ),
    "a folder that looks up": (
        "fleet/courses/rules.py",
        "import fleet.publishing.timeline",
        "fleet.courses.rules -> fleet.publishing.timeline",
    ),
    "a second door to a library": (
        "fleet/telemetry/ingest.py",
        "import httpx",
        "fleet.telemetry.ingest -> httpx",
    ),
    "a decision that speaks SQL": (
        "fleet/recordings/rules.py",
        "import sqlalchemy",
        "fleet.recordings.rules -> sqlalchemy",
    ),
    "a folder without a place": ("fleet/coffee/__init__.py", "", "coffee"),
}
"""By what is wrong: the file, the line added to it, and what must be said of it."""


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache", "--config", root / "pyproject.toml"],
        cwd=root,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_no_contract_is_broken() -> None:
    done = _lint(ROOT)

    assert done.returncode == 0, done.stdout[-3000:]


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a copy with every violation in it."""
    root = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copyfile(ROOT / "pyproject.toml", root / "pyproject.toml")
    for name, line, _ in VIOLATIONS.values():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as file:
            file.write(f"\n{line}\n")
    done = _lint(root)
    assert done.returncode != 0
    return done.stdout


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_a_violation_is_caught(complaints: str, violation: str) -> None:
    _, _, said = VIOLATIONS[violation]

    assert said in complaints
