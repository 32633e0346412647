"""Between a profile's words and the wire: what is said can be understood, the rest is refused."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.profile import Profile, Reading
from edge_agent.errors import Garbled, Refused, Unsupported
from edge_agent.room import values

PROFILE = msgspec.convert(
    {
        "id": "beamer",
        "vendor": "Somebody",
        "models": ["One"],
        "kind": "projector",
        "document": {"title": "The manual"},
        "verification": {"status": "unverified", "why": "made up for a test"},
        "transports": [{"kind": "tcp", "port": 4352}],
        "codec": {"name": "pjlink"},
        "sources": {"hdmi1": "31", "hdmi2": "32"},
        "commands": {
            "power_on": {"send": "POWR 1"},
            "volume": {
                "send": "SVOL {level}",
                "arguments": {"level": {"type": "integer", "least": 2, "most": 20}},
            },
            "source": {"send": "INPT {source}", "arguments": {"source": {"type": "source"}}},
            "mute": {
                "send": "AVMT {on}",
                "arguments": {"on": {"type": "flag", "values": {"on": "31", "off": "30"}}},
            },
            "freeze": {"send": "FREZ {on}", "arguments": {"on": {"type": "flag"}}},
            "x_mode": {
                "send": "MODE {mode}",
                "arguments": {"mode": {"type": "choice", "values": {"eco": "E", "bright": "B"}}},
            },
            "message": {"send": "MSG {text}", "arguments": {"text": {"type": "text"}}},
            "move": {
                "send": "MOVE {pan} {tilt}",
                "arguments": {"pan": {"type": "integer"}, "tilt": {"type": "integer"}},
            },
        },
    },
    Profile,
)


@pytest.mark.parametrize(
    ("command", "arguments", "wire"),
    [
        ("power_on", {}, {}),
        ("volume", {"level": 20}, {"level": 20}),
        ("source", {"source": "hdmi2"}, {"source": "32"}),
        ("mute", {"on": True}, {"on": "31"}),
        ("mute", {"on": False}, {"on": "30"}),
        ("freeze", {"on": True}, {"on": "1"}),
        ("freeze", {"on": False}, {"on": "0"}),
        ("x_mode", {"mode": "eco"}, {"mode": "E"}),
        ("message", {"text": "нет"}, {"text": "нет"}),
    ],
)
def test_arguments_become_what_is_on_the_wire(
    command: str, arguments: dict[str, Any], wire: dict[str, Any]
) -> None:
    checked = values.checked(PROFILE, command, arguments)

    assert values.on_wire(PROFILE, command, checked) == wire


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("volume", {"level": 1}, "volume: level: from 2 to 20"),
        ("volume", {"level": 21}, "from 2 to 20"),
        ("volume", {"level": True}, "a whole number is needed"),
        ("volume", {"level": 3.5}, "a whole number is needed"),
        ("volume", {}, "level is missing"),
        ("volume", {"level": 3, "speed": 1}, "no argument is called 'speed'"),
        ("source", {"source": "vga"}, "one of hdmi1, hdmi2"),
        ("mute", {"on": 1}, "true or false"),
        ("x_mode", {"mode": "loud"}, "one of eco, bright"),
        ("message", {"text": 7}, "a text is needed"),
    ],
)
def test_what_a_command_does_not_take_is_refused_by_name(
    command: str, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        values.checked(PROFILE, command, arguments)


def test_a_command_the_profile_has_not_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="beamer has no command 'explode'"):
        values.checked(PROFILE, "explode", {})


Scalars = st.booleans() | st.integers(-300, 300) | st.floats() | st.text(max_size=5)
Arguments = st.dictionaries(
    st.sampled_from(["level", "source", "on", "mode", "text", "pan", "tilt", "x"]),
    Scalars | st.sampled_from(["hdmi1", "eco"]),
    max_size=3,
)


@given(st.sampled_from([*PROFILE.commands, "explode"]), Arguments)
def test_whatever_passes_the_check_can_be_put_on_the_wire(
    command: str, arguments: dict[str, Any]
) -> None:
    try:
        checked = values.checked(PROFILE, command, arguments)
    except Refused:
        return
    assert dict(checked) == arguments
    assert list(checked) == list(PROFILE.commands[command].arguments)
    assert values.on_wire(PROFILE, command, checked).keys() == checked.keys()


POWER = Reading(query="q", type="choice", values={"0": "off", "1": "on"})


@pytest.mark.parametrize(
    ("reading", "raw", "value"),
    [
        (POWER, "1", "on"),
        (Reading(query="q", type="number", scale=0.5), "21", 10.5),
        (Reading(query="q", type="number", scale=10), "-3", -30.0),
        (Reading(query="q", type="number", values={"FF": -1}), "FF", -1),
        (Reading(query="q", type="flag"), "1", True),
        (Reading(query="q", type="flag"), "0", False),
        (Reading(query="q", type="flag", values={"31": True, "30": False}), "30", False),
        (Reading(query="q", type="text"), " M300X ", " M300X "),
    ],
)
def test_an_answer_means_what_the_profile_says(reading: Reading, raw: str, value: Any) -> None:
    meant = values.meaning(reading, raw)

    assert meant == value
    assert type(meant) is type(value)


@pytest.mark.parametrize(
    ("reading", "raw"),
    [
        (POWER, "2"),
        (POWER, ""),
        (Reading(query="q", type="number"), "warm"),
        (Reading(query="q", type="number"), "nan"),
        (Reading(query="q", type="number"), "inf"),
        (Reading(query="q", type="number"), "1_000"),
        (Reading(query="q", type="number"), "9" * 400),
        (Reading(query="q", type="flag"), "2"),
        (Reading(query="q", type="flag", values={"1": True}), "0"),
    ],
)
def test_an_answer_that_is_not_known_is_garbled_and_never_guessed(
    reading: Reading, raw: str
) -> None:
    with pytest.raises(Garbled):
        values.meaning(reading, raw)


@given(st.text(max_size=200))
def test_any_answer_is_one_of_the_values_or_garbled(raw: str) -> None:
    for kind, types in (("number", float), ("flag", bool), ("choice", str)):
        known = {"0": "off"} if kind == "choice" else {}
        reading = msgspec.convert({"query": "q", "type": kind, "values": known}, Reading)
        try:
            meant = values.meaning(reading, raw)
        except Garbled:
            continue
        assert isinstance(meant, types)


def test_an_input_is_called_by_its_name_where_it_has_one() -> None:
    assert values.source_named(PROFILE, "32") == "hdmi2"
    assert values.source_named(PROFILE, "99") == "99"
