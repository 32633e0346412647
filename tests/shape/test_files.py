"""Files are short, named for what they hold, and hold nothing of one machine."""

import re
import statistics
from pathlib import Path

from tests.shape.tree import ROOT, files, sources

CODE = (".py", ".js", ".mjs", ".css", ".html", ".sh", ".yml")
MOST_LINES = 400
MEDIAN_LINES = 100
VAGUE = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "base_utils", "stuff"}
CREATES_TASKS = {Path("edge_agent/loops/supervise.py")}
LOCKS = [path for path in files() if "lock" in path.name or path.name.startswith("requirements")]
ADDRESS = re.compile(r'"resolved": "https?:|^-(?:i|f|-[a-z-]*(?:index-url|find-links))[ =]', re.M)


def _lines(path: Path) -> int:
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def test_no_file_is_over_400_lines() -> None:
    too_long = {str(path): _lines(path) for path in files(*CODE) if _lines(path) > MOST_LINES}

    assert too_long == {}


def test_the_median_source_file_is_short() -> None:
    assert statistics.median(_lines(path) for path in sources()) < MEDIAN_LINES


def test_no_name_says_nothing() -> None:
    vague = [
        str(path)
        for path in files()
        if {part.lower() for part in (*path.parts[:-1], path.stem)} & VAGUE
    ]

    assert vague == []


def test_no_file_holds_a_path_of_this_machine() -> None:
    here = re.compile(rf"{re.escape(str(ROOT))}\b|{re.escape(str(Path.home()))}/\.")
    holding = [
        str(path)
        for path in files()
        if here.search((ROOT / path).read_text(encoding="utf-8", errors="ignore"))
    ]

    assert holding == []


def test_lock_files_name_no_host() -> None:
    assert LOCKS
    naming = [str(path) for path in LOCKS if ADDRESS.search((ROOT / path).read_text())]

    assert naming == []


def test_python_requirements_are_pinned_by_hash() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        pins = re.split(r"\n(?=[a-zA-Z])", (ROOT / name).read_text().strip())

        assert len(pins) > 20
        assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_tasks_are_started_in_groups_only() -> None:
    starting = [
        str(path)
        for path in sources()
        if re.search(r"(?<!\.)\b(?:asyncio|loop)\.(?:create_task|ensure_future)\(", _text(path))
        and path not in CREATES_TASKS
    ]

    assert starting == []


def test_no_shell_and_no_event_loop_children() -> None:
    """Windows' selector loop has no children; a shell would read what a file is called."""
    forbidden = re.compile(r"create_subprocess_(?:exec|shell)|shell=True|os\.system\(")
    found = [str(path) for path in sources() if forbidden.search(_text(path))]

    assert found == []


def _text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
