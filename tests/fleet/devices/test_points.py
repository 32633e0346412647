"""Readings and what PCs say of themselves, in words."""

from collections.abc import Iterator
from importlib import resources

import msgspec
import pytest
import yaml

from contract import messages as m
from contract.standards import CHOICES, READINGS
from fleet.devices import points
from fleet.web.language import LANGUAGES, speaking
from tests.contract.samples import SAMPLES


def _shipped() -> Iterator[tuple[str, str]]:
    """Each reading of each shipped profile, and its type."""
    for file in resources.files("device_profiles").iterdir():
        if file.name.endswith(".yaml"):
            profile = yaml.safe_load(file.read_text(encoding="utf-8"))
            for name, reading in profile.get("readings", {}).items():
                yield name, reading.get("type", "")


SHIPPED = sorted(set(_shipped()))
HEALTH = ("connected", "malformed", "stray", "waiting", "waiting_bytes", "recording")
"""What the agent reports of itself beside standard readings."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_reading_of_the_vocabulary_and_of_shipped_profiles_has_words(language: str) -> None:
    names = READINGS | {name for name, _type in SHIPPED} | set(HEALTH)
    with speaking(language):
        assert [name for name in names if points.reading(name) == name] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_has_words_of_its_own(language: str) -> None:
    names = READINGS | {name for name, _type in SHIPPED} | set(HEALTH)
    with speaking(language):
        said = [points.reading(name) for name in names]
    assert [words for words in said if said.count(words) > 1] == []


def test_what_is_yes_or_no_is_said_so() -> None:
    flags = {name for name, kind in SHIPPED if kind == "flag"}
    assert flags <= points.FLAGS
    assert not points.FLAGS & set(CHOICES)
    assert (points.flag("mute", 1.0), points.flag("mute", 0.0)) == ("Yes", "No")
    assert points.flag("mute", 0.5) == points.flag("volume", 1.0) == ""


def test_each_fact_of_a_pc_has_words() -> None:
    described = next(one for one in SAMPLES if isinstance(one, m.Description))
    said = msgspec.to_builtins(described)
    facts = {name for name, value in said.items() if not isinstance(value, list | tuple)}
    assert [name for name in facts if points.fact(name) == name] == []


def test_what_nobody_knows_is_shown_as_it_came() -> None:
    assert points.reading("x_plasma") == "x_plasma"
    assert points.fact("shoe_size") == "shoe_size"
    assert points.series("beamer", "x_plasma") == "\u2068beamer\u2069 · x_plasma"
