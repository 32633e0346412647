"""A message that is over gives back what it took, though not always at once."""

import pytest

from contract.messages import SceneRan
from edge_agent.room import scenes
from edge_agent.room.restoring import AGAIN_SECONDS
from edge_agent.room.scenes import Answered, Ask, Call, Passed, Scenes, Show, Told, Valued
from tests.edge_agent.room.test_scenes import ON, RESTORES, feed, room

OFF = Ask("scene-3", "projector", "power_off", {}, 10)


def too_soon() -> Scenes:
    """A message was ended at 5; the projector may not be switched off before 62."""
    state, told = feed(
        room(ON, restores=RESTORES),
        Valued("projector", "power", "off", 0),
        Call("scene", "order", 1, "leave"),
        Answered("scene-1", True, 2),
        Valued("projector", "power", "on", 3),
        Call("over", "order", 5),
    )
    assert told[-2:] == [Show(""), Ask("scene-2", "projector", "power_off", {}, 10)]
    state, told = feed(state, Answered("scene-2", False, 6, "a moment ago", after=56))
    (ran,) = told
    assert isinstance(ran, SceneRan)
    # It is no failure: nobody has to come for it.
    assert (ran.outcome, [each.outcome for each in ran.steps]) == ("done", ["skipped"])
    return state


def test_what_may_not_be_switched_yet_is_switched_as_soon_as_it_may() -> None:
    state = too_soon()
    assert scenes.next_due(state) == 62
    state, told = feed(state, Passed(61))
    assert told == []
    state, told = feed(state, Passed(62))
    assert told == [OFF]
    state, told = feed(state, Answered("scene-3", True, 63))
    assert [c.outcome for c in told if isinstance(c, SceneRan)] == ["done"]
    assert (state.owed, scenes.next_due(state)) == ((), None)


def test_it_is_not_switched_if_it_has_been_by_somebody_else() -> None:
    _, told = feed(too_soon(), Valued("projector", "power", "off", 20), Passed(62))
    assert not any(isinstance(each, Ask) for each in told)


@pytest.mark.parametrize("newer", [Call("shows", "bell", 9), Told("projector", 9)])
def test_what_is_told_it_later_counts(newer: scenes.Event) -> None:
    state, _ = feed(too_soon(), newer, Valued("projector", "power", "on", 10))
    assert (state.owed, scenes.next_due(state)) == ((), None)


@pytest.mark.parametrize("newer", [Call("other", "bell", 9), Told("another", 9)])
def test_what_is_told_to_others_takes_nothing_back(newer: scenes.Event) -> None:
    state, _ = feed(too_soon(), newer, scenes.RecordingIs(True, 10))
    assert scenes.next_due(state) == 62


def test_a_second_message_gives_back_what_was_before_the_first() -> None:
    state, _ = feed(too_soon(), Call("scene", "order", 9, "leave"), Call("over", "order", 90))
    assert [one.command for one in state.owed] == ["power_off"]
    state, told = feed(state, Answered("scene-3", True, 91))
    assert [c.outcome for c in told if isinstance(c, SceneRan)] == ["done"]
    assert state.owed == ()


def test_what_fails_is_tried_again_more_and_more_seldom_and_at_last_given_up() -> None:
    state, _ = feed(too_soon(), Passed(62), Answered("scene-3", False, 63, "silent"))
    times = []
    while (at := scenes.next_due(state)) is not None:
        times.append(at)
        state, told = feed(state, Passed(at))
        (ask,) = [each for each in told if isinstance(each, Ask)]
        state, _ = feed(state, Answered(ask.request, False, at, "silent"))
    assert times[0] == 63 + AGAIN_SECONDS
    assert times[1] == times[0] + 2 * AGAIN_SECONDS
    assert 1800 < times[-1] < 7200


def test_a_restart_forgets_nothing_and_switches_nothing_too_soon() -> None:
    owed = too_soon().owed
    fresh = room(ON, restores=RESTORES)
    state, told = scenes.resumed(fresh, None, owed, 3)
    assert told == ()
    due = scenes.next_due(state)
    assert due is not None
    pause = fresh.devices[0].profile.safety.least_between_switches
    assert due >= 3 + pause
    _, asked = feed(state, Passed(due))
    assert [each.command for each in asked if isinstance(each, Ask)] == ["power_off"]


def test_a_message_that_was_ending_when_the_agent_died_ends_after_it() -> None:
    state, _ = feed(
        room(ON, restores=RESTORES),
        Valued("projector", "power", "off", 0),
        Call("scene", "order", 1, "leave"),
        Call("over", "order", 5),
    )
    assert [one.command for one in state.owed] == ["power_off"]
