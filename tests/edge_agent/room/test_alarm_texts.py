from pathlib import Path

import pytest
import yaml

from edge_agent.room.alarm_texts import TEXTS

PROFILES = sorted((Path(__file__).parents[3] / "device_profiles").glob("*.yaml"))
WATCHED = {
    "black", "frozen", "blurred", "covered", "moved", "silent", "clipped", "hum", "muted",
    "offset", "gap", "disk",
}  # fmt: skip
ROOM = {"offline", "camera-clock", "command-failed", "too-hot", "no-signal", "wrong-source"}


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_it_says_what_is_wrong_and_what_to_do(key: str) -> None:
    what, todo = TEXTS[key]
    assert "{subject}" in what
    assert "{" not in todo
    assert what.endswith(".")
    assert todo.endswith(".")


def test_whatever_the_room_watches_has_words() -> None:
    assert TEXTS.keys() >= WATCHED | ROOM


def test_each_alarm_of_a_shipped_profile_has_words() -> None:
    used = {
        (path.name, alarm["text"])
        for path in PROFILES
        for alarm in yaml.safe_load(path.read_text(encoding="utf-8")).get("alarms", [])
    }
    assert {name for name in used if name[1] not in TEXTS} == set()
