"""Plays scripts to the lesson reducer: an event, then the commands it must give."""

import uuid
from datetime import UTC, datetime, timedelta

from edge_agent.room import commands as c
from edge_agent.room import events as e
from edge_agent.room import lesson

NOON = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
SEED = uuid.UUID(int=7)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def take(number: int) -> str:
    """The name of the take that is opened as the `number`th, from 0."""
    return str(uuid.uuid5(SEED, str(number)))


def slot(lesson_id: str = "L", until: float = 45) -> e.Slot:
    return e.Slot(lesson_id, at(until))


def now(minute: float, open_slot: e.Slot | None) -> e.SlotNow:
    return e.SlotNow(at(minute), open_slot)


def play(*script: e.LessonEvent | c.LessonCommand, woke: bool = True) -> lesson.RoomState:
    """Feed the events; between two of them exactly the commands written there must come."""
    state = lesson.RoomState(SEED)
    if woke:
        state, commands = lesson.step(state, e.Woke())
        assert commands == ()
    given: list[c.LessonCommand] = []
    for number, entry in enumerate(script):
        if isinstance(entry, c.LessonCommand):
            assert given, f"entry {number}: {entry} was expected and nothing more came"
            assert given.pop(0) == entry, f"entry {number}"
            continue
        assert not given, f"before entry {number} also came {given}"
        state, commands = lesson.step(state, entry)
        given = list(commands)
    assert not given, f"at the end also came {given}"
    return state
