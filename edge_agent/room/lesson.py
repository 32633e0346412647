"""When a take starts and ends. Pure: `step(state, event) -> (state, commands)`.

A take goes Starting → Recording → Stopping → Delivering → Done; the room itself is Waiting when
no take is in the first three. Each event first changes what is known (`_absorb`), then `_settle`
compares what is recorded with what is wanted, so that the order of events does not matter.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import assert_never

from contract.messages import TakeEnd
from edge_agent.room import commands as c
from edge_agent.room import events as e

NEVER_AGAIN = datetime.max.replace(tzinfo=UTC)


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
        at, slot, rang: what the timetable said last; manual: what a person ordered.
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
    manual: e.Slot | None = None
    manual_order: str | None = None
    disk: e.DiskLevel = "ok"
    over: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    missed: frozenset[str] = frozenset()
    held: bool = False


Step = tuple[RoomState, tuple[c.LessonCommand, ...]]


def step(state: RoomState, event: e.LessonEvent) -> Step:
    """Take one event in."""
    state, first = _absorb(state, event)
    state, then = _settle(state)
    return state, (*first, *then)


def running_lesson(state: RoomState) -> str | None:
    """The lesson being recorded, if a timetabled or named one is."""
    return None if isinstance(state.active, Waiting) else state.active.slot.lesson


def is_recording(state: RoomState) -> bool:
    """Whether a take runs: what could interrupt it is refused as busy."""
    return not isinstance(state.active, Waiting)


def _absorb(state: RoomState, event: e.LessonEvent) -> Step:
    match event:
        case e.Woke():
            return _wake(state, event)
        case e.SlotNow(at=at, slot=slot, rang=rang):
            manual = state.manual if state.manual and at < state.manual.ends_at else None
            state = replace(state, at=at, slot=slot, rang=rang, manual=manual, held=False)
            return state, ()
        case e.StartOrdered():
            return _order_start(state, event)
        case e.StopOrdered():
            return _order_stop(state, event)
        case e.DiskNow(level=level):
            state = replace(state, disk=level)
            return _stop(state, "disk_full") if level == "full" else (state, ())
        case e.TakeOpened(take=take):
            match state.active:
                case Starting(take=starting, slot=slot, order=order) if starting == take:
                    answer = (c.Answer(order, True, result={"take": take}),) if order else ()
                    state = replace(state, active=Recording(take, slot))
                    return _stop_when_full(state, answer)
                case _:
                    return state, ()
        case e.TakeFailed(take=take, why=why):
            return _fail(state, take, why)
        case e.TakeClosed(take=take):
            match state.active:
                case Stopping(take=stopping, order=order) if stopping == take:
                    answer = (c.Answer(order, True, result={"take": take}),) if order else ()
                    handed = (*state.handed_over, Delivering(take))
                    return replace(state, active=Waiting(), handed_over=handed), answer
                case _:
                    return state, ()
        case e.TakeAdopted(take=take):
            if take not in state.adopting:
                return state, ()
            handed = (*state.handed_over, Delivering(take))
            return replace(state, adopting=state.adopting - {take}, handed_over=handed), ()
        case e.TakeDelivered(take=take):
            if Delivering(take) not in state.handed_over:
                return state, ()
            kept = tuple(t for t in state.handed_over if t.take != take)
            return replace(state, handed_over=(*kept[-20:], Done(take))), (c.FinishTake(take),)
        case _:
            assert_never(event)


def _wake(state: RoomState, event: e.Woke) -> Step:
    if state.awake:
        return state, ()
    over: dict[str, datetime] = {}
    for finished in event.finished:
        until = _over_until(finished.reason, finished.slot_end)
        if until is not None:
            over[finished.lesson] = max(until, over.get(finished.lesson, until))
    for take in event.unfinished:
        if take.lesson and take.reason in ("stopped", "disk_full"):
            over[take.lesson] = NEVER_AGAIN
    state = replace(
        state,
        awake=True,
        over=MappingProxyType(over),
        adopting=frozenset(take.take for take in event.unfinished),
        handed_over=tuple(Delivering(take) for take in event.delivering),
    )
    # A reason already decided stands; otherwise another take of the lesson may follow.
    return state, tuple(
        c.AdoptTake(take.take, take.reason or "interrupted") for take in event.unfinished
    )


def _over_until(reason: TakeEnd, slot_end: datetime) -> datetime | None:
    match reason:
        case "interrupted" | "paused":
            return None
        case "bell":
            return slot_end
        case "stopped" | "disk_full":
            return NEVER_AGAIN
        case _:
            assert_never(reason)


def _order_start(state: RoomState, event: e.StartOrdered) -> Step:
    if not isinstance(state.active, Waiting) or state.manual is not None:
        return state, (c.Answer(event.order, False, "busy: a take is running"),)
    if state.disk == "full":
        return state, (c.Answer(event.order, False, "the recording disk is full"),)
    if event.ends_at <= event.at:
        return state, (c.Answer(event.order, False, "minutes must be more than 0"),)
    manual = e.Slot(event.lesson, event.ends_at)
    return replace(state, manual=manual, manual_order=event.order, held=False), ()


def _order_stop(state: RoomState, event: e.StopOrdered) -> Step:
    match state.active:
        case Recording():
            return _stop(state, "stopped", event.order)
        case Starting():
            return state, (c.Answer(event.order, False, "busy: the take is just starting"),)
        case Stopping():
            return state, (c.Answer(event.order, False, "the take is already stopping"),)
        case Waiting():
            return state, (c.Answer(event.order, False, "no take is running"),)
        case _:
            assert_never(state.active)


def _stop(state: RoomState, reason: TakeEnd, order: str | None = None) -> Step:
    match state.active:
        case Recording(take=take, slot=slot):
            ended = state.at or slot.ends_at
            until = _over_until(reason, ended)
            over = dict(state.over)
            if slot.lesson and until is not None:
                over[slot.lesson] = max(until, over.get(slot.lesson, until))
            manual = None if state.manual in (slot, None) or order else state.manual
            state = replace(
                state,
                active=Stopping(take, slot, reason, order),
                over=MappingProxyType(over),
                manual=manual,
            )
            return state, (c.CloseTake(take, reason, ended),)
        case Waiting() | Starting() | Stopping():
            return state, ()
        case _:
            assert_never(state.active)


def _stop_when_full(state: RoomState, first: tuple[c.LessonCommand, ...]) -> Step:
    if state.disk != "full":
        return state, first
    state, then = _stop(state, "disk_full")
    return state, (*first, *then)


def _fail(state: RoomState, take: str, why: str) -> Step:
    match state.active:
        case Starting(take=starting, slot=slot, order=order) if starting == take:
            answer = (c.Answer(order, False, why),) if order else ()
            manual = None if state.manual == slot else state.manual
            state = replace(state, active=Waiting(), held=True, manual=manual)
            state, said = _miss(state, slot.lesson, why)
            return state, (*answer, *said)
        case _:
            return state, ()


def _miss(state: RoomState, lesson: str | None, why: str) -> Step:
    if lesson is None or lesson in state.missed:
        return state, ()
    return replace(state, missed=state.missed | {lesson}), (c.SayMissed(lesson, why),)


def _wanted(state: RoomState) -> e.Slot | None:
    slot = state.slot
    if slot is not None and slot.lesson is not None:
        over = state.over.get(slot.lesson)
        if over is None or slot.ends_at > over:
            return slot
    return state.manual


def _settle(state: RoomState) -> Step:
    wanted = _wanted(state)
    match state.active:
        case Waiting():
            if wanted is None or state.held or not state.awake:
                return state, ()
            if state.disk == "full":
                return _miss(state, wanted.lesson, "the recording disk is full")
            take = str(uuid.uuid5(state.seed, str(state.opened)))
            order = state.manual_order if wanted == state.manual else None
            state = replace(
                state,
                opened=state.opened + 1,
                active=Starting(take, wanted, order),
                manual_order=None if order else state.manual_order,
            )
            return state, (c.OpenTake(take, wanted.lesson),)
        case Recording(take=take, slot=slot):
            if wanted is None or wanted.lesson != slot.lesson:
                over = state.rang or (state.at is not None and state.at >= slot.ends_at)
                return _stop(state, "bell" if over else "interrupted")
            # The bell may have moved: remember by which one this take will end.
            return replace(state, active=Recording(take, wanted)), ()
        case Starting() | Stopping():
            return state, ()
        case _:
            assert_never(state.active)
