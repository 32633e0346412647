"""The embedded default, as its user starts and ends it."""

import json
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest

from standalone.children import is_taken
from tests.servers.child import Child, Children
from tests.servers.ports import free_port

pytestmark = [pytest.mark.story, pytest.mark.timeout(240)]

LESSON = "--lesson-seconds=8"


@pytest.fixture
def start(children: Children, tmp_path: Path):
    """`start("--once", …)` runs `python -m standalone` on one data directory."""

    def run(*words: str) -> Child:
        argv = [sys.executable, "-m", "standalone", "--data", tmp_path / "data", LESSON, *words]
        return children.start(argv)

    return run


def test_once_records_publishes_plays_and_leaves_nothing_running(start, tmp_path: Path) -> None:
    reports = []
    for number in (1, 2):
        child = start("--once", "--json")
        status = child.wait(90)
        assert status == 0, child.output()
        lines = child.output().splitlines()
        report = json.loads(lines[-1])
        reports.append(report)

        assert {track["name"] for track in report["tracks"]} >= {
            "presenter.mp4",
            "presentation.mp4",
            "audio.m4a",
        }
        assert all(track["duration"] > 6 for track in report["tracks"])
        assert all(len(track["sha256"]) == 64 for track in report["tracks"])
        assert report["bytes_uploaded"] > 10_000
        assert report["events_acknowledged"] >= 5
        assert 0 < report["seconds_from_bell_to_playable"] < 30
        assert f"(number {number} of" in child.output()
        assert child.descendants() == []
    assert reports[0]["lesson"] != reports[1]["lesson"]
    assert (tmp_path / "data" / "fleet").is_dir()


def test_it_stays_until_ctrl_c_and_keeps_its_lessons(start) -> None:
    child = start()
    link = child.wait_for(r"http://\S+/welcome#\S+", 30).group(0)
    first = child.wait_for(r"watch +(http://\S+)", 60).group(1)
    child.wait_for("Ctrl-C ends everything", 10)
    assert httpx.get(first).status_code == httpx.codes.OK
    assert httpx.get(link.partition("#")[0]).status_code == httpx.codes.OK
    port = int(first.split(":")[2].split("/")[0])

    assert child.stop(30, signal.SIGINT) == 0
    assert "The data is in" in child.output()
    assert child.descendants() == []
    assert not is_taken(port)

    again = start()
    second = again.wait_for(r"watch +(http://\S+)", 60).group(1)
    old = second.rpartition("/")[0] + "/" + first.rpartition("/")[2]
    assert httpx.get(old).status_code == httpx.codes.OK
    assert again.stop(30) == 143
    assert again.descendants() == []


def test_a_killed_run_is_continued(start) -> None:
    child = start()
    child.wait_for("recording", 40)
    child.kill()
    again = start("--once", "--json")

    assert again.wait(120) == 0, again.output()
    assert "(number 2 of" in again.output()


def test_a_second_one_on_the_same_data_is_refused(start, tmp_path: Path) -> None:
    child = start()
    child.wait_for("fleet", 30)
    other = start()

    assert other.wait(20) == 1
    assert "is in use by another Lectern" in other.output()
    assert child.running


def test_a_taken_port_is_named(start) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        child = start("--port", str(port))

        assert child.wait(20) == 1
    assert f"port {port} is taken" in child.output()
