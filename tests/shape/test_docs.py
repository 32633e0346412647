"""The documents speak of every command, setting and make target."""

import re
from collections.abc import Iterator

import click
import pytest
from pydantic import BaseModel

import edge_agent.cli
import fleet.cli
import standalone.__main__
from edge_agent.settings import RoomSettings
from fleet.settings import FleetSettings
from tests.shape.tree import ROOT, files

TEXT = "\n".join(
    (ROOT / path).read_text(encoding="utf-8")
    for path in files(".md", ".toml")
    if path.parts[0] == "docs" or path.name == "README.md"
)


def _verbs(command: click.Command, name: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for verb, inner in command.commands.items():
            yield from _verbs(inner, f"{name} {verb}")
    else:
        yield name


COMMANDS = [
    *_verbs(fleet.cli.main, "fleet"),
    *_verbs(edge_agent.cli.main, "edge-agent"),
    *_verbs(standalone.__main__.main, "python -m standalone"),
]
OPTIONS = [
    option
    for parameter in standalone.__main__.main.params
    for option in parameter.opts
    if option.startswith("--")
]


def _keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _keys(inner)
        elif name != "source":
            yield field.alias or name


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_documented(command: str) -> None:
    assert re.search(rf"\b{re.escape(command)}\b", TEXT)


@pytest.mark.parametrize("option", OPTIONS)
def test_each_option_of_the_standalone_command_is_documented(option: str) -> None:
    assert re.search(rf"{option}\b", TEXT)


def test_each_setting_of_the_fleet_is_documented() -> None:
    names = [f"LECTERN_{name.upper()}" for name in FleetSettings.model_fields]

    assert [name for name in names if not re.search(rf"\b{name}\b", TEXT)] == []


def test_no_setting_is_documented_that_is_not_there() -> None:
    known = {f"LECTERN_{name.upper()}" for name in FleetSettings.model_fields}
    known |= {"LECTERN_CONFIG", "LECTERN_CLAIM"}
    written = set(re.findall(r"\bLECTERN_[A-Z][A-Z_]*[A-Z]\b", TEXT))

    assert written - known == set()


def test_each_setting_of_a_room_is_documented() -> None:
    assert [key for key in _keys(RoomSettings) if not re.search(rf"\b{key}\b", TEXT)] == []


def test_each_make_target_that_is_spoken_of_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    spoken = set(re.findall(r"`make ([a-z-]+)", TEXT))

    assert {"run", "test", "check", "bench", "setup"} <= targets
    assert spoken - targets == set()
