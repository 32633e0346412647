from datetime import UTC, datetime, timedelta

from edge_agent.room import automation
from edge_agent.room.automation import (
    Automation,
    DeviceBack,
    DeviceSays,
    Habits,
    LessonIs,
    Play,
    Preflight,
    TimeIs,
    Touched,
)

NOON = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def time(minute: float, next_minute: float | None = None) -> TimeIs:
    return TimeIs(minute * 60, at(minute), None if next_minute is None else at(next_minute))


def only(*events: automation.Event) -> list[str]:
    """The devices for which a scene was asked for alone."""
    state, told = Automation(Habits()), []
    for event in events:
        state, commands = automation.step(state, event)
        told += [c.only for c in commands if isinstance(c, Play) and c.only]
    return told


def play(*events: automation.Event) -> list[str]:
    """Feed the events; what was asked for, in words."""
    state, told = Automation(Habits()), []
    for event in events:
        state, commands = automation.step(state, event)
        for command in commands:
            match command:
                case Play(scene=scene, trigger=trigger):
                    told.append(f"{scene}: {trigger}")
                case Preflight(until=until):
                    told.append(f"look until {until:%H:%M}" if until else "look no longer")
    return told


START = "lesson-ends: the agent started"


def test_a_room_that_starts_with_nothing_on_turns_camera_and_microphone_away() -> None:
    assert play(LessonIs("idle", 0), LessonIs("idle", 1)) == [START]


def test_an_agent_that_starts_in_mid_lesson_sets_the_room_up_for_it() -> None:
    assert play(LessonIs("on", 0, "L")) == ["lesson-starts: timetable"]


def test_a_lesson_alone_starts_and_ends() -> None:
    assert play(
        LessonIs("idle", 0),
        time(50, 60),
        time(55, 60),
        LessonIs("on", 3600, "L"),
        time(104),
        LessonIs("stopping", 6300, "L"),
        LessonIs("idle", 6301),
    ) == [
        START,
        "look until 13:00",
        "pre-flight: a lesson begins soon",
        "look no longer",
        "lesson-starts: timetable",
        "lesson-ends: the lesson is over",
    ]


def test_between_two_lessons_is_a_break_and_back_to_back_is_none() -> None:
    assert play(
        LessonIs("on", 0, "L"),
        time(44, 60),
        LessonIs("stopping", 2700, "L"),
        LessonIs("idle", 2701),
    ) == ["lesson-starts: timetable", "break: the lesson is over"]
    assert play(
        LessonIs("on", 0, "L"), LessonIs("stopping", 2700, "L"), LessonIs("on", 2701, "M")
    ) == ["lesson-starts: timetable", "lesson-starts: timetable"]


def test_a_pause_is_private_and_ends_with_the_room_as_before() -> None:
    assert play(
        LessonIs("on", 0, "L", "touch page"),
        LessonIs("paused", 100, "L"),
        LessonIs("paused", 101, "L"),
        LessonIs("on", 200, "L", "touch page"),
    ) == ["lesson-starts: touch page", "break: paused", "lesson-starts: resumed"]


def test_a_recorder_that_cannot_start_swings_no_camera_to_and_fro() -> None:
    tries = [
        LessonIs(phase, second, "L" if phase == "starting" else "")
        for second in range(0, 1200, 5)
        for phase in ("starting", "idle")
    ]
    on = DeviceSays("projector", "power", "on", 0)
    told = ["lesson-starts: timetable", "lesson-ends: the lesson is over"]
    assert play(LessonIs("idle", 0), on, *tries, time(20)) == [START, *told]
    assert play(
        LessonIs("idle", 0),
        *tries,
        LessonIs("starting", 1200, "L"),
        LessonIs("on", 1201, "L"),
        LessonIs("idle", 2000),
        LessonIs("starting", 2001, "M"),
        LessonIs("on", 2002, "M"),
    ) == [START, *told, *told, "lesson-starts: timetable"]


def test_a_lesson_that_was_moved_away_ends_the_look() -> None:
    assert play(LessonIs("idle", 0), time(51, 60), time(52, None)) == [
        START,
        "look until 13:00",
        "pre-flight: a lesson begins soon",
        "look no longer",
        "lesson-ends: the lesson was moved",
    ]


def test_a_quiet_room_goes_off_once_after_the_last_lesson() -> None:
    on = DeviceSays("panel", "power", "on", 0)
    assert play(
        LessonIs("on", 0, "L"),
        on,
        LessonIs("idle", 60),
        time(10),
        Touched(10 * 60),
        time(24),
        time(25),
        DeviceSays("panel", "power", "cooling", 25 * 60 + 1),
        time(26),
        time(60),
    ) == [
        "lesson-starts: timetable",
        "lesson-ends: the lesson is over",
        "everything-off: nobody is here",
    ]


def test_a_room_is_not_switched_off_before_a_lesson_or_under_somebodys_hands() -> None:
    on = DeviceSays("panel", "power", "on", 0)
    dark = DeviceSays("switcher", "signal", False, 0)
    signal = DeviceSays("switcher", "signal", True, 0)
    assert play(LessonIs("idle", 0), on, time(30, 45)) == [START]
    assert play(LessonIs("idle", 0), on, dark, signal, time(60)) == [
        START,
        "signal-appears: a signal on switcher",
    ]
    # Nothing is on, so nothing is to be switched off.
    assert play(LessonIs("idle", 0), time(60)) == [START]


def test_what_was_switched_on_by_hand_is_switched_off_again_later() -> None:
    assert play(
        LessonIs("idle", 0),
        DeviceSays("panel", "power", "on", 0),
        time(16),
        DeviceSays("panel", "power", "off", 961),
        DeviceSays("panel", "power", "on", 3600),
        time(70),
        time(75.1),
    ) == [START, "everything-off: nobody is here", "everything-off: nobody is here"]


def test_a_nearly_empty_battery_is_kept_for_the_recording() -> None:
    assert play(
        LessonIs("on", 0, "L"),
        DeviceSays("ups", "mains", "battery", 1),
        DeviceSays("ups", "mains", "low", 2),
        DeviceSays("ups", "mains", "low", 3),
        DeviceSays("ups", "mains", "online", 4),
        DeviceSays("ups", "mains", "low", 5),
    ) == ["lesson-starts: timetable", "battery-low: ups is low", "battery-low: ups is low"]


def test_what_was_out_of_reach_when_everything_went_off_is_switched_off_later() -> None:
    everything_off = "everything-off: nobody is here"
    on = DeviceSays("projector", "power", "on", 0)
    # It took the command and stayed on; or it came back after its answer had grown old.
    assert play(LessonIs("idle", 0), on, time(15), time(16), time(29), time(30)) == [
        START,
        everything_off,
        everything_off,
    ]
    assert play(
        LessonIs("idle", 0),
        on,
        time(15),
        DeviceSays("projector", "power", None, 15.5 * 60),
        time(40),
        DeviceSays("projector", "power", "on", 41 * 60),
        time(55),
        time(56),
    ) == [START, everything_off, everything_off]


def test_a_signal_that_nobody_knows_of_any_more_keeps_no_room_on() -> None:
    assert play(
        LessonIs("idle", 0),
        DeviceSays("projector", "power", "on", 0),
        DeviceSays("panel", "signal", True, 0),
        DeviceSays("panel", "signal", None, 60),
        time(16),
    ) == [START, "everything-off: nobody is here"]


def test_a_signal_that_was_there_all_along_does_not_appear() -> None:
    there = DeviceSays("switcher", "signal", True, 0)
    lost = DeviceSays("switcher", "signal", None, 60)
    assert play(LessonIs("idle", 0), there, lost, there) == [START]


def left_open(minute: float, *names: str, playing: bool = False) -> TimeIs:
    return TimeIs(minute * 60, at(minute), None, playing, frozenset(names or ("camera",)))


def test_what_was_left_open_is_closed_when_nothing_else_is_played() -> None:
    closes = "lesson-ends: camera or microphone may be open"
    assert play(
        LessonIs("idle", 0),
        left_open(1, playing=True),
        left_open(2),
        left_open(2.5),
        left_open(3),
        left_open(4),
        left_open(5),
        time(5.5),
        left_open(6),
    ) == [START, closes, closes, closes, closes]
    # One that does not obey keeps none that has come back waiting.
    assert play(
        LessonIs("idle", 0), left_open(1), left_open(1.1), left_open(1.2, "camera", "microphone")
    ) == [START, closes, closes]
    assert play(LessonIs("on", 0, "L"), left_open(1)) == ["lesson-starts: timetable"]
    assert play(LessonIs("paused", 0, "L"), left_open(1)) == [
        "break: paused",
        "break: camera or microphone may be open",
    ]


def test_what_comes_back_in_mid_lesson_is_set_up_again_alone_when_no_scene_plays() -> None:
    back = DeviceBack("camera")
    assert only(LessonIs("on", 0, "L"), back, back, time(1), time(2), time(3)) == ["camera"]
    busy = TimeIs(60, at(1), None, playing=True)
    assert only(LessonIs("on", 0, "L"), back, busy, time(2)) == ["camera"]
    assert only(LessonIs("idle", 0), back, time(1), LessonIs("on", 120, "L"), time(3)) == []
