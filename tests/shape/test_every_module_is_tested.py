"""Each module is imported or run by a test, or is named here with the reason why not."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.shape.tree import ROOT, files, module, sources

BY_NAME = {
    "__init__": "offers what its folder holds",
    "__main__": "one call; the stories run it",
    "models": "tables; repositories and services are tested on them",
    "schemas": "shapes of JSON; the routes are tested with them",
    "events": "what a folder announces; handlers are tested with them",
    "ports": "protocols; each has a suite that its implementations pass",
    "repository": "SQL; its service is tested on a real database",
    "cli": "tested as a program",
    "ingest": "called by the inbox's table; tested with messages of rooms",
    "errors": "names",
}
"""By the file's name: what it is, and where it is exercised instead."""

BY_MODULE: dict[str, str] = {
    "benchmarks.bell_to_playable": "a measurement; `make bench` runs it",
    "benchmarks.dashboard_server": "a process of that measurement; its test starts it",
    "benchmarks.long_lesson": "the recorder of that measurement",
    "benchmarks.recording": "a measurement; `make bench` runs it",
    "fleet.alerts.signals": "what messages leave for the evaluation, which is tested with it",
    "fleet.migrations.env": "Alembic runs it; migrations are tested on SQLite and PostgreSQL",
    "fleet.web.deps": "one dependency of routes; they are tested with it",
}
"""Single modules, each with its reason."""


@cache
def _mentioned() -> frozenset[str]:
    """Modules that tests import, or run with `-m`, or that those import at one remove."""
    found: set[str] = set()
    for path in files(".py"):
        if path.parts[0] == "tests":
            text = (ROOT / path).read_text(encoding="utf-8")
            programs = re.findall(r'"-m",\s*"([\w.]+)"', text)
            found |= _imports(text) | {f"{program}.__main__" for program in programs}
    return frozenset(found)


def _imports(text: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def _excused(path: Path) -> bool:
    # A folder with much SQL has it in several repositories: alarm_repository, place_repository.
    kind = path.stem.rpartition("_")[2]
    known = path.stem in BY_NAME or kind == "repository" or module(path) in BY_MODULE
    return known or "versions" in path.parts


def _reached() -> set[str]:
    """Modules mentioned by tests, and modules of the same folder that a mentioned one imports.

    A folder's public face is what its tests should speak to; the files behind it are reached
    through it.
    """
    known = {module(path): path for path in sources()}
    reached = {name for name in known if name in _mentioned() or _excused(known[name])}
    waiting = list(reached)
    while waiting:
        name = waiting.pop()
        folder = name if known[name].name == "__init__.py" else name.rpartition(".")[0]
        for other in _imports((ROOT / known[name]).read_text(encoding="utf-8")) & known.keys():
            if other not in reached and other.startswith(folder + "."):
                reached.add(other)
                waiting.append(other)
    return reached


def test_each_module_is_reached_by_a_test() -> None:
    reached = _reached()
    untested = [
        module(path) for path in sources() if module(path) not in reached and not _excused(path)
    ]

    assert untested == []


def test_no_excuse_outlives_its_module() -> None:
    modules = {module(path) for path in sources()}
    stems = {path.stem for path in sources()}

    assert set(BY_MODULE) <= modules
    assert set(BY_NAME) <= stems
