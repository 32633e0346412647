from hypothesis import given
from hypothesis import strategies as st

from contract.messages import Desired, DesiredState, Meeting, Outcome, UploadPolicy
from edge_agent.room import commands as c
from edge_agent.room import merge_patch, shadow
from edge_agent.room.events import DesiredCame
from tests.scripts.lesson import at

APPLIED = Outcome(result="applied")


def came(version: int, *unknown: str, rate: int | None = None, **lengths: int) -> DesiredCame:
    meetings = tuple(
        Meeting(lesson=name, course="c", title="", starts_at=at(0), ends_at=at(length))
        for name, length in lengths.items()
    )
    state = DesiredState(timetable=meetings, upload=UploadPolicy(bytes_per_second=rate))
    return DesiredCame(Desired(version=version, state=state), unknown)


def test_a_newer_version_is_adopted_and_reported_as_a_patch() -> None:
    after, (adopt, say) = shadow.step(shadow.Shadow(), came(3, rate=1000, A=45))

    assert adopt == c.Adopt(3, after.state)
    assert say.applied_desired == 3
    assert {"courses": (), **say.patch} == shadow.document(after.state)
    assert say.outcomes == dict.fromkeys(("timetable", "courses", "upload"), APPLIED)


def test_a_version_that_is_not_newer_changes_nothing() -> None:
    after, _ = shadow.step(shadow.Shadow(), came(3, A=45))

    assert shadow.step(after, came(3, B=45)) == (after, ())
    assert shadow.step(after, came(2, B=45)) == (after, ())


def test_only_what_changed_is_in_the_patch() -> None:
    first, _ = shadow.step(shadow.Shadow(), came(1, rate=1000, A=45))

    _, (_, say) = shadow.step(first, came(2, A=45))

    assert say.patch == {"upload": {"bytes_per_second": None}}


def test_what_cannot_be_applied_is_said_by_key_and_the_rest_is() -> None:
    after, (_, say) = shadow.step(shadow.Shadow(), came(1, "scenes", rate=-5, A=45, B=0))

    assert [m.lesson for m in after.state.timetable] == ["A"]
    assert after.state.upload.bytes_per_second is None
    assert say.outcomes["timetable"].result == "refused"
    assert "B ends before it starts" in say.outcomes["timetable"].why
    assert say.outcomes["upload"].result == "refused"
    assert say.outcomes["scenes"].result == "unsupported"


versions = st.tuples(
    st.integers(1, 9),
    st.integers(-3, 900),
    st.dictionaries(st.sampled_from("ABC"), st.integers(-1, 90)),
)


@given(st.lists(versions, min_size=1))
def test_in_any_order_and_number_the_newest_wins_and_the_fleets_copy_follows(sent: list) -> None:
    newest = {version: (rate, plan) for version, rate, plan in reversed(sent)}
    room, copy = shadow.Shadow(), shadow.document(DesiredState())
    for version, rate, plan in sent:
        room, commands = shadow.step(room, came(version, rate=rate, **plan))
        for command in commands:
            if isinstance(command, c.Say):
                copy = merge_patch.apply(copy, command.patch)

    best = max(newest)
    rate, plan = newest[best]
    assert room.applied == best
    assert copy == shadow.document(room.state)
    assert {m.lesson for m in room.state.timetable} == {
        n for n, length in plan.items() if length > 0
    }


def test_settings_are_applied_by_key_and_what_is_left_out_is_the_rooms_own() -> None:
    state = DesiredState(language="fr", report_seconds=60, record_timetable=False)
    lacking = {"language": "this room has no touch page"}

    after, (_, say) = shadow.step(
        shadow.Shadow(),
        DesiredCame(
            Desired(version=1, state=state), (), {"quiet_minutes": "Expected `float` >= 1"}
        ),
        lacking,
    )

    assert (after.state.language, after.state.report_seconds) == (None, 60)
    assert after.state.record_timetable is False
    assert say.patch["report_seconds"] == 60
    assert "quiet_minutes" not in shadow.document(after.state)
    assert {key: outcome.result for key, outcome in say.outcomes.items()} == {
        "timetable": "applied",
        "courses": "applied",
        "upload": "applied",
        "language": "unsupported",
        "report_seconds": "applied",
        "record_timetable": "applied",
        "quiet_minutes": "refused",
    }
    assert say.outcomes["language"].why == lacking["language"]

    _, (_, say) = shadow.step(after, came(2))
    assert say.patch == {"report_seconds": None, "record_timetable": None}
