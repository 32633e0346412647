"""What rooms tell, as sentences."""

from typing import get_args

import msgspec
import pytest

from contract import messages as m
from contract import registry
from contract.profile import Kind
from contract.standards import CHOICES
from edge_agent.room.alarm_texts import TEXTS
from fleet.devices import sentences
from tests.contract.samples import SAMPLES

TOLD = {
    payload: name
    for channel in ("event", "reply")
    for name, payload in registry.BY_NAME[channel].types.items()
    if name not in sentences.ROUTINE
}
"""Every event that a person reads, by its payload."""


def plain(text: str) -> str:
    """Without the marks that keep names apart."""
    return text.replace("\u2068", "").replace("\u2069", "")


def _said(payload: m.Payload) -> str:
    return plain(sentences.event(TOLD[type(payload)], msgspec.to_builtins(payload)))


@pytest.mark.parametrize(
    "payload", [one for one in SAMPLES if type(one) in TOLD], ids=lambda one: type(one).__name__
)
def test_what_the_contract_knows_is_a_sentence(payload: m.Payload) -> None:
    said = _said(payload)

    assert said.endswith(".")
    assert "%(" not in said
    assert not said.startswith("lectern.")


@pytest.mark.parametrize(
    ("online", "power", "said"),
    [
        (False, "on", "panel does not answer."),
        (True, "on", "panel is on."),
        (True, "off", "panel is off."),
        (True, "warming", "panel is warming up."),
        (True, "cooling", "panel is cooling down."),
        (True, "unknown", "panel answers."),
    ],
)
def test_each_state_of_a_device(online: bool, power: str, said: str) -> None:
    changed = m.DeviceChanged(device="panel", online=online, power=power)  # type: ignore[arg-type]
    assert _said(changed) == said


def test_a_name_does_not_turn_its_sentence() -> None:
    said = sentences.event("lectern.device.changed", {"device": "عارض", "online": False})
    assert said == "\u2068عارض\u2069 does not answer."


def test_each_end_of_a_scene_and_each_topic_has_words_of_its_own() -> None:
    ends = ("done", "partly", "failed", "replaced")
    scenes = {
        _said(m.SceneRan(scene="break", trigger="t", outcome=end, seconds=1.0))  # type: ignore[arg-type]
        for end in ends
    }
    topics = {sentences.call(one) for one in ("picture", "sound", "recording", "other")}

    assert (len(scenes), len(topics)) == (4, 4)


def test_each_role_of_the_contract_has_a_name() -> None:
    assert [kind for kind in get_args(Kind) if sentences.role(kind) == kind] == []


def test_each_alarm_that_a_room_has_words_for_has_a_name() -> None:
    assert [text for text in TEXTS if sentences.alarm(text) == text] == []


def test_what_is_not_known_is_shown_as_it_came() -> None:
    assert plain(sentences.event("lectern.hologram", {})) == "lectern.hologram"
    assert sentences.alarm("leaking") == "leaking"
    assert sentences.detail({}) == ""
    assert sentences.detail({"why": "the disk is full"}) == "the disk is full"


def test_a_reading_of_a_closed_set_is_a_word() -> None:
    for point, among in CHOICES.items():
        words = [sentences.choice(point, float(place)) for place in range(len(among))]
        assert len(set(words)) == len(among)
        assert not set(words) & {"", *among}
    assert sentences.choice("error_lamp", 2.0) == "Fault"
    assert sentences.choice("error_lamp", 3.0) == sentences.choice("error_lamp", 0.5) == ""
    assert sentences.choice("lamp_hours", 1.0) == ""
