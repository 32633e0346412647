"""What the guides for IT staff show is true: their files load, and their links lead somewhere."""

import re
import tomllib
from pathlib import Path

import pytest

from contract.profile import Alarm
from edge_agent import profile_lint, profiles, scenes
from edge_agent.drivers.registry import CODECS
from edge_agent.room import watch_rules
from edge_agent.room.alarm_texts import TEXTS
from edge_agent.settings import DeviceSettings
from tests.shape.tree import ROOT

GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
TEXT = (ROOT / "docs" / "guides" / "describe-your-room.md").read_text(encoding="utf-8")
FOR_STAFF = (ROOT / "docs" / "guides" / "it-staff.md").read_text(encoding="utf-8")

_SOURCES = FOR_STAFF.partition("\nPicture and sound")[2].partition("\nOf the `room`")[0]


def shown(language: str, first: str) -> str:
    """The block of that language that begins so."""
    (block,) = re.findall(rf"```{language}\n({re.escape(first)}.*?)```", TEXT, re.DOTALL)
    return str(block)


def test_the_profile_that_is_shown_has_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "our-panel.yaml"
    path.write_text(shown("yaml", "# profiles/our-panel.yaml"))

    assert [str(problem) for problem in profile_lint.lint(path, [tmp_path])] == []
    assert profiles.read(path).sources["ops"] == "0E"


def test_the_overrides_that_are_shown_can_be_laid_over_a_profile() -> None:
    overrides = tomllib.loads(shown("toml", "overrides"))["overrides"]
    settings = DeviceSettings(name="it", profile="pjlink-class-1", host="::1", overrides=overrides)

    profile = settings.device().profile

    assert "hdmi3" not in profile.sources
    assert profile.power is not None
    assert profile.power.warming == 40


def test_every_codec_has_its_row() -> None:

    table = TEXT.partition("| codec |")[2].partition("\n\n")[0]

    assert [name for name in CODECS if f"`{name}`" not in table] == []


def test_the_scene_that_is_shown_can_be_read(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(# scenes/lesson-ends.yaml.*?)```", FOR_STAFF, re.DOTALL)
    (tmp_path / "lesson-ends.yaml").write_text(block)

    shown = scenes.load([tmp_path])["lesson-ends"]

    assert [step.role for step in shown.steps] == ["microphone", "camera", "projector"]


def test_every_scene_and_every_alarm_has_its_words() -> None:
    names = [*scenes.load(), *TEXTS]

    assert [name for name in names if f"`{name}`" not in FOR_STAFF] == []


@pytest.mark.parametrize(
    "alarm",
    {a.id: a for rules in watch_rules.RULES.values() for a in rules}.values(),
    ids=lambda alarm: str(alarm.id),
)
def test_an_alarm_of_picture_or_sound_is_said_to_wait_as_long_as_it_does(alarm: Alarm) -> None:
    (row,) = re.findall(rf"^\| .*`{alarm.id}`.* \| .* \| .* \| .* \|$", _SOURCES, re.M)
    delays = {
        rule.delay for rules in watch_rules.RULES.values() for rule in rules if rule.id == alarm.id
    }

    said = {float(number) for number in re.findall(r"([\d.]+) s\b", row.split("|")[2])}

    assert (said or {0.0}) == delays


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.stem))
def test_links_lead_to_files_that_are_there(guide: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", guide.read_text(encoding="utf-8"))

    assert [link for link in links if not (guide.parent / link).exists()] == []
