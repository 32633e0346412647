import json
import logging

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
