"""What the room does by itself: which scene follows what happens. Pure.

It asks for scenes and for the pre-flight look, and for nothing else: it can neither start nor end
a recording, which only timetable, bell and people do (`room/lesson.py`).

`now` is monotonic seconds, `at` the fleet's time.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never

from edge_agent.room.model import Value

Phase = Literal["idle", "starting", "on", "paused", "stopping"]

_CLOSE_SECONDS = 60.0
_CLOSE_AT_MOST_SECONDS = 3600.0
"""What was left open and does not obey is told again after a minute, and ever more rarely."""


@dataclass(frozen=True, slots=True)
class Habits:
    """The room's settings: see `AutomationSettings` and `WatchingSettings`."""

    break_time: timedelta = timedelta(minutes=20)
    quiet_seconds: float = 900.0
    preflight: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class LessonIs:
    """How the lesson stands; `which` tells one from the next, `by` is who began it."""

    phase: Phase
    now: float
    which: str = ""
    by: str = "timetable"


@dataclass(frozen=True, slots=True)
class TimeIs:
    """Time went by; `next_at` is when the next lesson begins, if the timetable has one.

    `playing`: a scene runs. `left_open`: cameras and microphones that are not known to
    be closed, see `privacy`.
    """

    now: float
    at: datetime
    next_at: datetime | None
    playing: bool = False
    left_open: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Touched:
    """Somebody is in the room: the touch page was used, or a device by hand."""

    now: float


@dataclass(frozen=True, slots=True)
class DeviceSays:
    """A device's reading."""

    device: str
    point: str
    value: Value | None
    now: float


@dataclass(frozen=True, slots=True)
class DeviceBack:
    """A device answers again after it did not: it may have lost its mains."""

    device: str


Event = LessonIs | TimeIs | Touched | DeviceSays | DeviceBack


@dataclass(frozen=True, slots=True)
class Play:
    """Run a scene; with `only`, for one device."""

    scene: str
    trigger: str
    only: str = ""


@dataclass(frozen=True, slots=True)
class Preflight:
    """Look at the room's sources until the lesson at `until` begins; None: no longer."""

    until: datetime | None


Command = Play | Preflight


@dataclass(frozen=True, slots=True)
class Automation:
    """What the rules remember.

    Attributes:
        phase, which: of the lesson; None before it was said for the first time.
        failed: the lesson whose take could not be started, which is tried again and again.
        active_at: when somebody last did something here, or everything was switched off.
        checking: the beginning of the lesson that the room is being looked at for.
        signals: devices whose input has a signal; `dark`: those that had none when asked last.
        on: devices that are on or warming up.
        low: the mains are lost and the battery is nearly empty.
        told, close_at, pause: what was told to close, when it is told again, and how long after.
        back: devices that are back in a lesson and have not been set up for it again.
    """

    habits: Habits
    phase: Phase | None = None
    which: str = ""
    failed: str | None = None
    at: datetime | None = None
    next_at: datetime | None = None
    active_at: float = 0.0
    checking: datetime | None = None
    signals: frozenset[str] = frozenset()
    dark: frozenset[str] = frozenset()
    on: frozenset[str] = frozenset()
    low: bool = False
    told: frozenset[str] = frozenset()
    close_at: float = 0.0
    pause: float = _CLOSE_SECONDS
    back: tuple[str, ...] = ()


Step = tuple[Automation, tuple[Command, ...]]


def step(state: Automation, event: Event) -> Step:
    """Take one event in."""
    match event:
        case LessonIs():
            return _lesson(state, event)
        case TimeIs(now=now, at=at, next_at=next_at):
            state, first = _time(replace(state, at=at, next_at=next_at), now)
            state, then = (state, ()) if first else _private(state, event)
            state, last = (state, ()) if first or then else _back(state, event)
            return state, (*first, *then, *last)
        case Touched(now=now):
            return _active(state, now), ()
        case DeviceSays():
            return _device(state, event)
        case DeviceBack(device=device):
            return replace(state, back=(*state.back, device)), ()
        case _:
            assert_never(event)


def _lesson(state: Automation, event: LessonIs) -> Step:
    before, which = state.phase, state.which
    if event.phase == "stopping":
        return state, ()  # what comes of it is said next
    after = replace(state, phase=event.phase, which=event.which)
    match event.phase:
        case "starting" if event.which == state.failed:
            return _active(state, event.now), ()  # the room is set up when there is a take
        case "starting" | "on":
            after = replace(after, failed=state.failed if event.phase == "starting" else None)
            if before in ("starting", "on") and which == event.which:
                return after, ()
            by = "resumed" if before == "paused" and which == event.which else event.by
            calm: tuple[Command, ...] = (Preflight(None),) if state.checking else ()
            after = replace(_active(after, event.now), checking=None)
            return after, (*calm, Play("lesson-starts", by))
        case "paused":
            told = (Play("break", "paused"),) if before != "paused" else ()
            return _active(after, event.now), told
        case "idle":
            if before == "idle":
                return after, ()
            after = _active(after, event.now)
            if before == "starting":
                after = replace(after, failed=which)
            if before is None:
                return after, (Play("lesson-ends", "the agent started"),)
            soon = _begins_within(state, state.habits.break_time)
            return after, (Play("break" if soon else "lesson-ends", "the lesson is over"),)


def _time(state: Automation, now: float) -> Step:
    if state.phase != "idle":
        return state, ()
    told: list[Command] = []
    due = state.next_at if _begins_within(state, state.habits.preflight) else None
    if due != state.checking:
        if due is not None:
            told += [Preflight(due), Play("pre-flight", "a lesson begins soon")]
        elif not _just_begun(state):
            told += [Preflight(None), Play("lesson-ends", "the lesson was moved")]
        else:
            return state, ()
        state = replace(state, checking=due)
    if _is_quiet(state, now):
        state = _active(state, now)  # what is on in spite of it is told again
        told.append(Play("everything-off", "nobody is here"))
    return state, tuple(told)


def _private(state: Automation, event: TimeIs) -> Step:
    """Close what is open while nothing is scheduled: it was out of reach, or left in mid-scene."""
    if not event.left_open <= state.told:
        state = replace(state, close_at=0.0, pause=_CLOSE_SECONDS)
    state = replace(state, told=state.told & event.left_open)
    scheduled = state.phase not in ("idle", "paused") or state.checking is not None
    if not event.left_open or scheduled or event.playing or event.now < state.close_at:
        return state, ()
    pause = min(2 * state.pause, _CLOSE_AT_MOST_SECONDS)
    at = event.now + state.pause
    state = replace(state, told=event.left_open, close_at=at, pause=pause)
    scene = "break" if state.phase == "paused" else "lesson-ends"
    return state, (Play(scene, "camera or microphone may be open"),)


def _back(state: Automation, event: TimeIs) -> Step:
    """Set up for the running lesson what came back in the middle of it, and nothing else."""
    if state.phase != "on":
        return replace(state, back=()), ()
    if event.playing or not state.back:
        return state, ()
    device, *others = state.back
    later = tuple(other for other in others if other != device)
    return replace(state, back=later), (Play("lesson-starts", f"{device} is back", device),)


def _device(state: Automation, event: DeviceSays) -> Step:
    match event.point:
        case "power":
            on = event.value in ("on", "warming")
            known = event.device in state.on
            if on and not known:
                state = _active(replace(state, on=state.on | {event.device}), event.now)
            elif known and not on:
                state = replace(state, on=state.on - {event.device})
        case "signal":
            if event.value is True and event.device not in state.signals:
                # What was there before the device could be asked, nobody has plugged in.
                fresh = state.phase == "idle" and event.device in state.dark
                signals, dark = state.signals | {event.device}, state.dark - {event.device}
                state = _active(replace(state, signals=signals, dark=dark), event.now)
                trigger = f"a signal on {event.device}"
                return state, (Play("signal-appears", trigger),) if fresh else ()
            if event.value is not True:
                state = replace(state, signals=state.signals - {event.device})
            if event.value is False:
                state = replace(state, dark=state.dark | {event.device})
        case "mains":
            low = event.value == "low"
            if low and not state.low:
                return replace(state, low=True), (Play("battery-low", f"{event.device} is low"),)
            if event.value in ("online", "battery"):
                state = replace(state, low=False)
    return state, ()


def _active(state: Automation, now: float) -> Automation:
    return replace(state, active_at=now)


def _begins_within(state: Automation, time: timedelta) -> bool:
    if state.at is None or state.next_at is None:
        return False
    return timedelta(0) < state.next_at - state.at <= time


def _just_begun(state: Automation) -> bool:
    """The lesson that was waited for is due: its take is being opened."""
    if state.checking is None or state.at is None:
        return False
    return timedelta(0) <= state.at - state.checking <= timedelta(seconds=30)


def _is_quiet(state: Automation, now: float) -> bool:
    if state.signals or not state.on:
        return False
    if _begins_within(state, max(state.habits.break_time, state.habits.preflight)):
        return False
    return now - state.active_at >= state.habits.quiet_seconds
