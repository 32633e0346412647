"""Whatever is out of reach and whatever takes whose place: what is open is closed in the end."""

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge_agent.room import automation, privacy, scenes
from edge_agent.room.automation import Automation, Habits, Play, Preflight
from edge_agent.room.privacy import Privacy
from edge_agent.room.scenes import Ask, Call, Scenes
from tests.edge_agent.room.test_automation_properties import LIBRARY, hardware

NOON = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
DEVICES = st.sampled_from(["camera", "microphone"])
PATIENCE = 900.0


def closed() -> Privacy:
    state = privacy.of(hardware(), PATIENCE)
    for name in ("camera", "microphone"):
        state = told(state, name, state.closing[name], on=False)
    return state


def told(
    state: Privacy, device: str, command: str, *, ok: bool = True, hand: bool = False, on: bool
) -> Privacy:
    state = privacy.asked(state, device, command, {"on": on}, "r", 100, by_hand=hand)
    return privacy.answered(state, device, "r", ok=ok, offered=True)


def test_at_the_start_nothing_is_known_to_be_closed() -> None:
    assert privacy.left_open(privacy.of(hardware(), PATIENCE), 0)
    assert not privacy.left_open(closed(), 0)


def test_what_did_not_obey_is_still_open_and_what_cannot_be_closed_is_let_be() -> None:
    state = told(closed(), "camera", "preset", on=False)
    assert privacy.left_open(told(state, "camera", "park", ok=False, on=False), 200)
    asked = privacy.asked(state, "camera", "park", {}, "r", 200, by_hand=False)
    assert not privacy.left_open(privacy.answered(asked, "camera", "r", ok=False, offered=False), 9)


def test_an_answer_that_was_overtaken_closes_nothing() -> None:
    parking = privacy.asked(closed(), "camera", "park", {}, "r", 100, by_hand=False)
    turned = privacy.asked(parking, "camera", "preset", {"number": 1}, "s", 101, by_hand=False)
    assert privacy.left_open(privacy.answered(turned, "camera", "r", ok=True, offered=True), 102)


def test_what_comes_back_or_comes_on_looks_where_it_likes() -> None:
    gone = privacy.seen(closed(), "camera", online=False)
    assert not privacy.left_open(gone, 0)
    assert privacy.left_open(privacy.seen(gone, "camera", online=True), 0)
    off = privacy.powered(closed(), "camera", "off")
    assert not privacy.left_open(off, 0)
    assert privacy.left_open(privacy.powered(off, "camera", "on"), 0)


def test_what_was_opened_by_hand_is_left_so_for_a_while() -> None:
    for device, command in (("camera", "preset"), ("microphone", "microphone")):
        opened = told(closed(), device, command, hand=True, on=True)
        assert not privacy.left_open(opened, 100 + PATIENCE - 1)
        assert privacy.left_open(opened, 100 + PATIENCE)
    assert not privacy.left_open(told(closed(), "camera", "tracking", on=False), 1000)


class Room(RuleBasedStateMachine):
    """A room whose camera and microphone come and go in the middle of scenes."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.automation = Automation(Habits())
        self.scenes = Scenes(LIBRARY, hardware())
        self.privacy = privacy.of(hardware(), PATIENCE)
        self.open = {"camera": True, "microphone": True}
        self.gone: set[str] = set()
        self.asks: list[tuple[float, Ask]] = []
        self.phase: automation.Phase = "idle"
        self.looking = False
        self.next_at: datetime | None = None
        self.feed(automation.LessonIs("idle", 0.0))

    def feed(self, event: automation.Event) -> None:
        self.automation, commands = automation.step(self.automation, event)
        for command in commands:
            match command:
                case Play(scene=scene, trigger=trigger):
                    self.play(Call(scene, trigger, self.now))
                case Preflight(until=until):
                    self.looking = until is not None

    def play(self, event: scenes.Event) -> None:
        self.scenes, commands = scenes.step(self.scenes, event)
        for ask in commands:
            if isinstance(ask, Ask):
                self.ask(ask, by_hand=False)

    def ask(self, ask: Ask, *, by_hand: bool) -> None:
        self.asks.append((self.now + ask.limit, ask))
        self.privacy = privacy.asked(
            self.privacy, ask.device, ask.command, ask.arguments, ask.request, self.now,
            by_hand=by_hand,
        )  # fmt: skip

    def tick(self) -> None:
        self.now += 1
        for until, ask in tuple(self.asks):
            there = ask.device not in self.gone
            if there or self.now >= until:
                self.asks.remove((until, ask))
                if there:
                    self.obey(ask)
                self.privacy = privacy.answered(
                    self.privacy, ask.device, ask.request, ok=there, offered=True
                )
                self.play(scenes.Answered(ask.request, there, self.now))
        self.play(scenes.Passed(self.now))
        playing = self.scenes.run is not None
        left = privacy.left_open(self.privacy, self.now)
        at = NOON + timedelta(seconds=self.now)
        self.feed(automation.TimeIs(self.now, at, self.next_at, playing, left))

    def obey(self, ask: Ask) -> None:
        match ask.command:
            case "park":
                self.open["camera"] = False
            case "preset":
                self.open["camera"] = True
            case "microphone":
                self.open["microphone"] = bool(ask.arguments["on"])

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        for _ in range(seconds):
            self.tick()

    @rule(phase=st.sampled_from(["idle", "on", "paused"]))
    def lesson_is(self, phase: automation.Phase) -> None:
        self.phase = phase
        self.feed(automation.LessonIs(phase, self.now, "" if phase == "idle" else "A"))

    @rule(minutes=st.none() | st.integers(1, 12))
    def timetable_changes(self, minutes: int | None) -> None:
        at = NOON + timedelta(seconds=self.now)
        self.next_at = None if minutes is None else at + timedelta(minutes=minutes)

    @rule(device=DEVICES)
    def goes(self, device: str) -> None:
        if device not in self.gone:
            self.gone.add(device)
            self.privacy = privacy.seen(self.privacy, device, online=False)

    @rule(device=DEVICES)
    def comes_back(self, device: str) -> None:
        if device in self.gone:
            self.gone.remove(device)
            self.open[device] = True
            self.privacy = privacy.seen(self.privacy, device, online=True)

    @rule(scene=st.sampled_from(["emergency-message", "over", "signal-appears", "battery-low"]))
    def a_scene_is_asked_for(self, scene: str) -> None:
        self.play(Call(scene, "order", self.now))

    @rule()
    def somebody_turns_the_camera(self) -> None:
        self.ask(Ask("by hand", "camera", "preset", {"number": 1}, 5), by_hand=True)

    @rule()
    def signal(self) -> None:
        for value in (False, True):
            self.feed(automation.DeviceSays("projector", "signal", value, self.now))

    @rule()
    def a_quarter_of_an_hour_later(self) -> None:
        self.next_at = None
        for _ in range(int(PATIENCE) + 300):
            self.tick()
        if self.phase != "on":
            assert not any(
                is_open for name, is_open in self.open.items() if name not in self.gone
            ), self.privacy

    @invariant()
    def one_request_a_device_is_remembered(self) -> None:
        assert len(self.privacy.requests) <= 2


Room.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestRoom = Room.TestCase
