"""Whatever is ordered and whatever the projector says: its mains are never cut while it is hot."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge_agent.room import device as rules
from edge_agent.room.device import DeviceState
from tests.fakes.hardware import device, profile, ups

COOLS = 60.0
UNDER_FAN = 20.0


class PowerRoom(RuleBasedStateMachine):
    """A projector that warms and cools as it likes, on a UPS that anybody may order off."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.device = device(of=profile())
        self.state = DeviceState(self.device)
        self.ups = ups("projector")
        self.lamp = "off"
        self.dark_since = float("-inf")
        self.powered = True
        self.harmed = False

    def lamp_is(self, lamp: str) -> None:
        if lamp == "off" and self.lamp != "off":
            self.dark_since = self.now
        self.lamp = lamp

    @rule(seconds=st.floats(0.1, 100))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.state, _ = rules.passed(self.state, self.now)

    @rule(command=st.sampled_from(["power_on", "power_off"]), taken=st.booleans())
    def told(self, command: str, taken: bool) -> None:
        if rules.may(self.state, command, self.now) == rules.Now():
            self.state = rules.told(self.state, command, self.now)
            if taken:
                self.lamp_is("on" if command == "power_on" else "cooling")

    @rule(lamp=st.sampled_from(["on", "cooling", "warming"]))
    def somebody_uses_the_remote_control(self, lamp: str) -> None:
        # Seen by the next poll; what happens before that the room cannot know.
        self.lamp_is(lamp)
        self.answers()

    @rule()
    def lamp_goes_out(self) -> None:
        if self.lamp == "cooling":
            self.lamp_is("off")

    @rule()
    def answers(self) -> None:
        self.state = rules.answered(self.state, "power", self.lamp, self.now)

    @rule()
    def agent_restarts(self) -> None:
        self.state = DeviceState(self.device)

    @rule()
    def load_off_is_ordered(self) -> None:
        if rules.why_not_cut(self.ups, "load_off", [self.state], self.now) is None:
            hot = self.lamp != "off" or self.now - self.dark_since < UNDER_FAN
            self.harmed |= hot

    @invariant()
    def no_hot_lamp_lost_its_fan(self) -> None:
        assert not self.harmed


PowerRoom.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestPowerRoom = PowerRoom.TestCase
