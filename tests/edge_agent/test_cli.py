"""The command as users run it."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge_agent import app
from edge_agent.cli import main
from edge_agent.settings import RoomSettings
from tests.fakes.enrolment_server import EnrolmentServer
from tests.servers.certificates import Authority
from tests.servers.child import Children
from tests.servers.ports import free_port


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "room.toml"
    path.write_text(f'[agent]\ndata = "room"\n[panel]\nport = {free_port()}\n')
    return path


@pytest.fixture
def server(authority: Authority) -> Iterator[EnrolmentServer]:
    started = EnrolmentServer(authority)
    started.start()
    yield started
    started.stop()


@pytest.mark.parametrize("verb", [[], ["run"], ["check"], ["enrol"]])
def test_each_verb_explains_itself(verb: list[str]) -> None:
    told = CliRunner().invoke(main, [*verb, "--help"])

    assert told.exit_code == 0
    assert "Usage: " in told.output
    assert not verb or "--config FILE" in told.output


def test_a_mistake_in_the_configuration_is_told_without_a_traceback(config: Path) -> None:
    config.write_text('[agent]\ncolour = "red"\n')

    told = CliRunner().invoke(main, ["run", "--config", str(config)])

    assert told.exit_code == 1
    assert "room.toml, line 2: agent.colour: is not known" in told.output


def test_a_room_that_is_not_enrolled_says_what_to_do(config: Path) -> None:
    told = CliRunner().invoke(main, ["run", "--config", str(config)])

    assert told.exit_code == 1
    assert "run `edge-agent enrol --config room.toml --fleet URL`" in told.output


@pytest.mark.parametrize("way", ["file", "environment", "stdin"])
def test_enrolment_takes_its_claim_from_anywhere_but_the_command_line(
    config: Path, server: EnrolmentServer, authority: Authority, tmp_path: Path, way: str
) -> None:
    argv = ["enrol", "--config", str(config), "--fleet", server.url, "--ca", str(authority.ca)]
    claim = tmp_path / "claim"
    claim.write_text("good\n")
    if way == "file":
        argv += ["--claim-file", str(claim)]
    told = CliRunner().invoke(
        main,
        argv,
        input="good\n" if way == "stdin" else "",
        env={"LECTERN_CLAIM": "good" if way == "environment" else None},
    )

    assert told.exit_code == 0, told.output
    assert "This PC is agent room-9 now" in told.output
    assert (tmp_path / "room" / "identity" / "key.pem").exists()


def test_enrolment_that_fails_says_what_to_do_next(
    config: Path, server: EnrolmentServer, authority: Authority
) -> None:
    argv = ["enrol", "--config", str(config), "--fleet", server.url]
    trusted = [*argv, "--ca", str(authority.ca)]

    used = CliRunner().invoke(main, trusted, input="used\n")
    untrusted = CliRunner().invoke(main, argv, input="good\n")
    nothing = CliRunner().invoke(main, trusted, input="")

    assert {used.exit_code, untrusted.exit_code, nothing.exit_code} == {1}
    assert "Ask the fleet's staff for a new claim token" in used.output
    assert "--ca" in untrusted.output
    assert "--claim-file" in nothing.output


def test_check_says_of_each_source_whether_it_works(config: Path, tmp_path: Path) -> None:
    config.write_text(
        '[[source]]\nname = "pattern"\nkind = "camera"\ntrack = "presenter"\ndriver = "test"\n'
        'size = "320x180"\nrate = 10\n'
        '[[source]]\nname = "film"\nkind = "camera"\ntrack = "presenter-2"\ndriver = "file"\n'
        f'address = "{tmp_path / "none.mp4"}"\n'
        '[[source]]\nname = "tone"\nkind = "microphone"\ntrack = "audio"\ndriver = "test"\n'
    )
    pictures = tmp_path / "pictures"

    told = CliRunner().invoke(
        main, ["check", "--config", str(config), "--thumbnails", str(pictures)]
    )

    pattern, film, tone, *_ = told.output.splitlines()
    assert told.exit_code == 1
    assert pattern.startswith("ok      pattern (test): ")
    assert "320x180" in pattern
    assert (pictures / "presenter.jpg").stat().st_size > 500
    assert film.startswith("FAILED  film (file): ")
    assert tone.startswith("ok      tone (test): ")
    assert "dBFS" in tone
    assert "1 of 3 sources failed: film" in told.output


def test_check_without_sources_says_so(config: Path) -> None:
    told = CliRunner().invoke(main, ["check", "--config", str(config)])

    assert told.exit_code == 1
    assert "there is no [[source]]" in told.output


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGTERM")
def test_run_stops_at_sigterm_with_status_0(
    config: Path, children: Children, enrolled: Callable[..., Path]
) -> None:
    enrolled()
    agent = children.start(
        [sys.executable, "-m", "edge_agent", "run", "--config", config], name="agent"
    )
    agent.wait_for("the room is ready", 20)

    assert agent.stop(10, signal.SIGTERM) == 0
    assert "stopped" in agent.output()
    assert "Traceback" not in agent.output()
    log = config.parent / "room" / "logs" / "agent.log"
    assert log.read_text().splitlines()[-1] == agent.output().splitlines()[-1]


def test_run_ends_with_status_75_when_the_fleet_wants_it_started_again(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leaves(settings: RoomSettings) -> None:
        assert settings.panel.enabled

    monkeypatch.setattr(app, "run_once", leaves)

    assert CliRunner().invoke(main, ["run", "--config", str(config)]).exit_code == 75
