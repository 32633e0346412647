"""What the guides for IT staff show is true: their files load, and their links lead somewhere."""

import re
import tomllib
from pathlib import Path

import pytest

from edge_agent import profile_lint, profiles
from edge_agent.drivers.registry import CODECS
from edge_agent.settings import DeviceSettings
from tests.shape.tree import ROOT

GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
TEXT = (ROOT / "docs" / "guides" / "describe-your-room.md").read_text(encoding="utf-8")


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


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.stem))
def test_links_lead_to_files_that_are_there(guide: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", guide.read_text(encoding="utf-8"))

    assert [link for link in links if not (guide.parent / link).exists()] == []
