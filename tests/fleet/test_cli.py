"""The command `fleet`, as a person uses it."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from contract import topics
from fleet.app import Fleet
from fleet.classrooms import enrolment
from fleet.classrooms.models import Agent
from fleet.cli import main
from fleet.inbox.service import Incoming, refuse
from fleet.settings import FleetSettings
from tests.fleet.ingesting import environment
from tests.fleet.rooms import new_key, signing_request


def fleet_command(settings: FleetSettings, *words: str) -> Result:
    return CliRunner(env=environment(settings)).invoke(main, words)


def test_help_names_every_command_and_shows_examples() -> None:
    top = CliRunner().invoke(main, ["--help"])

    names = ["serve", "api", "ingest", "worker", "migrate", "user", "room", "revoke"]
    for name in [*names, "broker-config"]:
        assert re.search(rf"^  {name} ", top.output, re.MULTILINE)
    for words in (
        ["serve"],
        ["broker-config"],
        ["user", "add"],
        ["room", "add"],
        ["room", "claim"],
    ):
        shown = CliRunner().invoke(main, [*words, "--help"])
        assert "Example:" in shown.output, words


def test_a_room_is_added_claimed_enrolled_and_revoked(
    settings: FleetSettings, fleet: Fleet
) -> None:
    room = fleet_command(settings, "room", "add", "Lab", "--timezone", "Africa/Nairobi")
    claim = fleet_command(settings, "room", "claim", room.output.strip())
    assert (room.exit_code, claim.exit_code) == (0, 0)
    now = datetime.now(UTC)
    with fleet.database.write() as session:
        csr = signing_request(new_key())
        made = enrolment.enrol(session, fleet.authority, claim.output.strip(), csr, now, 90)

    revoked = fleet_command(settings, "revoke", made.agent)

    assert revoked.exit_code == 0
    with fleet.database.read() as session:
        assert session.scalars(select(Agent.revoked_at)).one() is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("room", "claim", "nowhere"), "there is no room nowhere"),
        (("room", "add", "Lab", "--timezone", "Nairobi"), "write it like Africa/Nairobi"),
        (("revoke", "nobody"), "there is no agent nobody"),
        (("user", "add", "not-an-address", "--name", "A"), "name@university.org"),
        (("--config", "absent.toml", "migrate"), "no such file"),
    ],
)
def test_errors_say_what_to_do_and_nothing_else(
    settings: FleetSettings, words: tuple[str, ...], said: str
) -> None:
    result = fleet_command(settings, *words)

    assert result.exit_code == 1
    assert said in result.output
    assert result.output.startswith("fleet: ")
    assert "Traceback" not in result.output


def test_a_person_is_added_with_a_link_that_is_no_secret_on_the_command_line(
    settings: FleetSettings,
) -> None:
    added = fleet_command(settings, "user", "add", "amina@example.org", "--name", "Amina Yusuf")
    again = fleet_command(settings, "user", "add", "amina@example.org", "--name", "Amina Yusuf")

    assert added.exit_code == 0
    assert re.search(rf"{re.escape(settings.url)}/welcome#\S{{22,}}", added.output)
    assert again.exit_code == 1


def test_dead_letters_are_shown_with_their_reasons(settings: FleetSettings, fleet: Fleet) -> None:
    nothing = fleet_command(settings, "dead-letters")
    assert (nothing.exit_code, nothing.output) == (0, "None: every message was understood.\n")
    room = fleet_command(settings, "room", "add", "Lab").output.strip()
    claim = fleet_command(settings, "room", "claim", room).output.strip()
    with fleet.database.write() as session:
        csr, now = signing_request(new_key()), datetime.now(UTC)
        agent = enrolment.enrol(session, fleet.authority, claim, csr, now, 90).agent
    topic = topics.topic(agent, "event")
    refuse(fleet.database, Incoming(topic, b"{"), "not JSON")

    shown = fleet_command(settings, "dead-letters", "--limit", "1")

    assert shown.exit_code == 0
    assert f"{topic}  1 bytes: not JSON" in shown.output


def test_migrate_says_where_and_shows_no_password(settings: FleetSettings) -> None:
    first = fleet_command(settings, "migrate")
    second = fleet_command(settings, "migrate")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "up to date" in first.output
    assert settings.database_url or (settings.data_dir / "fleet.sqlite").exists()


def test_a_broker_s_configuration_is_written_or_shown(
    settings: FleetSettings, tmp_path: Path
) -> None:
    place = tmp_path / "broker"

    shown = fleet_command(settings, "broker-config", str(place), "--print")
    assert not place.exists()
    written = fleet_command(settings, "broker-config", str(place), "--port", "1234")

    assert "pattern write lectern/v1/%u/event" in shown.output
    assert f"mosquitto -c {place / 'mosquitto.conf'}" in written.output
    assert (place / "server.key").stat().st_mode & 0o777 == 0o600
    assert "listener 1234" in (place / "mosquitto.conf").read_text()
    names = {path.name for path in place.iterdir()}
    assert {"acl", "authorities.pem", "revoked.crl", "server.pem"} <= names
    assert "authority.pem" not in names


def test_python_runs_it_too(children: object) -> None:
    child = children.start([sys.executable, "-m", "fleet", "--version"])  # type: ignore[attr-defined]

    assert child.wait(60) == 0
    assert "version" in child.output()
