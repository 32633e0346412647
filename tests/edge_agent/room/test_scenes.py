from contract.messages import SceneRan
from edge_agent.room import scenes, values
from edge_agent.room.scene import Condition, Restore, Scene, Step
from edge_agent.room.scenes import Answered, Ask, Call, Passed, RecordingIs, Scenes, Show, Valued
from tests.fakes.hardware import device, profile

ON = Step(
    name="on",
    role="projector",
    command="power_on",
    when=Condition(point="power", none_of=("on", "warming")),
    limit=5,
    retries=1,
)
SHOW = Step(name="show", role="projector", command="source", arguments={"source": "$input"})
WARM = Step(name="warm", role="projector", until=Condition(point="power", one_of=("on",)), limit=60)
RECORDS = Step(name="records", recording=True, limit=15)


def room(*steps: Step, devices: tuple[str, ...] = ("projector",), **more: object) -> Scenes:
    scene = Scene(id="scene", title="A scene", steps=steps, **more)
    other = Scene(id="other", title="Another", steps=(RECORDS,))
    shows = Scene(id="shows", title="One with a projector", steps=(WARM,))
    return Scenes(
        {"scene": scene, "other": other, "shows": shows},
        tuple(device(name, of=profile()) for name in devices),
    )


def feed(state: Scenes, *events: scenes.Event) -> tuple[Scenes, list[scenes.Command]]:
    told: list[scenes.Command] = []
    for event in events:
        state, commands = scenes.step(state, event)
        told += commands
    return state, told


def outcomes(ran: scenes.Command) -> list[str]:
    assert isinstance(ran, SceneRan)
    return [f"{r.step} {r.device} {r.outcome}".replace("  ", " ") for r in ran.steps]


def test_steps_follow_each_other_and_the_report_says_what_came_of_each() -> None:
    state, told = feed(room(ON, WARM, SHOW, RECORDS), Call("scene", "bell", 0))
    assert told == [Ask("scene-1", "projector", "power_on", {}, 5)]
    state, told = feed(state, Answered("scene-1", True, 1), Passed(30))
    assert told == []
    state, told = feed(state, Valued("projector", "power", "on", 40))
    assert told == [Ask("scene-2", "projector", "source", {"source": "pc"}, 10)]
    state, told = feed(state, Answered("scene-2", True, 41), RecordingIs(True, 42))
    (ran,) = told
    assert isinstance(ran, SceneRan)
    assert (ran.scene, ran.trigger, ran.outcome, ran.seconds) == ("scene", "bell", "done", 42)
    assert outcomes(ran) == [
        "on projector done",
        "warm projector done",
        "show projector done",
        "records done",
    ]
    assert state.run is None


def test_what_is_so_already_is_skipped() -> None:
    _, told = feed(room(ON), Valued("projector", "power", "on", 0), Call("scene", "bell", 1))
    assert outcomes(told[0]) == ["on projector skipped"]


def test_a_room_without_the_device_skips_the_step() -> None:
    _, told = feed(room(ON, devices=()), Call("scene", "bell", 1))
    assert outcomes(told[0]) == ["on skipped"]


def test_a_device_that_fails_is_told_again_and_then_the_scene_goes_on() -> None:
    state, _ = feed(room(ON, RECORDS), RecordingIs(True, 0), Call("scene", "bell", 0))
    state, told = feed(state, Answered("scene-1", False, 1, "cut"))
    assert told == [Ask("scene-2", "projector", "power_on", {}, 4)]
    _, told = feed(state, Answered("scene-2", False, 2, "cut"))
    assert isinstance(told[0], SceneRan)
    assert told[0].outcome == "partly"
    assert outcomes(told[0]) == ["on projector failed", "records done"]


def test_a_silent_device_delays_the_scene_by_its_limit_and_no_more() -> None:
    state, _ = feed(room(ON, RECORDS, devices=("a", "b")), Call("scene", "bell", 0))
    state, told = feed(state, RecordingIs(True, 1), Answered("scene-2", True, 2))
    assert told == []
    assert scenes.next_due(state) == 5
    _, told = feed(state, Passed(5))
    assert outcomes(told[0]) == ["on a late", "on b done", "records done"]


def test_a_step_may_end_the_scene_when_it_fails() -> None:
    last = Step(name="last", role="projector", command="power_off")
    must = Step(name="must", role="projector", command="power_on", stop_on_failure=True)
    state, _ = feed(room(must, last), Call("scene", "bell", 0))
    _, told = feed(state, Answered("scene-1", False, 1, "no"))
    assert isinstance(told[0], SceneRan)
    assert (told[0].outcome, outcomes(told[0])) == ("failed", ["must projector failed"])


def test_a_new_scene_takes_the_place_of_the_running_one() -> None:
    state, _ = feed(room(ON), Call("scene", "bell", 0))
    state, told = feed(state, Call("other", "touch", 2))
    assert isinstance(told[0], SceneRan)
    assert (told[0].scene, told[0].outcome) == ("scene", "replaced")
    # A late answer to the scene that is gone is nobody's.
    _, told = feed(state, Answered("scene-1", True, 3), RecordingIs(True, 4))
    assert outcomes(told[0]) == ["records done"]


def test_a_device_without_the_command_or_the_input_is_skipped() -> None:
    mute = Step(name="mute", role="projector", command="mute", arguments={"on": True})
    state = room(mute, SHOW)
    bare = Scenes(state.library, (device(input=""),))
    _, told = feed(bare, Call("scene", "bell", 0))
    assert outcomes(told[0]) == ["mute projector skipped", "show projector skipped"]


RESTORES = (
    Restore(point="source", command="source", argument="source"),
    Restore(point="power", command="power_off", only=("off",)),
)


def test_a_message_holds_other_scenes_and_gives_back_what_it_took() -> None:
    state = room(ON, SHOW, restores=RESTORES)
    state, told = feed(
        state,
        Valued("projector", "source", "hdmi1", 0),
        Valued("projector", "power", "off", 0),
        Call("scene", "order", 1, "leave the house"),
    )
    assert told[0] == Show("leave the house")
    state, _ = feed(state, Answered("scene-1", True, 2), Answered("scene-2", True, 3))
    state, told = feed(state, Valued("projector", "source", "pc", 4), Call("shows", "bell", 5))
    assert told == []
    state, told = feed(state, Call("over", "order", 60))
    assert told == [
        Show(""),
        Ask("scene-3", "projector", "source", {"source": "hdmi1"}, 10),
    ]
    state, told = feed(state, Answered("scene-3", True, 61))
    assert told == [Ask("scene-4", "projector", "power_off", {}, 10)]
    state, told = feed(state, Answered("scene-4", True, 62))
    assert [c.scene for c in told if isinstance(c, SceneRan)] == ["over"]
    # What had to wait comes now.
    _, told = feed(state, Valued("projector", "power", "on", 63))
    assert [c.scene for c in told if isinstance(c, SceneRan)] == ["shows"]


def test_a_message_does_not_hold_a_scene_of_other_devices() -> None:
    """A camera is parked at the end of its lesson, although nobody has taken the message back."""
    state, _ = feed(room(ON, restores=RESTORES), Call("scene", "order", 0, "leave"))
    state, told = feed(state, Call("other", "bell", 1))
    assert told == []  # the message comes first
    state, told = feed(state, Answered("scene-1", True, 2), RecordingIs(True, 3))
    assert [c.scene for c in told if isinstance(c, SceneRan)] == ["scene", "other"]
    # The last word counts: what was asked for before is not played when the message is over.
    state, told = feed(state, Call("shows", "bell", 4), Call("other", "bell", 5))
    assert [c.scene for c in told if isinstance(c, SceneRan)] == ["other"]
    _, told = feed(state, Call("over", "order", 6))
    assert [c.scene for c in told if isinstance(c, SceneRan)] == ["over"]


def test_a_message_in_the_middle_of_a_scene_does_not_lose_it() -> None:
    """The camera of a lesson that has just begun still turns to the room, afterwards."""
    state = room(ON, restores=RESTORES)
    state, _ = feed(state, Call("shows", "bell", 0), Call("scene", "order", 1, "leave"))
    state, told = feed(state, Answered("scene-1", True, 2))
    assert [c.scene for c in told if isinstance(c, SceneRan)] == ["scene"]
    state, _ = feed(state, Call("over", "order", 6))
    assert state.run is not None
    assert state.run.call.scene == "shows"
    # What is over when the message is over does not come again.
    state, _ = feed(room(ON, restores=RESTORES), Call("shows", "bell", 0), Call("scene", "", 1))
    state, _ = feed(state, Answered("scene-1", True, 2), Call("other", "bell", 3))
    state, told = feed(state, RecordingIs(True, 4), Call("over", "order", 6))
    assert state.run is None


def test_a_number_is_given_back_as_devices_take_it() -> None:
    loud = Step(name="loud", role="projector", command="volume", arguments={"level": 60})
    volume = Restore(point="volume", command="volume", argument="level")
    state, _ = feed(
        room(loud, restores=(volume,)), Valued("projector", "volume", 20.0, 0), Call("scene", "", 1)
    )
    _, told = feed(state, Answered("scene-1", True, 2), Call("over", "order", 3))
    (ask,) = (each for each in told if isinstance(each, Ask))
    values.checked(state.devices[0].profile, ask.command, ask.arguments)
    assert ask.arguments == {"level": 20}


def test_a_scene_nobody_knows_is_not_played() -> None:
    assert feed(room(ON), Call("dance", "touch", 0), Call("over", "touch", 1))[1] == []


def test_a_scene_for_one_device_touches_no_other_and_waits_for_no_take() -> None:
    state, told = feed(
        room(ON, RECORDS, SHOW, devices=("a", "b")), Call("scene", "b is back", 0, only="b")
    )
    assert told == [Ask("scene-1", "b", "power_on", {}, 5)]
    state, _ = feed(state, Answered("scene-1", True, 1))
    _, told = feed(state, Answered("scene-2", True, 2))
    assert outcomes(told[0]) == ["on b done", "show b done"]
