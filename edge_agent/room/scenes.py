"""Runs scenes, one at a time: which device is told what, and what came of it. Pure.

A scene never waits for a device longer than its step says, and recording never waits for a scene.
Times are monotonic seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, assert_never

from contract.messages import SceneRan, StepResult
from edge_agent.room import restoring
from edge_agent.room.model import Device, Value
from edge_agent.room.restoring import Owed
from edge_agent.room.scene import INPUT, TEXT, Condition, Scene, Step
from edge_agent.room.scene_events import (
    Answered,
    Ask,
    Call,
    Command,
    Event,
    Passed,
    RecordingIs,
    Show,
    Told,
    Valued,
)

__all__ = [
    "OVER",
    "REQUEST",
    "Answered",
    "Ask",
    "Call",
    "Command",
    "Event",
    "Held",
    "Owed",
    "Passed",
    "RecordingIs",
    "Result",
    "Scenes",
    "Show",
    "Told",
    "Valued",
    "next_due",
    "resumed",
    "step",
]

Outcome = Literal["done", "skipped", "failed", "late"]

REQUEST = "scene-"
"""What the ids of requests made by scenes begin with."""
OVER = "over"
"""The scene that is asked for to end one that holds the others, and to restore what it changed."""


@dataclass(frozen=True, slots=True)
class _Target:
    """A device within a step: `request` while it has been asked, `result` when it is done with."""

    device: str
    request: str = ""
    tries: int = 0
    result: StepResult | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    call: Call
    scene: Scene
    index: int = 0
    until: float | None = None
    targets: tuple[_Target, ...] = ()
    results: tuple[StepResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A scene that holds the others: its text, and how the room's devices stood before it."""

    scene: str
    text: str
    before: tuple[tuple[str, str, Value], ...]


@dataclass(frozen=True, slots=True)
class Scenes:
    """What runs, what is held back, and what is known of the devices.

    Attributes:
        held: what holds the others, but for those of other devices: a camera is parked.
        waiting: the scene asked for last while one held the others.
        owed: how devices stood before what held the others, as long as they do not again.
    """

    library: Mapping[str, Scene]
    devices: tuple[Device, ...]
    values: Mapping[tuple[str, str], Value] = field(default_factory=lambda: MappingProxyType({}))
    recording: bool = False
    run: _Run | None = None
    held: Held | None = None
    waiting: Call | None = None
    asked: int = 0
    owed: tuple[Owed, ...] = ()


Result = tuple[Scenes, tuple[Command, ...]]


def step(state: Scenes, event: Event) -> Result:
    """Take one event in."""
    match event:
        case Call():
            state, first = _called(state, event)
        case Answered():
            state, first = _answered(state, event)
        case Valued(device=device, point=point, value=value):
            values = {**state.values}
            if value is None:
                values.pop((device, point), None)
            else:
                values[device, point] = value
            state, first = replace(state, values=MappingProxyType(values)), ()
        case RecordingIs(running=running):
            state, first = replace(state, recording=running), ()
        case Told(device=device):
            state, first = replace(state, owed=restoring.without(state.owed, (device,))), ()
        case Passed():
            first = ()
        case _:
            assert_never(event)
    state, then = _advance(_again(state, event.at), event.at)
    return state, (*first, *then)


def next_due(state: Scenes) -> float | None:
    """When the running step will have failed if nothing happens, or something is tried again."""
    if state.run is not None:
        return state.run.until
    return None if state.held else min((one.at for one in state.owed), default=None)


def resumed(state: Scenes, held: Held | None, owed: tuple[Owed, ...], at: float) -> Result:
    """After a restart: what was held before it is played again, and can still be undone.

    What was being undone is undone further.
    """
    state = replace(state, owed=restoring.after_restart(owed, state.devices, at))
    if held is None or held.scene not in state.library:
        return state, ()
    return step(replace(state, held=held), Call(held.scene, "the agent started", at, held.text))


def _called(state: Scenes, call: Call) -> Result:
    if not _may_begin(state, call):
        return replace(state, waiting=call), ()
    if call.scene == OVER:
        if state.held is None:
            return state, ()
        state, scene = _undoing(state, state.held, call.at)
    elif call.scene not in state.library:
        return state, ()
    else:
        scene = state.library[call.scene]
        if state.held is not None and scene.id != state.held.scene:
            state = replace(state, waiting=None)  # the last word counts
    told: tuple[Command, ...] = ()
    if state.run is not None:
        told = (_report(state.run, "replaced", call.at),)
    if call.scene == OVER:
        told = (*told, Show(""))
        state = replace(state, held=None)
    elif scene.restores:
        told = (*told, Show(call.text))
        now = tuple((*key, value) for key, value in state.values.items())
        old = tuple((one.device, one.point, one.value) for one in state.owed)
        before = state.held.before if state.held else (*now, *old)
        if state.run is not None and state.held is None and state.run.scene.id != OVER:
            state = replace(state, waiting=state.run.call)  # it is not lost, but begun anew
        state = replace(state, held=Held(scene.id, call.text, before))
    if call.scene != OVER:
        names = [call.only] if call.only else [each.name for each in _touched(state, scene)]
        state = replace(state, owed=restoring.without(state.owed, names))
    return replace(state, run=_Run(call, scene)), told


def _again(state: Scenes, at: float) -> Scenes:
    """Begin to try again what is due of what is owed."""
    due = tuple(one for one in state.owed if one.at <= at)
    if state.run is not None or state.held is not None or not due:
        return state
    scene = Scene(id=OVER, title=OVER, steps=restoring.steps(due, again=True))
    return replace(state, run=_Run(Call(OVER, "tried again", at), scene))


def _may_begin(state: Scenes, call: Call) -> bool:
    """Whether nothing holds a scene back: one that touches none of the held one's devices may."""
    if state.held is None or call.scene in (OVER, state.held.scene):
        return True
    scene = state.library.get(call.scene)
    mine = {device.name for device in _touched(state, scene)} if scene else set()
    held = {device.name for device in _touched(state, state.library[state.held.scene])}
    return state.run is None and not mine & held


def _undoing(state: Scenes, held: Held, at: float) -> tuple[Scenes, Scene]:
    scene = state.library[held.scene]
    before = {(device, point): value for device, point, value in held.before}
    owed = restoring.owed(scene, _touched(state, scene), before, at)
    others = restoring.without(state.owed, [one.device for one in owed])
    undoing = Scene(id=OVER, title=scene.title, steps=restoring.steps(owed, again=False))
    return replace(state, owed=(*others, *owed)), undoing


def _touched(state: Scenes, scene: Scene) -> tuple[Device, ...]:
    roles = {each.role for each in scene.steps if each.role}
    names = {each.device for each in scene.steps if each.device}
    return tuple(d for d in state.devices if d.role in roles or d.name in names)


def _answered(state: Scenes, event: Answered) -> Result:
    run = state.run
    if run is None:
        return state, ()
    step = run.scene.steps[run.index] if run.index < len(run.scene.steps) else None
    targets, asks = list(run.targets), []
    for number, target in enumerate(targets):
        if target.request != event.request or target.result is not None or step is None:
            continue
        again = not event.ok and event.offered and target.tries <= step.retries
        if event.ok and step.until is not None:
            targets[number] = replace(target, request="")
        elif event.ok:
            targets[number] = _ended(target, step, "done", event.why)
        elif event.after and run.scene.id == OVER:
            when = event.at + event.after
            owed = restoring.put_off(state.owed, target.device, step.command or "", when)
            state = replace(state, owed=owed)
            targets[number] = _ended(target, step, "skipped", f"{event.why}; it is done later")
        elif not event.offered:
            targets[number] = _ended(target, step, "skipped", event.why)
        elif again and run.until is not None and event.at < run.until:
            state, ask = _ask(state, run, step, target.device, run.until - event.at)
            asks.append(ask)
            targets[number] = replace(target, request=ask.request, tries=target.tries + 1)
        else:
            targets[number] = _ended(target, step, "failed", event.why)
    return replace(state, run=replace(run, targets=tuple(targets))), tuple(asks)


def _advance(state: Scenes, at: float) -> Result:
    told: list[Command] = []
    while state.run is not None:
        run = state.run
        if run.index >= len(run.scene.steps):
            state = replace(state, run=None)
            told.append(_report(run, _outcome(run), at))
            if state.waiting is not None and _may_begin(state, state.waiting):
                call, state = replace(state.waiting, at=at), replace(state, waiting=None)
                state, more = _called(state, call)
                told += more
            continue
        step = run.scene.steps[run.index]
        if run.until is None:
            state, asks = _begin(state, run, step, at)
            told += asks
            continue
        run = replace(run, targets=tuple(_settled(state, step, t, run, at) for t in run.targets))
        state = replace(state, run=run)
        if any(target.result is None for target in run.targets):
            break
        state = replace(state, run=_next(run, step))
        if run.scene.id == OVER:
            results = [target.result for target in run.targets if target.result is not None]
            state = replace(state, owed=restoring.tried(state.owed, step, results, at))
    return state, tuple(told)


def _begin(state: Scenes, run: _Run, step: Step, at: float) -> Result:
    until, asks = at + step.limit, []
    targets: list[_Target] = []
    only = run.call.only
    if step.recording and not only:
        targets.append(_Target(""))
    for device in _devices(state, step, only):
        target = _Target(device.name, tries=1)
        if step.when is not None and not _met(state, device.name, step.when):
            why = f"{step.when.point} is {state.values.get((device.name, step.when.point))}"
            targets.append(_ended(target, step, "skipped", why))
        elif step.command is not None and (why := _unfit(device, step)):
            targets.append(_ended(target, step, "skipped", why))
        elif step.command is not None:
            state, ask = _ask(state, run, step, device.name, step.limit)
            asks.append(ask)
            targets.append(replace(target, request=ask.request))
        else:
            targets.append(target)
    if not targets and not only:
        why = "the room has no such device"
        targets.append(_Target("", result=_result(step, "", "skipped", why)))
    return replace(state, run=replace(run, until=until, targets=tuple(targets))), tuple(asks)


def _unfit(device: Device, step: Step) -> str:
    if step.command not in device.profile.commands:
        return f"it has no command {step.command}"
    if INPUT in step.arguments.values() and not device.input:
        return "no input is set for it"
    return ""


def _ask(state: Scenes, run: _Run, step: Step, name: str, limit: float) -> tuple[Scenes, Ask]:
    device = next(each for each in state.devices if each.name == name)
    words: dict[str, Value] = {INPUT: device.input, TEXT: run.call.text}
    arguments = {
        key: words.get(value, value) if isinstance(value, str) else value
        for key, value in step.arguments.items()
    }
    state = replace(state, asked=state.asked + 1)
    return state, Ask(f"{REQUEST}{state.asked}", name, step.command or "", arguments, limit)


def _settled(state: Scenes, step: Step, target: _Target, run: _Run, at: float) -> _Target:
    """A target that is done with, if it is: its condition is met, or its time is over."""
    if target.result is not None:
        return target
    if not target.request:
        met = state.recording if step.recording else True
        if step.until is not None:
            met = met and _met(state, target.device, step.until)
        if met:
            return _ended(target, step, "done")
    if run.until is not None and at >= run.until:
        return _ended(target, step, "late", f"not within {step.limit:g} s")
    return target


def _next(run: _Run, step: Step) -> _Run:
    results = tuple(target.result for target in run.targets if target.result is not None)
    failed = any(result.outcome in ("failed", "late") for result in results)
    index = len(run.scene.steps) if failed and step.stop_on_failure else run.index + 1
    return replace(run, index=index, until=None, targets=(), results=(*run.results, *results))


def _devices(state: Scenes, step: Step, only: str) -> tuple[Device, ...]:
    meant = (d for d in state.devices if step.device == d.name or step.role == d.role)
    return tuple(device for device in meant if only in ("", device.name))


def _met(state: Scenes, device: str, condition: Condition) -> bool:
    value = state.values.get((device, condition.point))
    if condition.one_of and value not in condition.one_of:
        return False
    return value not in condition.none_of


def _ended(target: _Target, step: Step, outcome: Outcome, why: str = "") -> _Target:
    return replace(target, request="", result=_result(step, target.device, outcome, why))


def _result(step: Step, device: str, outcome: Outcome, why: str) -> StepResult:
    return StepResult(step=step.name, device=device, outcome=outcome, why=why)


def _outcome(run: _Run) -> Literal["done", "partly", "failed"]:
    bad = [result for result in run.results if result.outcome in ("failed", "late")]
    if not bad:
        return "done"
    done = any(result.outcome == "done" for result in run.results)
    return "partly" if done else "failed"


def _report(
    run: _Run, outcome: Literal["done", "partly", "failed", "replaced"], at: float
) -> SceneRan:
    return SceneRan(
        scene=run.scene.id,
        trigger=run.call.trigger,
        outcome=outcome,
        seconds=round(max(0.0, at - run.call.at), 3),
        steps=run.results,
    )
