import msgspec
from hypothesis import given
from hypothesis import strategies as st

from contract.profile import Alarm
from edge_agent.room import alarms
from edge_agent.room.alarms import Alarms, Cleared, Passed, Raised, Rule, Seen
from tests.fakes.hardware import device, profile, ups

HOT = Alarm(
    id="hot",
    point="temperature",
    op=">=",
    value=80,
    clear=70,
    delay=5,
    clear_delay=3,
    text="too-hot",
)
BLACK = Alarm(id="black", point="black", op="==", value=True, delay=2, text="black")
FROZEN = Alarm(
    id="frozen", point="frozen", op="==", value=True, delay=1, masked_by=("black",), text="frozen"
)


def play(rules: tuple[Alarm, ...], *script: tuple[float, str, object]) -> list[str]:
    """Feed (time, point, value), or (time, "", None) for time alone; what was told, in words."""
    state = Alarms(tuple(Rule("s", alarm) for alarm in rules))
    told = []
    for at, point, value in script:
        event = Seen("s", point, value, at) if point else Passed(at)
        state, changes = alarms.step(state, event)
        for change in changes:
            word = "raised" if isinstance(change, Raised) else "cleared"
            told.append(f"{at:g} {change.rule.alarm.id} {word}")
    return told


def test_an_alarm_waits_for_its_delay_and_its_clear_level() -> None:
    assert play(
        (HOT,),
        (0, "temperature", 85.0),
        (4.9, "", None),
        (5, "", None),
        (6, "temperature", 75.0),
        (20, "", None),
        (21, "temperature", 69.0),
        (23, "", None),
        (24, "", None),
    ) == ["5 hot raised", "24 hot cleared"]


def test_what_was_well_again_in_between_is_not_said() -> None:
    assert play(
        (HOT,),
        (0, "temperature", 85.0),
        (3, "temperature", 60.0),
        (4, "temperature", 85.0),
        (8, "", None),
        (9, "", None),
        (10, "temperature", 60.0),
        (12, "temperature", 90.0),
        (14, "temperature", 60.0),
        (17, "", None),
    ) == ["9 hot raised", "17 hot cleared"]


def test_a_black_picture_does_not_also_count_as_frozen() -> None:
    assert play(
        (FROZEN, BLACK),
        (0, "black", True),
        (0, "frozen", True),
        (1, "", None),
        (2, "", None),
        (9, "", None),
        (10, "black", False),
        (11, "", None),
    ) == ["2 black raised", "10 black cleared", "11 frozen raised"]


def test_what_is_not_known_changes_nothing() -> None:
    assert play(
        (HOT,),
        (0, "temperature", 85.0),
        (5, "", None),
        (6, "temperature", None),
        (60, "", None),
        (61, "temperature", 60.0),
        (64, "", None),
    ) == ["5 hot raised", "64 hot cleared"]


def test_each_device_is_watched_for_silence_by_itself() -> None:
    rules = alarms.of_devices((ups(),))
    assert [(rule.subject, rule.alarm.id) for rule in rules] == [
        ("ups", "offline"),
        ("ups", "command-failed"),
        ("ups", "battery"),
    ]
    patient = msgspec.structs.replace(alarms.OFFLINE, delay=60)
    slow = device(of=profile(alarms=(patient,)))
    assert [rule.alarm.delay for rule in alarms.of_devices((slow,))] == [60, 0]


def test_what_was_raised_before_a_restart_is_cleared_after_it() -> None:
    rules = (Rule("s", HOT),)
    state = alarms.restored(rules, (("s", "hot"), ("gone", "hot")), 100)
    assert [raised.rule for raised in state.raised] == [rules[0]]
    state, told = alarms.step(state, Seen("s", "temperature", 20.0, 101))
    assert told == ()
    assert alarms.next_due(state) == 104
    _, told = alarms.step(state, Passed(104))
    assert told == (Cleared(rules[0], 4),)


@given(
    st.lists(
        st.tuples(
            st.floats(0, 5),
            st.sampled_from(["temperature", "black", "frozen", ""]),
            st.sampled_from([None, True, False, 60.0, 75.0, 85.0]),
        ),
        max_size=60,
    )
)
def test_raised_and_cleared_alternate_and_each_waits_for_its_delay(
    steps: list[tuple[float, str, object]],
) -> None:
    state = Alarms(tuple(Rule("s", alarm) for alarm in (HOT, BLACK, FROZEN)))
    at, last = 0.0, {"hot": "cleared", "black": "cleared", "frozen": "cleared"}
    for seconds, point, drawn in steps:
        at += seconds
        fits = isinstance(drawn, bool) == (point != "temperature")
        value = drawn if fits else None
        event = Seen("s", point, value, at) if point else Passed(at)
        state, changes = alarms.step(state, event)
        for change in changes:
            word = "raised" if isinstance(change, Raised) else "cleared"
            assert last[change.rule.alarm.id] != word
            last[change.rule.alarm.id] = word
        due = alarms.next_due(state)
        assert due is None or due >= at - 5.0
    assert {r.rule.alarm.id for r in state.raised} == {k for k, v in last.items() if v == "raised"}
