"""What a room records, and what it knows of its lessons. Pure; `lesson` changes it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import assert_never

from contract.messages import TakeEnd
from edge_agent.room import events as e


@dataclass(frozen=True, slots=True)
class Waiting:
    """No take runs."""


@dataclass(frozen=True, slots=True)
class Starting:
    """The take's row is written and the recorder is starting."""

    take: str
    slot: e.Slot
    order: str | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """The recorder runs."""

    take: str
    slot: e.Slot


@dataclass(frozen=True, slots=True)
class Stopping:
    """The recorder is closing its last segments."""

    take: str
    slot: e.Slot
    reason: TakeEnd
    order: str | None = None


@dataclass(frozen=True, slots=True)
class Delivering:
    """The manifest is sent; segments may still be on their way."""

    take: str


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing of the take is left to send."""

    take: str


Active = Waiting | Starting | Recording | Stopping


@dataclass(frozen=True, slots=True)
class RoomState:
    """What the room records and what it knows.

    Attributes:
        seed: a UUID drawn at each start of the agent; names of takes derive from it.
        opened: takes opened so far.
        active: the take that is being made.
        handed_over: takes whose manifest is sent, or is being made from what a crash left.
        at, slot, rang, next_at: what the timetable said last.
        manual, paused, extended: what people asked for, see `events.Kept`.
        asked: the order that the next take to open answers.
        over: lessons not to be recorded again unless their end moves past this time.
        missed: lessons reported as missed, so that it is said once.
        held: the recorder could not start; wait for the timetable's next word.
    """

    seed: uuid.UUID
    opened: int = 0
    awake: bool = False
    active: Active = field(default_factory=Waiting)
    handed_over: tuple[Delivering | Done, ...] = ()
    adopting: frozenset[str] = frozenset()
    at: datetime | None = None
    slot: e.Slot | None = None
    rang: bool = True
    next_at: datetime | None = None
    manual: e.Slot | None = None
    paused: e.Slot | None = None
    extended: e.Slot | None = None
    asked: str | None = None
    disk: e.DiskLevel = "ok"
    over: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    missed: frozenset[str] = frozenset()
    held: bool = False


def running_lesson(state: RoomState) -> str | None:
    """The lesson being recorded, if a timetabled or named one is."""
    return None if isinstance(state.active, Waiting) else state.active.slot.lesson


def is_recording(state: RoomState) -> bool:
    """Whether a take runs: what could interrupt it is refused as busy."""
    return not isinstance(state.active, Waiting)


def kept(state: RoomState) -> e.Kept:
    """What a restart must not forget."""
    return e.Kept(state.manual, state.paused, state.extended)


def current(state: RoomState) -> e.Slot | None:
    """The slot of the lesson that is on: recorded, about to be, or paused."""
    match state.active:
        case Starting(slot=slot) | Recording(slot=slot):
            return slot
        case Waiting() | Stopping():
            return state.paused
        case _:
            assert_never(state.active)
