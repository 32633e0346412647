"""`edge-agent room`: from a template to devices that answer."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge_agent import profile_lint, profiles, settings
from edge_agent.cli import main
from simulator.projector import Projector

TEMPLATES = sorted(path.stem for path in (profiles.shipped() / "rooms").glob("*.toml"))


def run(*argv: object) -> Result:
    return CliRunner().invoke(main, ["room", *map(str, argv)])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "room.toml"


def device(name: str, port: int, profile: str = "pjlink-class-2") -> str:
    return (
        f'[[device]]\nname = "{name}"\nprofile = "{profile}"\nhost = "127.0.0.1"\nport = {port}\n'
    )


def test_templates_are_listed_with_what_they_are_for() -> None:
    told = run("templates")

    names = {line.split()[0] for line in told.output.splitlines()}
    assert names == {
        "generic",
        "china-education-alliance",
        "dazzleview",
        "maxhub",
        "os-easy",
        "wedon",
    }
    assert all(len(line.split()) > 4 for line in told.output.splitlines())


def test_a_new_room_is_written_once_and_never_over_another(config: Path) -> None:
    first = run("new", "--template", "generic", "--out", config)
    config.write_text("mine")
    second = run("new", "--template", "generic", "--out", config)

    assert first.exit_code == 0
    assert f"Next: edge-agent room check --config {config}" in first.output
    assert second.exit_code == 1
    assert "is there already" in second.output
    assert config.read_text() == "mine"
    assert "there is no template 'castle', only" in run("new", "--template", "castle").output


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_that_is_filled_in_is_a_room(config: Path, template: str) -> None:
    run("new", "--template", template, "--out", config)
    values = {"host": "192.0.2.9", "line": "/dev/ttyUSB0", "address": "rtsp://192.0.2.9/1"}
    blank = re.compile(r'^(host|line|address) = ""', re.MULTILINE)
    text = config.read_text()
    config.write_text(blank.sub(lambda found: f'{found[1]} = "{values[found[1]]}"', text))

    room = settings.load(config)

    kinds = {device.role for device in room.devices}
    assert len(blank.findall(text)) >= 2
    assert kinds >= {"camera", "microphone", "pc", "ups"}
    assert kinds & {"panel", "projector"}
    assert {source.track for source in room.sources} >= {"presenter", "presentation", "audio"}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_speaks_of_profiles_without_mistakes(template: str) -> None:
    text = (profiles.shipped() / "rooms" / f"{template}.toml").read_text()
    named = set(re.findall(r"^profile = \"(.+?)\"", text, re.MULTILINE))

    assert named
    assert [p for name in named for p in profile_lint.lint(profiles.path_of(name))] == []


def test_a_fresh_room_says_what_is_to_be_filled_in(config: Path) -> None:
    run("new", "--template", "generic", "--out", config)

    told = run("check", "--config", config)

    assert told.exit_code == 1
    assert "is missing" in told.output or "needs one" in told.output


def test_devices_that_answer_are_ok(config: Path, projector: Projector) -> None:
    chosen = 'input = "hdmi1"\n'
    left, right = (device(name, projector.port) + chosen for name in ("left", "right"))
    config.write_text(left + right)

    told = run("check", "--config", config)

    assert told.exit_code == 0, told.output
    assert told.output.splitlines() == [
        f"ok      left (pjlink-class-2, 127.0.0.1:{projector.port}): power on",
        f"ok      right (pjlink-class-2, 127.0.0.1:{projector.port}): power on",
        f"{config}: 2 devices, 0 sources, all well",
    ]


def test_what_is_not_wrong_but_will_be_missed_is_said(config: Path, projector: Projector) -> None:
    config.write_text(
        device("beamer", projector.port)
        + device("panel", 9, "maxhub-ifp-v6")
        + device("board", 9, "wedon-ifp")
        + device("eye", 9, "rtsp-camera")
        + device("right", projector.port)
        + 'input = "hdmi1"\n'
    )

    told = run("check", "--config", config).output

    assert "mind    beamer: `input` is missing, its input that carries the lesson: vga1, " in told
    assert "mind    panel: over tcp only Wake-on-LAN switches it on, and `mac` is missing" in told
    assert "mind    board: wedon-ifp is unverified; `edge-agent profile probe` shows" in told
    assert "mind    eye: `source` is missing" in told
    assert "mind    right" not in told


def test_each_device_is_judged_by_itself(config: Path, projector: Projector) -> None:
    config.write_text(
        device("left", projector.port)
        + device("right", 9)
        + device("pet", 1, "toaster")
        + '[[device]]\nname = "lost"\nprofile = "pjlink-class-1"\n'
    )

    told = run("check", "--config", config)

    assert told.exit_code == 1
    assert "ok      left" in told.output
    assert "FAILED  right (pjlink-class-2, 127.0.0.1:9): nothing answers: " in told.output
    assert "FAILED  device 'pet': there is no profile 'toaster'" in told.output
    assert "FAILED  device 'lost': host: the device's address is missing" in told.output
    assert "3 to mend" in told.output


def test_the_rooms_own_profiles_are_linted(config: Path, projector: Projector) -> None:
    own = config.with_name("own")
    own.mkdir()
    (own / "ours.yaml").write_text(
        "id: ours\nextends: pjlink-class-1\nreadings:\n  mood: {query: '%1MOOD ?', type: text}\n"
    )
    config.write_text('[agent]\nprofiles = "own"\n' + device("it", projector.port, "ours"))

    told = run("check", "--config", config)

    assert told.exit_code == 1
    assert f"FAILED  {own / 'ours.yaml'}:4: readings.mood: " in told.output
    assert "ok      it (ours, " in told.output


def test_scenes_and_secrets_of_sources_are_read_too(config: Path) -> None:
    (config.parent / "scenes").mkdir()
    (config.parent / "scenes" / "party.yaml").write_text("id: party\ntitel: A party\n")
    config.write_text(
        '[agent]\nscenes = "scenes"\n[[source]]\nname = "camera"\nkind = "camera"\n'
        'track = "presenter"\ndriver = "test"\nsecret_file = "none"\n'
    )

    told = run("check", "--config", config)

    assert told.exit_code == 1
    assert f"FAILED  {config.parent / 'scenes' / 'party.yaml'}, line 2: titel: " in told.output
    assert f"FAILED  secret_file {config.parent / 'none'}: cannot be read" in told.output


def test_a_mistake_in_the_configuration_is_told_with_its_line(config: Path) -> None:
    config.write_text('[panel]\nhost = "0.0.0.0"\n')

    told = run("check", "--config", config)

    assert told.exit_code == 1
    assert "set pin_file as well" in told.output
