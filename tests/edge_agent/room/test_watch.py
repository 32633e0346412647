"""What is a fault, and when a person is told."""

from dataclasses import replace

import pytest

from edge_agent.room import alarms, watch, watch_rules
from edge_agent.room.alarm_texts import TEXTS
from edge_agent.room.model import Source

CAMERA = Source("camera", "camera", "presenter", "test", "")
SCREEN = Source("screen", "screen", "presentation", "test", "")
MICROPHONE = Source("microphone", "microphone", "audio", "test", "")
SOURCES = (CAMERA, SCREEN, MICROPHONE)

GOOD = watch.Look(brightness=120, dark=0.1, sharpness=500, motion=1.0, detail=1.0, view=0.9)
VOICE = watch.Hearing(-22, zero=False, clipped=0.0, hum=0.1, momentary=-23, short_term=-24)


def faults(points: dict) -> set[str]:
    return {name for name, value in points.items() if value is True}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, set()),
        ({"dark": 0.99}, {"black"}),
        ({"motion": 0.0}, {"frozen"}),
        ({"motion": None}, set()),
        ({"detail": 0.1}, {"blurred"}),
        ({"detail": 0.1, "view": 0.05}, {"covered"}),
        ({"view": 0.05}, {"moved"}),
        ({"detail": None, "view": None}, set()),
        ({"detail": 0.1, "view": None}, {"blurred"}),
    ],
)
def test_faults_of_a_picture(change: dict, fault: set[str]) -> None:
    assert faults(watch.points_of_picture("camera", replace(GOOD, **change))) == fault


def test_a_slide_may_stand_still_and_be_plain() -> None:
    slide = replace(GOOD, motion=0.0, detail=0.0, view=0.0)

    assert faults(watch.points_of_picture("screen", slide)) == set()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, set()),
        ({"level": -80}, {"silent"}),
        ({"level": -96, "zero": True}, {"silent", "muted"}),
        ({"clipped": 0.02}, {"clipped"}),
        ({"hum": 0.8}, {"hum"}),
        ({"hum": 0.8, "level": -80}, {"silent"}),
    ],
)
def test_faults_of_sound(change: dict, fault: set[str]) -> None:
    assert faults(watch.points_of_sound(replace(VOICE, **change))) == fault


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [
        ({}, None),
        ({"audio": 0.3}, None),
        ({"presenter": 0.3, "presentation": 0.0}, None),
        ({"audio": 0.05, "presenter": -0.07}, 0.12),
        ({"audio": 0.0, "presenter": 0.02, "presentation": -0.2}, 0.2),
    ],
)
def test_sound_and_picture_are_apart_by_the_worst_pair(offsets: dict, expected: float) -> None:
    apart = watch.apart(SOURCES, offsets)

    assert apart is None if expected is None else apart == pytest.approx(expected)


def test_a_lesson_is_as_large_as_its_tracks() -> None:
    copied = replace(CAMERA, copy=True)

    assert watch.lesson_bytes((SCREEN, MICROPHONE), 3600, 2500, 96) == 3600 * 2596 * 125
    assert watch.lesson_bytes((copied,), 8, 2500, 96) == watch.COPIED_KBITS * 1000


def test_every_rule_has_words_and_a_point_that_is_measured() -> None:
    measured = {
        "camera": watch.points_of_picture("camera", GOOD).keys(),
        "screen": watch.points_of_picture("screen", GOOD).keys(),
        "microphone": watch.points_of_sound(VOICE).keys(),
    }
    for kind, rules in watch_rules.RULES.items():
        names = [rule.id for rule in rules]
        assert len(names) == len(set(names))
        for rule in rules:
            assert rule.text in TEXTS
            assert rule.point in measured[kind] | {"gap", "no_signal"}
            assert set(rule.masked_by) <= set(names)
            assert rule.delay + 0.5 < 3
    assert {rule.text for rule in watch_rules.ROOM} <= TEXTS.keys()


def raised(*steps: tuple[float, str, str, object], until: float) -> list[str]:
    state = alarms.Alarms(watch_rules.of_room(SOURCES))
    told: list[str] = []
    for at, subject, point, value in steps:
        state, changes = alarms.step(state, alarms.Seen(subject, point, value, at))
        told += [c.rule.alarm.id for c in changes if isinstance(c, alarms.Raised)]
    for tenth in range(round(until * 10)):
        state, changes = alarms.step(state, alarms.Passed(steps[-1][0] + tenth / 10))
        told += [c.rule.alarm.id for c in changes if isinstance(c, alarms.Raised)]
    return told


def test_a_black_picture_is_not_called_frozen_as_well() -> None:
    black = (0.0, "presenter", "black", True)

    assert raised(black, (0.3, "presenter", "frozen", True), until=10) == ["black"]


def test_a_lost_source_is_a_gap_and_nothing_else() -> None:
    steps = [(0.0, "audio", "gap", True), (0.5, "audio", "no_signal", True)]

    assert raised(*steps, (1.0, "audio", "silent", True), until=10) == ["gap"]


def test_a_short_delay_of_packets_is_no_offset() -> None:
    late = [(0.0, "room", "apart", 0.3), (3.0, "room", "apart", 0.02)]

    assert raised(*late, until=10) == []
    assert raised((0.0, "room", "apart", 0.11), until=20) == ["offset"]


def test_disk_for_fewer_than_two_lessons() -> None:
    assert raised((0.0, "room", "lessons_left", 1.9), until=1) == ["disk"]
    assert raised((0.0, "room", "lessons_left", 2.1), until=1) == []
