"""The form of profiles: its words agree with each other, and with the published schema."""

import json
from typing import Any, get_args

import jsonschema
import msgspec
import pytest

from contract import profile as p
from contract import schemas, standards
from edge_agent import profiles

SCHEMA = json.loads((schemas.FOLDER / "schemas" / "profile.json").read_text(encoding="utf-8"))


def merged(name: str) -> dict[str, Any]:
    """A profile's file laid over those it extends, before anything is made of it."""
    document = profiles.document(profiles.path_of(name))
    below = merged(document["extends"]) if "extends" in document else {}
    return profiles.merged(below, document)


def test_each_rule_of_quality_has_words() -> None:
    assert set(standards.RULES) == set(get_args(p.QualityRule))


def test_standard_words_are_names() -> None:
    for words in (standards.COMMANDS, standards.READINGS):
        for word in words:
            assert msgspec.convert(word, p.Name) == word
            assert not word.startswith("x_")


def test_standard_choices_are_readings_with_distinct_values() -> None:
    assert set(standards.CHOICES) <= standards.READINGS
    for values in standards.CHOICES.values():
        assert len(set(values)) == len(values) >= 2


def test_the_power_reading_tells_the_states_that_are_known() -> None:
    assert {*standards.POWER, "unknown"} == set(get_args(p.PowerState))


@pytest.mark.parametrize("name", ["a", "power_on", "x_1", "a" * 48])
def test_a_name_is_small_letters(name: str) -> None:
    assert msgspec.convert(name, p.Name) == name


@pytest.mark.parametrize("name", ["", "On", "1a", "a-b", "a b", "a\n", "_a", "a" * 49])
def test_nothing_else_is_a_name(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, p.Name)


@pytest.mark.parametrize("name", profiles.ids())
def test_each_shipped_profile_validates_against_the_published_schema(name: str) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(merged(name))


@pytest.mark.parametrize(
    "mistake",
    [
        {"colour": "red"},
        {"kind": "toaster"},
        {"transports": []},
        {"quality": {"beauty": {"status": "done"}}},
        {"commands": {"Power-On": {"send": "x"}}},
        {"codec": {"name": ""}},
    ],
)
def test_the_published_schema_refuses_what_the_code_refuses(mistake: dict[str, Any]) -> None:
    document = profiles.merged(merged(profiles.ids()[0]), mistake)
    if "transports" in mistake:
        document["transports"] = []

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(document, p.Profile)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(document)
