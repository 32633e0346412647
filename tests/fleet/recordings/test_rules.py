"""A lesson is published when nothing more is expected of it, and not before."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import messages as m
from fleet.recordings import rules

AT = datetime(2026, 9, 1, 8, tzinfo=UTC)


def take(minute: int = 0, *, complete: bool = True, ended: str = "bell", segments: int = 3):
    return rules.TakeState(AT + timedelta(minutes=minute), complete, ended, segments)


@pytest.mark.parametrize(
    ("takes", "slot_over", "expected"),
    [
        ([], True, False),
        ([take()], False, True),
        ([take(complete=False)], True, False),
        ([take(ended="interrupted")], False, False),
        ([take(ended="interrupted")], True, True),
        ([take(ended="interrupted"), take(5)], False, True),
        ([take(ended="paused")], False, False),
        ([take(ended="paused")], True, True),
        ([take(ended="paused"), take(5)], False, True),
        ([take(ended="paused"), take(5, ended="paused")], False, False),
        ([take(5, ended="interrupted"), take()], False, False),
        ([take(ended="interrupted"), take(5, complete=False)], True, False),
        ([take(segments=0)], True, False),
        ([take(segments=0, ended="interrupted"), take(5)], False, True),
    ],
)
def test_ready(takes: list[rules.TakeState], slot_over: bool, expected: bool) -> None:
    assert rules.ready(takes, slot_over=slot_over) is expected


@given(
    st.lists(
        st.builds(
            rules.TakeState,
            st.datetimes(timezones=st.just(UTC)),
            st.booleans(),
            st.sampled_from(["", "bell", "interrupted", "paused"]),
            st.integers(0, 3),
        )
    )
)
def test_what_is_ready_stays_ready_when_time_passes(takes: list[rules.TakeState]) -> None:
    if rules.ready(takes, slot_over=False):
        assert rules.ready(takes, slot_over=True)


@pytest.mark.parametrize("ended", get_args(m.TakeEnd))
def test_a_lesson_goes_on_after_a_pause_and_a_crash_only(ended: str) -> None:
    assert rules.goes_on(ended) is (ended in {"paused", "interrupted"})
    assert not rules.goes_on("")


def test_an_abandoned_take_is_what_arrived_of_it() -> None:
    digest = "a" * 64
    held = [
        rules.Held("presenter", 1, 0, 60.0, 60.0, 10, digest),
        rules.Held("presenter", 0, 0, 0.0, 60.0, 10, digest),
        rules.Held("presenter", 2, 0, 120.0, 60.0, None, None),
        rules.Held("audio", 0, None, None, None, 10, digest),
        rules.Held("audio-2", 0, 0, 0.5, 60.0, 10, digest),
    ]

    manifest = rules.manifest_of_abandoned("t", "l", AT, AT, held)

    assert [(t.name, t.kind, [s.index for s in t.segments]) for t in manifest.tracks] == [
        ("audio-2", "audio", [0]),
        ("presenter", "video", [0, 1]),
    ]
    assert (manifest.duration, manifest.reason) == (120.0, "interrupted")
    assert rules.missing(manifest, held) == 0


def test_missing_counts_absent_and_differing_segments() -> None:
    segment = m.Segment(
        track="audio", index=0, run=0, start=0, duration=1, bytes=1, sha256="a" * 64
    )
    manifest = m.TakeEnded(
        take="t",
        lesson=None,
        started_at=AT,
        ended_at=AT,
        duration=1,
        reason="bell",
        tracks=(m.TrackManifest(name="audio", kind="audio", segments=(segment,)),),
    )

    assert rules.missing(manifest, []) == 1
    assert rules.missing(manifest, [rules.Held("audio", 0, 0, 0, 1, 1, "b" * 64)]) == 1
    assert rules.missing(manifest, [rules.Held("audio", 0, 0, 0, 1, 1, "a" * 64)]) == 0
