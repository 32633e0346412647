"""Which of two messages of a room is the later one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.devices.order import Told, is_news

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def told(agent: str = "pc", epoch: str = "e", seq: int = 5, seconds: int = 0) -> Told:
    return Told(agent, epoch, seq, AT + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("incoming", "news"),
    [
        (told(seq=6), True),
        (told(seq=6, seconds=-60), True),
        (told(seq=4, seconds=60), False),
        (told(), False),
        (told(epoch="anew", seq=1, seconds=1), True),
        (told(epoch="anew", seq=9, seconds=-1), False),
        (told(agent="other", seq=1, seconds=-60), True),
    ],
)
def test_numbers_tell_within_an_outbox_and_times_between_two(incoming: Told, news: bool) -> None:
    assert is_news(incoming, told()) is news
    assert is_news(incoming, None)


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from(["e", "f"]), st.integers(-9, 9))
def test_of_two_messages_at_most_one_is_the_later(
    one: int, other: int, epoch: str, seconds: int
) -> None:
    first, second = told(seq=one), told(epoch=epoch, seq=other, seconds=seconds)

    assert not (is_news(first, second) and is_news(second, first))
