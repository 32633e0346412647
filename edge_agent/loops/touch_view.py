"""What the touch page shows, put together from what is known of the room. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from contract.messages import CourseOffer, Meeting
from edge_agent.loops.signals import LessonNow
from edge_agent.ports.touch import (
    AlarmView,
    DeviceView,
    LessonView,
    Offer,
    Phase,
    RoomView,
    SourceState,
    SourceView,
)
from edge_agent.room import device as devices
from edge_agent.room import lesson
from edge_agent.room.alarms import Raised
from edge_agent.room.device import DeviceState
from edge_agent.room.events import Slot
from edge_agent.room.model import Source


@dataclass(slots=True)
class Facts:
    """What was heard last. `began` is when the lesson that is on was first heard of.

    `open` are the tracks that are looked at while no take runs; `lost` those of the running take
    that give nothing. A notice is shown until `notice_until`, and that a picture was
    taken until `pictured_until`; both are monotonic.
    """

    room: str = ""
    watched: bool = True
    meetings: tuple[Meeting, ...] = ()
    courses: tuple[CourseOffer, ...] = ()
    now: LessonNow | None = None
    began: datetime | None = None
    checking: bool = False
    taking: bool = False
    open: frozenset[str] = frozenset()
    lost: set[str] = field(default_factory=set)
    uploads: tuple[int, int] = (0, 0)
    connected: bool = False
    message: str = ""
    looked_into: bool = False
    pictured_until: float = 0.0
    notice: str = ""
    notice_until: float = 0.0
    unrecorded: Slot | None = None
    records: bool = True
    language: str = ""
    raised: tuple[Raised, ...] = ()


def view(
    facts: Facts,
    sources: Sequence[Source],
    hardware: Sequence[tuple[DeviceState, bool]],
    at: datetime,
    monotonic: float,
) -> RoomView:
    """The room at one moment."""
    on = _on(facts)
    hot = any(devices.is_hot(state, monotonic) for state, _ in hardware if state.power != "unknown")
    idle = facts.now is None or isinstance(facts.now.active, lesson.Waiting)
    return RoomView(
        at=at,
        phase=_phase(facts),
        room=facts.room,
        lesson=on,
        next=_next(facts, at, on),
        extend_until=facts.now.next_at if facts.now else None,
        uploads=facts.uploads,
        safe_to_switch_off=idle and not hot,
        connected=facts.connected,
        watched=facts.watched,
        message=facts.message,
        looked_into=facts.looked_into or monotonic < facts.pictured_until,
        notice=facts.notice if monotonic < facts.notice_until else "",
        unrecorded=_meeting(facts, facts.unrecorded) if facts.unrecorded and not on else None,
        records=facts.records,
        language=facts.language,
        sources=tuple(
            SourceView(source.track, source.name, source.kind, _state(facts, source.track))
            for source in sources
        ),
        devices=tuple(_device(state, online) for state, online in hardware),
        alarms=tuple(
            AlarmView(
                raised.rule.alarm.id,
                raised.rule.subject,
                raised.rule.alarm.severity,
                raised.rule.alarm.text,
                at - timedelta(seconds=max(0.0, monotonic - raised.since)),
            )
            for raised in facts.raised
        ),
        courses=tuple(Offer(offer.course, offer.title) for offer in facts.courses),
    )


def _phase(facts: Facts) -> Phase:
    now = facts.now
    if now is None:
        return "idle"
    match now.active:
        case lesson.Starting():
            return "starting"
        case lesson.Recording():
            return "recording"
        case lesson.Stopping():
            return "paused" if now.paused else "stopping"
        case lesson.Waiting():
            if now.paused:
                return "paused"
            return "preflight" if facts.checking else "idle"
        case _:
            assert_never(now.active)


def _on(facts: Facts) -> LessonView | None:
    slot = facts.now.slot if facts.now else None
    if slot is None:
        return None
    planned = _meeting(facts, slot)
    if planned is not None:
        return planned
    title = next((o.title for o in facts.courses if o.course == slot.course), "")
    return LessonView(slot.lesson, title, facts.began or slot.ends_at, slot.ends_at)


def _meeting(facts: Facts, slot: Slot) -> LessonView | None:
    for meeting in facts.meetings:
        if meeting.lesson == slot.lesson:
            return LessonView(slot.lesson, meeting.title, meeting.starts_at, slot.ends_at)
    return None


def _next(facts: Facts, at: datetime, on: LessonView | None) -> LessonView | None:
    later = [m for m in facts.meetings if m.starts_at > at and (not on or m.lesson != on.lesson)]
    first = min(later, key=lambda m: m.starts_at, default=None)
    if first is None:
        return None
    return LessonView(first.lesson, first.title, first.starts_at, first.ends_at)


def _state(facts: Facts, track: str) -> SourceState:
    if facts.taking:
        return "lost" if track in facts.lost else "recording"
    return "open" if track in facts.open else "closed"


def _device(state: DeviceState, online: bool) -> DeviceView:
    profile, kind = state.device.profile, state.device.transport.kind
    offers = frozenset(
        name
        for name, command in profile.commands.items()
        if not command.transports or kind in command.transports
    )
    if state.device.mac and state.device.transport.wake == "wol":
        offers |= {"power_on"}
    preset = profile.commands.get("preset")
    return DeviceView(
        name=state.device.name,
        role=state.device.role,
        online=online,
        power=state.power,
        offers=offers,
        sources=tuple(profile.sources),
        presets=preset.arguments["number"].most if preset else 0,
        values={point: known.value for point, known in state.values.items()},
    )
