"""Rules shipped, changed for a unit, and of a unit's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.room.alarm_texts import TEXTS
from fleet.alerts import texts
from fleet.alerts.rulebook import Change, Rule, Rulebook, checked, shipped, worst
from fleet.alerts.service.checks import CHECKS, version
from fleet.errors import Refused
from fleet.web import language

UON, KENYA = "r.ke.uon.", "r.ke."


def test_every_rule_and_every_key_of_a_room_has_words() -> None:
    own = {one.rule for one in shipped().values() if one.kind != "room"}
    assert own | TEXTS.keys() <= texts.keys()
    assert {f"room.{key}" for key in TEXTS} <= shipped().keys()
    assert {check.rule for check in CHECKS} <= own
    for key, (what, todo) in TEXTS.items():
        said = texts.what(key, "X").replace(
            "\N{FIRST STRONG ISOLATE}X\N{POP DIRECTIONAL ISOLATE}", "X"
        )
        assert said == what.format(subject="X")
        assert texts.todo(key) == todo


def test_words_of_rooms_are_translated() -> None:
    with language.speaking("fr"):
        assert language.current() == "fr"
        assert texts.what("unheard-of", "x", "As the room says.") == "As the room says."
    assert language.current() == "en"


def test_a_value_is_said_in_words_where_it_is_a_word() -> None:
    assert texts.value("error") == "Fault"
    assert texts.value("3500 h") == "3500 h"
    assert texts.value("False") == ""


def test_the_nearest_change_wins_key_by_key() -> None:
    book = Rulebook(
        (
            Change("", "disk-low", {"threshold": 1.0, "severity": "warning"}),
            Change(KENYA, "disk-low", {"threshold": 2.0}),
            Change("r.tz.", "disk-low", {"enabled": False}),
        )
    )
    rule = book.of("disk-low", UON)
    assert rule is not None
    assert (rule.threshold, rule.severity, rule.enabled) == (2.0, "warning", True)
    assert "disk-low" not in {one.rule for one in book.readings("r.tz.uds.")}
    assert "disk-low" in {one.rule for one in book.readings(UON)}


def test_a_rule_of_a_units_own_is_known_there_only() -> None:
    book = Rulebook((Change(UON, "amp", {"point": "temperature", "threshold": 60.0}),))
    assert book.of("amp", "r.ke.mku.") is None
    assert [one.rule for one in book.readings(UON)][-1] == "amp"


def test_alarms_of_rooms_are_set_by_what_they_say() -> None:
    book = Rulebook((Change("", "room.silent", {"severity": "info"}),))
    silent, other = book.of("room.mic-7", UON, "silent"), book.of("room.x", UON, "never-heard")
    assert silent is not None
    assert other is not None
    assert (silent.severity, other.severity, other.kind) == ("info", "", "room")


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(0, 50), st.sampled_from("<>"))
def test_a_value_is_bad_or_good_or_between(value: float, level: float, gap: float, op: str) -> None:
    clear = level - gap if op == ">" else level + gap
    rule = Rule("r", "reading", threshold=level, clear=clear, op=op)
    bad = value > level if op == ">" else value < level
    good = value <= clear if op == ">" else value >= clear
    assert rule.judge(value) is (True if bad else (False if good else None))


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("disk-low", {"point": "x"}),
        ("disk-low", {"threshold": "1"}),
        ("disk-low", {"threshold": float("nan")}),
        ("disk-low", {"clear": 1.0}),
        ("disk-low", {"severity": "awful"}),
        ("disk-low", {"delay": -1}),
        ("Bad Name", {"point": "x", "threshold": 1}),
        ("own", {"point": "x"}),
        ("own", {"threshold": 1}),
        ("own", {"point": "x", "threshold": 1, "clear": 2}),
    ],
)
def test_what_does_not_fit_is_refused(rule: str, change: dict[str, object]) -> None:
    with pytest.raises(Refused):
        checked(rule, change)


def test_versions_compare_as_numbers() -> None:
    assert version("0.10.0") > version("0.9.9")
    assert version("1.0.0+local") == version("1.0.0")
    assert version("odd") < version("0.0.1")
    assert worst(["info", "critical", "?"]) == "critical"
