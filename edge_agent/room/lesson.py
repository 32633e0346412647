"""When a take starts and ends. Pure: `step(state, event) -> (state, commands)`.

A take goes Starting → Recording → Stopping → Delivering → Done; the room itself is Waiting when
no take is in the first three. Each event first changes what is known (`_absorb`), then `_settle`
compares what is recorded with what is wanted, so that the order of events does not matter.
"""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import assert_never

from contract.messages import TakeEnd
from edge_agent.room import commands as c
from edge_agent.room import events as e
from edge_agent.room.lesson_state import (
    Active,
    Delivering,
    Done,
    Recording,
    RoomState,
    Starting,
    Stopping,
    Waiting,
    current,
    is_recording,
    kept,
    running_lesson,
)

__all__ = [
    "NEVER_AGAIN",
    "Active",
    "Delivering",
    "Done",
    "Recording",
    "RoomState",
    "Starting",
    "Stopping",
    "Waiting",
    "current",
    "is_recording",
    "kept",
    "running_lesson",
    "step",
]

NEVER_AGAIN = datetime.max.replace(tzinfo=UTC)

_MOVED = timedelta(minutes=1)
"""A smaller correction moves no bell."""

Step = tuple[RoomState, tuple[c.LessonCommand, ...]]


def step(state: RoomState, event: e.LessonEvent) -> Step:
    """Take one event in."""
    state, first = _absorb(state, event)
    state, then = _settle(state)
    return state, (*first, *then)


def _absorb(state: RoomState, event: e.LessonEvent) -> Step:
    match event:
        case e.Woke():
            return _wake(state, event)
        case e.SlotNow():
            return _look(state, event), ()
        case e.ClockMoved(by=by):
            return _moved(state, by), ()
        case e.StartOrdered():
            return _order_start(state, event)
        case e.StopOrdered():
            return _order_stop(state, event)
        case e.PauseOrdered():
            return _order_pause(state, event)
        case e.ResumeOrdered():
            return _order_resume(state, event)
        case e.ExtendOrdered():
            return _order_extend(state, event)
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


def _look(state: RoomState, now: e.SlotNow) -> RoomState:
    def still(slot: e.Slot | None) -> e.Slot | None:
        return slot if slot is not None and now.at < slot.ends_at else None

    return replace(
        state,
        at=now.at,
        slot=now.slot,
        rang=now.rang,
        next_at=now.next_at,
        manual=still(state.manual),
        paused=still(state.paused),
        extended=still(state.extended),
        held=False,
    )


def _moved(state: RoomState, by: timedelta) -> RoomState:
    """What people asked for lasts as long as they said, whatever time it turns out to be."""
    if abs(by) < _MOVED:
        return state

    def moved(slot: e.Slot | None) -> e.Slot | None:
        return replace(slot, ends_at=slot.ends_at + by) if slot is not None else None

    return replace(
        state,
        manual=moved(state.manual),
        paused=moved(state.paused),
        extended=moved(state.extended),
    )


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
        manual=event.kept.manual,
        paused=event.kept.paused,
        extended=event.kept.extended,
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
    if state.paused is not None:
        return state, (c.Answer(event.order, False, "busy: a lesson is paused"),)
    if state.disk == "full":
        return state, (c.Answer(event.order, False, "the recording disk is full"),)
    if event.ends_at <= event.at:
        return state, (c.Answer(event.order, False, "minutes must be more than 0"),)
    manual = e.Slot(event.lesson, event.ends_at, event.course)
    return replace(state, manual=manual, asked=event.order, held=False), ()


def _order_stop(state: RoomState, event: e.StopOrdered) -> Step:
    if state.paused is not None:
        manual = None if state.manual == state.paused else state.manual
        over = _ended(state, state.paused.lesson, NEVER_AGAIN)
        state = replace(state, paused=None, extended=None, manual=manual, over=over)
        return state, (c.Answer(event.order, True),)
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


def _order_pause(state: RoomState, event: e.PauseOrdered) -> Step:
    match state.active:
        case Recording(slot=slot):
            return _stop(replace(state, paused=slot), "paused", event.order)
        case Starting():
            return state, (c.Answer(event.order, False, "busy: the take is just starting"),)
        case Waiting() | Stopping():
            why = "no take is running" if state.paused is None else "the lesson is paused already"
            return state, (c.Answer(event.order, False, why),)
        case _:
            assert_never(state.active)


def _order_resume(state: RoomState, event: e.ResumeOrdered) -> Step:
    if state.paused is None:
        return state, (c.Answer(event.order, False, "no lesson is paused"),)
    if state.disk == "full":
        return state, (c.Answer(event.order, False, "the recording disk is full"),)
    resumed = replace(state, paused=None, asked=event.order, held=False)
    if _wanted(resumed) is None:
        why = "the lesson is over"
        return replace(state, paused=None), (c.Answer(event.order, False, why),)
    return resumed, ()


def _order_extend(state: RoomState, event: e.ExtendOrdered) -> Step:
    slot = current(state)
    if slot is None:
        return state, (c.Answer(event.order, False, "no lesson is running"),)
    if slot.ends_at <= event.at:
        return state, (c.Answer(event.order, False, "the lesson is over"),)
    until = slot.ends_at + timedelta(minutes=event.minutes)
    if state.next_at is not None:
        until = min(until, state.next_at)
    if until <= slot.ends_at:
        return state, (c.Answer(event.order, False, "the next lesson begins then"),)
    longer = replace(slot, ends_at=until)
    if state.manual == slot:
        state = replace(state, manual=longer)
    else:
        state = replace(state, extended=longer)
    if state.paused == slot:
        state = replace(state, paused=longer)
    return state, (c.Answer(event.order, True, result={"ends_at": until.isoformat()}),)


def _ended(state: RoomState, lesson: str | None, until: datetime | None) -> Mapping[str, datetime]:
    if lesson is None or until is None:
        return state.over
    return MappingProxyType({**state.over, lesson: max(until, state.over.get(lesson, until))})


def _stop(state: RoomState, reason: TakeEnd, order: str | None = None) -> Step:
    match state.active:
        case Recording(take=take, slot=slot):
            ended = state.at or slot.ends_at
            state = replace(
                state,
                active=Stopping(take, slot, reason, order),
                over=_ended(state, slot.lesson, _over_until(reason, ended)),
            )
            if reason != "paused":
                manual = None if order or state.manual == slot else state.manual
                extended = None if order or reason == "disk_full" else state.extended
                state = replace(state, manual=manual, extended=extended)
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
    slot = _asked_for(state)
    if slot is not None and state.paused is not None and slot.lesson == state.paused.lesson:
        return None
    return slot


def _asked_for(state: RoomState) -> e.Slot | None:
    """What timetable and people want recorded now, paused or not."""
    for slot in (state.extended, state.slot):
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
            if state.at is None and state.asked is None:
                return state, ()  # what was kept may be over: the timetable says what time it is
            if state.disk == "full":
                return _miss(state, wanted.lesson, "the recording disk is full")
            take = str(uuid.uuid5(state.seed, str(state.opened)))
            state = replace(
                state,
                opened=state.opened + 1,
                active=Starting(take, wanted, state.asked),
                asked=None,
            )
            return state, (c.OpenTake(take, wanted.lesson, wanted.course),)
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
