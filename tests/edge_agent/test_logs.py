import json
import logging
from pathlib import Path

import pytest

from edge_agent import logs


@pytest.fixture(autouse=True)
def _as_before():
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


def test_text_is_readable_and_a_name_cannot_forge_a_line(capsys: pytest.CaptureFixture) -> None:
    logs.configure("INFO", as_json=False)

    logging.getLogger("edge_agent.x").warning("source %s lost", "cam\n2026 INFO all is well\x1b[2J")

    (line,) = capsys.readouterr().err.splitlines()
    assert "WARNING edge_agent.x: source cam\\n2026 INFO all is well\\x1b[2J lost" in line
    assert line.split()[0].endswith("+00:00")


def test_json_is_an_object_a_line(capsys: pytest.CaptureFixture) -> None:
    logs.configure("INFO", as_json=True)
    try:
        int("why")
    except ValueError:
        logging.getLogger("edge_agent.x").exception("it failed")
    logging.getLogger("httpx").info("GET /")

    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["message"]) == ("ERROR", "it failed")
    assert "ValueError: invalid literal" in entry["error"]


def test_files_hold_the_same_and_are_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(logs, "_FILE_BYTES", 2_000)
    folder = tmp_path / "room" / "logs"
    logs.configure("INFO", as_json=False, folder=folder)

    for number in range(200):
        logging.getLogger("edge_agent.x").info("line %d of عشرة", number)

    names = sorted(path.name for path in folder.iterdir())
    assert names == ["agent.log", "agent.log.1", "agent.log.2", "agent.log.3", "agent.log.4"]
    newest = (folder / "agent.log").read_text(encoding="utf-8").splitlines()[-1]
    assert newest == capsys.readouterr().err.splitlines()[-1]
    assert newest.endswith("line 199 of عشرة")
    assert all(path.stat().st_size <= 2_100 for path in folder.iterdir())
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_not_told_with_each_line(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "agent.log").symlink_to("/dev/full")
    logs.configure("INFO", as_json=False, folder=tmp_path)

    logging.getLogger("edge_agent.x").info("the room goes on")

    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("the room goes on")
    logging.getLogger().handlers.clear()
