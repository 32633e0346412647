import msgspec
import pytest

from contract.profile import Reading, Safety
from edge_agent.room import device as rules
from edge_agent.room.device import DeviceState, Later, Never, NotNow, Now
from tests.fakes.hardware import device, profile, ups

ON_OFF = {"0": "off", "1": "on"}


def state(power: str = "off", **changes: object) -> DeviceState:
    fresh = DeviceState(device(of=profile(**changes)))
    return rules.answered(fresh, "power", power, 0.0)


def test_a_projector_that_tells_its_states_is_believed() -> None:
    on = rules.told(state(), "power_on", 1)
    assert on.power == "warming"
    assert rules.answered(on, "power", "warming", 3).power == "warming"
    assert rules.answered(on, "power", "on", 4).power == "on"
    assert rules.passed(on, 1000)[0].power == "warming"


def test_of_a_device_that_says_on_and_off_the_times_tell_the_rest() -> None:
    power = Reading(query="p", type="choice", values=ON_OFF, poll=10)
    fresh = state(readings={"power": power})
    warming = rules.told(fresh, "power_on", 10)
    assert rules.next_change(warming) == 30
    assert rules.answered(warming, "power", "on", 15).power == "warming"
    assert rules.answered(warming, "power", "off", 15).power == "warming"
    assert rules.passed(warming, 39)[0].power == "warming"
    on = rules.passed(warming, 40)[0]
    assert on.power == "on"
    cooling = rules.told(on, "power_off", 50)
    assert rules.answered(cooling, "power", "off", 60).power == "cooling"
    assert rules.answered(cooling, "power", "off", 111).power == "off"


def test_a_command_waits_for_the_state_in_which_it_is_taken() -> None:
    warming = rules.told(state(), "power_on", 1)
    assert rules.may(state(), "source", 2) == NotNow("it is off")
    assert isinstance(rules.may(warming, "source", 2), Later)
    assert rules.may(rules.answered(warming, "power", "on", 5), "source", 5) == Now()


def test_a_command_does_not_wait_for_a_state_that_nothing_tells() -> None:
    fresh = DeviceState(device(of=profile(power=None)))
    assert isinstance(rules.may(fresh, "source", 1), Later)
    assert rules.may(rules.refused(fresh, "power", 1, for_good=True), "source", 2) == Now()
    mute = DeviceState(device(of=profile(power=None, readings={})))
    assert rules.may(mute, "source", 1) == Now()


def test_what_the_line_does_not_carry_is_never_sent() -> None:
    commands = profile().commands
    serial_only = msgspec.structs.replace(commands["power_on"], transports=("serial",))
    fresh = state(commands={**commands, "power_on": serial_only})
    assert isinstance(rules.may(fresh, "power_on", 0), Never)
    assert isinstance(rules.may(fresh, "dance", 0), Never)


def test_it_is_left_alone_while_it_settles_and_between_switches() -> None:
    commands = profile().commands
    slow = msgspec.structs.replace(commands["volume"], settle=3.0)
    told = rules.told(state("on", commands={**commands, "volume": slow}), "volume", 10)
    assert rules.may(told, "source", 12) == Later(13.0, "it is settling")
    assert rules.due(told, 12) == (None, 13.0)
    assert rules.may(told, "source", 13) == Now()
    careful = state("on", safety=Safety(least_between_switches=60))
    off = rules.told(careful, "power_off", 100)
    assert rules.may(off, "power_on", 130) == Later(160.0, "it was switched a moment ago")


def test_readings_are_asked_in_turn_and_only_where_they_make_sense() -> None:
    fresh = DeviceState(device())
    assert rules.due(fresh, 5) == ("power", 5)
    off = rules.answered(fresh, "power", "off", 5)
    assert rules.due(off, 6) == (None, 15.0)
    on = rules.answered(fresh, "power", "on", 5)
    first, _ = rules.due(on, 6)
    then, _ = rules.due(rules.answered(on, first or "", "x", 6), 6)
    assert {first, then} == {"source", "volume"}


def test_a_reading_it_does_not_have_is_not_asked_again_before_it_reconnects() -> None:
    on = rules.answered(DeviceState(device()), "power", "on", 5)
    without = rules.refused(on, "volume", 6, for_good=True)
    without = rules.answered(without, "source", "pc", 6)
    assert rules.due(without, 7) == (None, 15.0)
    assert rules.due(rules.reconnected(without), 7)[0] is not None


def test_old_values_are_forgotten() -> None:
    on = rules.answered(state("on"), "volume", 30.0, 0)
    assert rules.next_change(on) == 30
    after, stale = rules.passed(on, 91)
    assert set(stale) == {"power", "volume"}
    assert dict(after.values) == {}
    assert after.power == "on"


def test_mains_are_cut_only_when_what_hangs_on_them_is_known_to_be_cold() -> None:
    cut = ups("projector")
    unknown = DeviceState(device())
    assert "too hot" in (rules.why_not_cut(cut, "load_off", [unknown], 0) or "")
    off = rules.answered(unknown, "power", "off", 10)
    assert rules.why_not_cut(cut, "load_off", [off], 29) is not None
    assert rules.why_not_cut(cut, "load_off", [off], 30) is None
    assert rules.why_not_cut(cut, "beep", [unknown], 0) is None
    assert rules.why_not_cut(cut, "load_off", [rules.told(off, "power_on", 40)], 90) is not None


@pytest.mark.parametrize(
    ("command", "arguments", "value", "obeyed"),
    [
        ("power_on", {}, "warming", True),
        ("power_on", {}, "off", False),
        ("source", {"source": "pc"}, "pc", True),
        ("source", {"source": "pc"}, "hdmi1", False),
        ("volume", {"level": 30}, 30.4, True),
        ("volume", {"level": 30}, 32.0, False),
    ],
)
def test_a_reading_shows_whether_a_command_was_obeyed(
    command: str, arguments: dict[str, object], value: object, obeyed: bool
) -> None:
    assert rules.agrees(profile().commands[command], arguments, value) is obeyed


def test_mute_is_not_confirmed_by_a_number() -> None:
    volume = profile().commands["volume"]
    assert rules.agrees(volume, {"on": True}, True)
    assert not rules.agrees(volume, {"on": True}, False)
    assert not rules.agrees(volume, {"on": True}, 0.0)


def test_what_was_cold_when_it_last_answered_may_have_been_switched_on_since() -> None:
    """Also by its remote control, while its network cable was out."""
    cut = ups("projector")
    off = rules.answered(DeviceState(device()), "power", "off", 10)
    silent, stale = rules.passed(off, 100)
    assert "power" in stale
    assert "may be too hot" in (rules.why_not_cut(cut, "load_off", [silent], 100) or "")
    again = rules.answered(silent, "power", "off", 101)
    assert rules.why_not_cut(cut, "load_off", [again], 101) is None


def test_a_device_without_cool_down_is_never_hot() -> None:
    assert not rules.is_hot(DeviceState(device(of=profile(safety=Safety()))), 0)


def test_a_panel_that_is_mute_when_off_is_on_when_it_speaks() -> None:
    readings = profile().readings
    serial_only = msgspec.structs.replace(readings["power"], transports=("serial",))
    volume = msgspec.structs.replace(readings["volume"], poll_states=("on", "unknown"))
    fresh = DeviceState(device(of=profile(readings={"power": serial_only, "volume": volume})))
    assert not rules.is_silent_by_right(fresh)
    on = rules.answered(fresh, "volume", 20.0, 1)
    assert on.power == "on"
    cooling = rules.told(on, "power_off", 10)
    assert rules.is_silent_by_right(cooling)
    assert rules.answered(cooling, "volume", 20.0, 11).power == "cooling"
    off = rules.passed(cooling, 70)[0]
    assert (off.power, rules.is_silent_by_right(off)) == ("off", True)
    # Somebody may have pressed its button.
    assert rules.due(off, 71) == ("volume", 71)
    assert rules.answered(off, "volume", 20.0, 72).power == "on"
