"""Replies may come late, twice and in any order: the same is left."""

from datetime import UTC, datetime, timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from fleet.orders.rules import OPEN, Said, later, settled

START = datetime(2026, 11, 23, tzinfo=UTC)
SAID = st.builds(
    Said,
    st.sampled_from(["accepted", "progress", "done", "failed", "rejected", "expired"]),
    st.integers(0, 3).map(lambda seconds: START + timedelta(seconds=seconds)),
    st.integers(1, 4),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from([None, {"at": 1}]),
)


@given(st.lists(SAID, min_size=1, max_size=6), st.randoms())
def test_any_order_and_any_repetition_leave_the_same(replies: list[Said], random: object) -> None:
    shuffled = [*replies, *replies[::2]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert reduce(later, shuffled, None) == reduce(later, replies, None)


@given(st.lists(SAID, min_size=1, max_size=6))
def test_the_last_word_stays(replies: list[Said]) -> None:
    left = reduce(later, replies, None)
    assert left is not None
    if any(one.phase not in OPEN for one in replies):
        assert left.phase not in OPEN


def test_a_room_that_answers_after_all_is_right() -> None:
    assert settled("unanswered", "done") == "done"
    assert settled("expired", "failed") == "failed"
    assert settled("unanswered", "progress") == "unanswered"
    assert settled("expired", "accepted") == "unanswered"
    assert settled("cancelled", "accepted") == "cancelled"
    assert settled("sent", "accepted") == "accepted"
