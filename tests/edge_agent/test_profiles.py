"""Every mistake in a profile is answered with file, line and key; nothing in it does harm."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent import profiles
from edge_agent.errors import BadConfiguration

GOOD = """\
id: beamer
vendor: Somebody
models: [One, Two]
kind: projector
document:
  title: The manual
verification:
  status: unverified
  why: made up for a test
transports:
  - kind: tcp
    port: 4352
codec:
  name: pjlink
sources:
  hdmi1: "31"
commands:
  power_on:
    send: POWR 1
  volume:
    send: SVOL {level}
    arguments:
      level: {type: integer, most: 20}
readings:
  power:
    query: POWR ?
    type: choice
    values: {"0": "off", "1": "on"}
"""
CHILD = "id: child\nextends: beamer\n"


@pytest.fixture
def beamer(tmp_path: Path) -> Path:
    path = tmp_path / "beamer.yaml"
    path.write_text(GOOD)
    return path


def mistake(path: Path, text: str) -> str:
    path.write_text(text)
    with pytest.raises(BadConfiguration) as caught:
        profiles.read(path, (path.parent,))
    return str(caught.value)


def test_a_profile_is_read(beamer: Path) -> None:
    profile = profiles.load("beamer", (beamer.parent,))

    assert profile.models == ("One", "Two")
    assert profile.capabilities == ("power", "power_on", "volume")


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ("kind: projector", "kind: toaster", 4, "kind"),
        ("  title: The manual", "  titel: The manual", 6, "document.titel"),
        ("port: 4352", "port: 70000", 12, "transports[0].port"),
        ("send: POWR 1", "send: 1", 19, "commands.power_on.send"),
        ("send: POWR 1", "sent: POWR 1", 19, "commands.power_on.sent"),
        ("most: 20", "most: loud", 23, "commands.volume.arguments.level.most"),
        ("  power_on:", "  Power-On:", 18, "commands.Power-On"),
        ("    type: choice", "    type: guess", 27, "readings.power.type"),
        ('hdmi1: "31"', "hdmi1: 31", 16, "sources.hdmi1"),
        ("id: beamer", "id: projector", 1, "id"),
    ],
)
def test_a_mistake_is_answered_with_file_line_and_key(
    beamer: Path, old: str, new: str, line: int, key: str
) -> None:
    assert old in GOOD

    said = mistake(beamer, GOOD.replace(old, new, 1))

    assert said.startswith(f"{beamer}, line {line}: {key}: ")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (GOOD.replace("  name: pjlink", "  name: [pjlink"), 15, "the file: "),
        (GOOD + "vendor: Another\n", 29, "the key 'vendor' is given twice"),
        (GOOD.replace("send: POWR 1", "send: a\n    send: b"), 20, "the key 'send' is given twice"),
        (GOOD.replace("codec:", "codec: &c").replace("document:", "x: *c\ny:"), 5, "aliases"),
        ("- a list\n", 1, "must be a mapping"),
        ("", 1, "must be a mapping"),
        ("id: !!python/object/apply:os.getcwd []\n", 1, "could not determine a constructor"),
        ("id: " + "[" * 100_000, 1, "nested deeper than"),
        ("id: " + "x" * 2_000_000, 1, "larger than"),
    ],
)
def test_what_is_no_profile_is_refused(beamer: Path, text: str, line: int, said: str) -> None:
    told = mistake(beamer, text)

    assert told.startswith(f"{beamer}, line {line}: ")
    assert said in told


def test_on_and_off_are_words_and_a_date_is_a_text(beamer: Path) -> None:
    beamer.write_text(
        GOOD.replace('{"0": "off", "1": "on"}', '{"0": off, "1": on, "2": true}')
        .replace("level: {type: integer, most: 20}", "on: {type: flag}")
        .replace("status: unverified", "status: verified\n  on: 2026-11-25")
    )

    profile = profiles.read(beamer)

    assert profile.readings["power"].values == {"0": "off", "1": "on", "2": True}
    assert profile.commands["volume"].arguments.keys() == {"on"}
    assert profile.verification.on == "2026-11-25"


def test_a_billion_laughs_are_not_laughed(beamer: Path) -> None:
    bomb = "a0: &a0 [ha, ha]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
    )

    assert "aliases are not allowed" in mistake(beamer, bomb)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"none\.yaml: cannot be read"):
        profiles.read(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"vendor: Soci\xe9t\xe9\n")
    with pytest.raises(BadConfiguration, match=r"latin\.yaml: cannot be read"):
        profiles.read(tmp_path / "latin.yaml")


def test_a_profile_that_is_not_there_is_named() -> None:
    with pytest.raises(BadConfiguration, match="no profile 'toaster'"):
        profiles.load("toaster")


def test_a_profile_is_laid_over_the_one_it_extends(beamer: Path) -> None:
    child = beamer.with_name("child.yaml")
    child.write_text(
        CHILD + "models: [Three]\ncommands:\n  volume: null\n  power_on: {settle: 5}\n"
    )

    profile = profiles.read(child, (beamer.parent,))

    assert (profile.id, profile.vendor, profile.models) == ("child", "Somebody", ("Three",))
    assert profile.commands.keys() == {"power_on"}
    assert (profile.commands["power_on"].send, profile.commands["power_on"].settle) == ("POWR 1", 5)


def test_what_a_layer_removes_does_not_come_back_from_below(beamer: Path) -> None:
    beamer.with_name("child.yaml").write_text(CHILD + "commands: {volume: null}\n")
    grandchild = beamer.with_name("grandchild.yaml")
    grandchild.write_text("id: grandchild\nextends: child\n")

    profile = profiles.read(grandchild, (beamer.parent,))

    assert profile.commands.keys() == {"power_on"}


def test_a_mistake_is_told_where_it_was_made(beamer: Path) -> None:
    child = beamer.with_name("child.yaml")
    own = mistake(child, CHILD + "commands:\n  volume:\n    settle: long\n")
    beamer.write_text(GOOD.replace("most: 20", "most: loud"))
    inherited = mistake(child, CHILD + "commands:\n  volume:\n    settle: 5\n")

    assert own.startswith(f"{child}, line 5: commands.volume.settle: ")
    assert inherited.startswith(f"{beamer}, line 23: commands.volume.arguments.level.most: ")


def test_profiles_that_extend_each_other_are_refused(beamer: Path) -> None:
    child = beamer.with_name("child.yaml")
    beamer.write_text(GOOD + "extends: child\n")

    said = mistake(child, CHILD)

    assert "extends: they extend each other" in said
    lost = mistake(child, "id: child\nextends: nobody\n")
    assert lost.startswith(f"{child}, line 2: extends: there is no profile 'nobody'")


def test_an_id_leads_nowhere_else(beamer: Path) -> None:
    inner = beamer.parent / "inner"
    inner.mkdir()

    with pytest.raises(BadConfiguration, match="there is no profile"):
        profiles.load("../beamer", [inner])


def test_the_rooms_own_profiles_come_before_the_shipped_ones(beamer: Path) -> None:
    assert "beamer" not in profiles.ids()
    assert "beamer" in profiles.ids([beamer.parent])
    assert profiles.path_of("beamer", [beamer.parent]) == beamer


def test_a_rooms_overrides_are_checked_as_the_profile_is(beamer: Path) -> None:
    over = {"sources": {"hdmi1": "32"}, "commands": {"volume": None}}

    profile = profiles.read(beamer, (), over)

    assert profile.sources == {"hdmi1": "32"}
    assert "volume" not in profile.commands
    with pytest.raises(BadConfiguration, match=r"sources\.hdmi1: Expected `str`, got `int`"):
        profiles.read(beamer, (), {"sources": {"hdmi1": 32}})


def test_an_empty_text_of_a_room_removes(beamer: Path) -> None:
    """TOML has no null."""
    profile = profiles.read(beamer, (), {"commands": {"volume": ""}, "sources": {"hdmi1": ""}})

    assert (profile.commands.keys(), profile.sources) == ({"power_on"}, {})


Documents = st.recursive(
    st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=12,
)
Mappings = st.dictionaries(st.sampled_from("abcd"), Documents, max_size=4)


@given(Mappings)
def test_nothing_laid_over_changes_nothing(below: dict[str, Any]) -> None:
    assert profiles.merged(below, {}) == below
    assert profiles.merged({}, below) == below
    assert profiles.merged(below, below) == below


@given(Mappings, Mappings)
def test_what_lies_above_is_seen_and_what_is_below_is_not_changed(
    below: dict[str, Any], above: dict[str, Any]
) -> None:
    before = repr(below)

    result = profiles.merged(below, above)

    assert repr(below) == before
    assert result.keys() == below.keys() | above.keys()
    for key, value in above.items():
        if not isinstance(value, dict) or not isinstance(below.get(key), dict):
            assert result[key] == value


@given(st.sampled_from("abcd"), Mappings)
def test_null_removes(key: str, below: dict[str, Any]) -> None:
    assert profiles.merged(below, {key: None}) == {k: v for k, v in below.items() if k != key}


@given(text=st.text(max_size=300))
def test_any_text_is_a_profile_or_a_told_mistake(scratch: Path, text: str) -> None:
    scratch.write_text(text, encoding="utf-8", errors="replace")
    with pytest.raises(BadConfiguration):
        profiles.read(scratch)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch") / "any.yaml"
