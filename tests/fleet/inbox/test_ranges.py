"""Ranges of sequence numbers against plain sets."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from fleet.inbox import ranges

NUMBERS = st.sets(st.integers(0, 60))


def members(found: list[ranges.Range]) -> set[int]:
    return {n for first, last in found for n in range(first, last + 1)}


@given(NUMBERS, NUMBERS)
def test_they_hold_what_the_sets_hold(one: set[int], other: set[int]) -> None:
    both = ranges.merged([*ranges.of(one), *ranges.of(other)])

    assert members(both) == one | other
    assert all(ranges.holds(both, n) == (n in one | other) for n in range(62))


@given(NUMBERS)
def test_they_are_as_few_as_can_be(numbers: set[int]) -> None:
    found = ranges.of(numbers)

    assert all(a[1] + 1 < b[0] for a, b in itertools.pairwise(found))
