"""`edge-agent profile` as people use it, against a simulated projector."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from edge_agent import profiles
from edge_agent.cli import main
from simulator.projector import Projector

PASSWORD = "JBMIAProjectorLink"


def run(*argv: object, answer: str = "") -> Result:
    return CliRunner().invoke(main, ["profile", *map(str, argv)], input=answer)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"user\n{PASSWORD}\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report.yaml"


def probe(projector: Projector, report: Path, *more: object, answer: str = "") -> Result:
    argv = ["--host", "127.0.0.1", "--port", projector.port, "--report", report, *more]
    return run("probe", "pjlink-class-2", *argv, answer=answer)


def test_all_profiles_are_listed() -> None:
    told = run("list")
    listed = json.loads(run("list", "--json").output)

    assert told.exit_code == 0
    rows = told.output.splitlines()
    assert [row.split()[0] for row in rows] == ["id", *profiles.ids()]
    assert ["pjlink-class-1", "projector", "from-document", "pjlink"] in [
        row.split()[:4] for row in rows
    ]
    assert [each["id"] for each in listed] == list(profiles.ids())
    assert {"vendor", "models", "kind", "verification", "codec"} < listed[0].keys()


def test_a_rooms_own_profiles_are_listed_too(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text("id: ours\nextends: pjlink-class-1\nmodels: [Ours]\n")

    assert any(
        row.startswith("ours ") for row in run("list", "--profiles", tmp_path).output.split("\n")
    )
    assert "ours: generic, Ours (projector)" in run("show", "ours", "--profiles", tmp_path).output


def test_a_broken_profile_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text("id: ours\nextends: pjlink-class-1\ncolour: red\n")

    told = run("list", "--profiles", tmp_path)

    assert told.exit_code == 0
    assert f"{tmp_path / 'ours.yaml'}, line 3: colour: " in told.stderr
    assert "\npjlink-class-1 " in told.stdout


def test_a_profile_is_shown_with_what_it_can_and_cannot() -> None:
    told = run("show", "pjlink-class-1").output

    assert "over tcp 4352, asks for pjlink-md5" in told
    assert "source(source: vga1 | vga2" in told
    assert "lamp_hours: number in h, every 3600 s" in told
    assert "cannot: No volume" in told
    assert "todo   Tried on a real device." in told
    assert "power_on(), over serial" in run("show", "maxhub-ifp-v6").output


def test_a_profile_that_is_not_there_is_named() -> None:
    told = run("show", "toaster")

    assert told.exit_code == 1
    assert "no profile 'toaster'; `edge-agent profile list` shows all" in told.output


def test_lint_names_file_line_and_key_and_fails(tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text("id: good\nextends: pjlink-class-1\n")
    fine = run("lint", good)
    (tmp_path / "bad.yaml").write_text(
        "id: bad\nextends: pjlink-class-1\nreadings:\n  mood: {query: '%1MOOD ?', type: text}\n"
    )

    told = run("lint", tmp_path)

    assert (fine.exit_code, fine.output) == (0, "profiles: 1, mistakes: 0\n")
    assert told.exit_code == 1
    assert told.output.startswith(f"{tmp_path / 'bad.yaml'}:4: readings.mood: is not in the")
    assert told.output.endswith("profiles: 2, mistakes: 1\n")


def test_lint_takes_ids_and_says_when_there_is_nothing(tmp_path: Path) -> None:
    assert run("lint", "pjlink-class-1", "pjlink-class-2").output == "profiles: 2, mistakes: 0\n"
    assert run("lint", tmp_path).exit_code == 1
    assert "no profile 'toaster'" in run("lint", "toaster").output


def test_a_device_is_asked_everything_and_the_report_is_verification(
    projector: Projector, report: Path
) -> None:
    projector.without = {"FILT"}

    told = probe(projector, report)

    assert told.exit_code == 0, told.output
    rows = [line.split() for line in told.output.splitlines()]
    assert [row[0] for row in rows[1:18]] == list(profiles.load("pjlink-class-2").readings)
    assert ["power", "on"] in [[row[0], row[-1]] for row in rows if row]
    assert "(unsupported: " in next(x for x in told.output.splitlines() if "filter_hours" in x)
    assert "17 readings: 16 value, 1 unsupported; no command was tried." in told.output
    verification = yaml.safe_load(report.read_text())["verification"]
    assert verification["status"] == "verified"
    assert verification["device"] == "Simulated, Room 101, SIM0001, 1.0"
    assert verification["by"] == ""


def test_what_is_garbled_is_told_and_is_not_verified(projector: Projector, report: Path) -> None:
    projector.errors = "9x"

    told = probe(projector, report)

    assert "(garbled: " in told.output
    assert yaml.safe_load(report.read_text())["verification"]["status"] == "from-document"


def test_commands_are_tried_after_a_yes_and_change_nothing(
    projector: Projector, report: Path
) -> None:
    projector.input, projector.frozen = "32", "1"

    told = probe(projector, report, "--commands", answer="y\n")

    assert "  source hdmi2\n" in told.output
    assert "  done    freeze on\n" in told.output
    assert "4 of 4 commands confirmed" in told.output
    assert (projector.input, projector.frozen, projector.muted) == ("32", "1", "30")


def test_commands_are_not_tried_without_a_yes(projector: Projector, report: Path) -> None:
    told = probe(projector, report, "--commands", answer="n\n")

    assert told.exit_code == 0
    assert "confirmed" not in told.output


def test_the_password_is_used_and_never_shown(
    beside: Callable[[Projector], Projector], report: Path, secret: Path
) -> None:
    projector = beside(Projector(password=PASSWORD))

    refused = probe(projector, report)
    taken = probe(projector, report, "--secret-file", secret)

    assert refused.exit_code == 1
    assert "secret_file (--secret-file)" in refused.output
    assert refused.output.count("(refused: ") == 1  # not again and again: it might lock us out
    assert taken.exit_code == 0
    assert PASSWORD not in taken.output + report.read_text()


def test_when_nothing_answers_it_says_what_to_do_next(report: Path, projector: Projector) -> None:
    projector.faults.silent = True
    profile = report.with_name("quick.yaml")
    profile.write_text(
        "id: quick\nextends: pjlink-class-1\n"
        "transports: [{kind: tcp, port: 4352, connect_timeout: 0.2, reply_timeout: 0.2}]\n"
    )

    told = run("probe", "quick", "--profiles", report.parent, "--host", "127.0.0.1",
               "--port", projector.port, "--report", report)  # fmt: skip

    assert told.exit_code == 1
    assert f"Is 127.0.0.1 its address, and port {projector.port} right" in told.output
    assert told.output.count("(no answer: ") == 2  # and not seventeen times
    assert not report.exists()


def test_a_transport_can_be_chosen_of_those_there_are() -> None:
    argv = ["probe", "visca-camera", "--host", "127.0.0.1", "--transport"]

    assert "visca-camera has no http, only udp, tcp, serial" in run(*argv, "http").output
    assert "line: the serial port is missing" in run(*argv, "serial").output


def test_a_report_that_cannot_be_written_is_said(projector: Projector, tmp_path: Path) -> None:
    told = probe(projector, tmp_path / "none" / "report.yaml")

    assert told.exit_code == 1
    assert f"Error: {tmp_path / 'none' / 'report.yaml'}: " in told.output


def test_an_address_that_is_missing_is_asked_for() -> None:
    assert "host: the device's address is missing" in run("probe", "pjlink-class-1").output
