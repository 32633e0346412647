"""Whatever happens, in whatever order: camera and microphone face a lesson only when one is on."""

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from contract.messages import SceneRan
from contract.profile import Argument, Command
from edge_agent import scenes as shipped
from edge_agent.room import automation, scenes
from edge_agent.room.automation import Automation, Habits, Play, Preflight
from edge_agent.room.model import Device
from edge_agent.room.scenes import Ask, Call, Scenes
from tests.fakes.hardware import device, profile

NOON = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
LIBRARY = shipped.load()


def hardware() -> tuple[Device, ...]:
    flag = {"on": Argument(type="flag")}
    camera = profile(
        "camera",
        commands={
            "preset": Command(send="p", arguments={"number": Argument(type="integer")}),
            "park": Command(send="w"),
            "tracking": Command(send="t", arguments=flag),
        },
    )
    microphone = profile("microphone", commands={"microphone": Command(send="m", arguments=flag)})
    return (
        device("camera", camera),
        device("microphone", microphone),
        device("projector", profile()),
    )


class Habitual(RuleBasedStateMachine):
    """The two reducers joined as the loop joins them, with devices that answer or do not."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.next_at: datetime | None = None
        self.automation = Automation(Habits())
        self.scenes = Scenes(LIBRARY, hardware())
        self.open: dict[str, bool] = {"camera": True, "microphone": True}
        self.asked: list[Ask] = []
        self.phase: automation.Phase = "idle"
        self.looking: datetime | None = None
        self.power_offs: list[str] = []
        self.feed(automation.LessonIs("idle", 0.0))

    @property
    def at(self) -> datetime:
        return NOON + timedelta(seconds=self.now)

    def feed(self, event: automation.Event) -> None:
        self.automation, commands = automation.step(self.automation, event)
        for command in commands:
            match command:
                case Play(scene=scene, trigger=trigger):
                    assert scene in LIBRARY
                    self.play(Call(scene, trigger, self.now))
                case Preflight(until=until):
                    self.looking = until

    def play(self, event: scenes.Event) -> None:
        self.scenes, commands = scenes.step(self.scenes, event)
        for command in commands:
            match command:
                case Ask():
                    self.asked.append(command)
                    assert command.command != "load_off"
                    self.obey(command)
                case SceneRan():
                    assert command.seconds >= 0

    def obey(self, ask: Ask) -> None:
        if ask.command == "park":
            self.open["camera"] = False
        elif ask.command == "preset":
            self.open["camera"] = True
        elif ask.command == "microphone":
            self.open["microphone"] = bool(ask.arguments["on"])
        elif ask.command == "power_off":
            self.power_offs.append(ask.device)
            quiet = self.phase in ("idle", "starting")  # a take that starts does so in seconds
            assert quiet or self.automation.low, "a lesson lost its picture"

    def settle(self) -> None:
        """Every scene comes to its end, whoever answers."""
        while self.scenes.run is not None:
            self.now = max(self.now, scenes.next_due(self.scenes) or self.now)
            self.play(scenes.Passed(self.now))

    @rule(seconds=st.floats(0.5, 1200))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.play(scenes.Passed(self.now))
        self.feed(automation.TimeIs(self.now, self.at, self.next_at))

    @rule(minutes=st.none() | st.floats(0, 60))
    def timetable_changes(self, minutes: float | None) -> None:
        self.next_at = None if minutes is None else self.at + timedelta(minutes=minutes)

    @rule(
        phase=st.sampled_from(["idle", "starting", "on", "paused", "stopping"]),
        which=st.sampled_from(["A", "B"]),
    )
    def lesson_is(self, phase: automation.Phase, which: str) -> None:
        if phase != "stopping":
            self.phase = phase
        self.feed(automation.LessonIs(phase, self.now, "" if phase == "idle" else which))

    @rule(ok=st.booleans(), offered=st.booleans())
    def a_device_answers(self, ok: bool, offered: bool) -> None:
        if self.asked:
            request = self.asked.pop(0).request
            self.play(scenes.Answered(request, ok, self.now, "", offered or ok))

    @rule(
        point=st.sampled_from(["power", "signal", "mains"]),
        value=st.sampled_from(["on", "off", "warming", True, False, "low", "online"]),
    )
    def a_device_says(self, point: str, value: automation.Value) -> None:
        self.play(scenes.Valued("projector", point, value, self.now))
        self.feed(automation.DeviceSays("projector", point, value, self.now))

    @rule()
    def somebody_touches(self) -> None:
        self.feed(automation.Touched(self.now))

    @invariant()
    def nothing_looks_or_listens_when_nothing_is_scheduled(self) -> None:
        self.settle()
        if self.phase in ("idle", "paused") and self.looking is None:
            assert not any(self.open.values()), (self.open, self.automation)


Habitual.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestHabitual = Habitual.TestCase
