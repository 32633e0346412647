"""Reports of rooms, and what they make of the shadow."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.devices.shadow import is_news, merge_patch

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        # The examples of RFC 7396, appendix A.
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_is_the_rfc_s(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result


@given(JSON, JSON)
def test_a_patch_applied_twice_is_applied_once(target: Any, patch: Any) -> None:
    once = merge_patch(target, patch)

    assert merge_patch(once, patch) == once


def test_what_is_nested_beyond_reason_is_an_error() -> None:
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"a": deep}

    with pytest.raises(ValueError, match="too deep"):
        merge_patch({}, deep)


@pytest.mark.parametrize(
    ("stored", "incoming", "full", "news"),
    [
        (None, ("pc", "e", 1), True, True),
        (None, ("pc", "e", 1), False, False),
        (("pc", "e", 3), ("pc", "e", 4), False, True),
        (("pc", "e", 3), ("pc", "e", 3), True, False),
        (("pc", "e", 3), ("pc", "e", 2), True, False),
        (("pc", "e", 3), ("pc", "anew", 1), True, True),
        (("pc", "e", 3), ("pc", "anew", 4), False, False),
        (("pc", "e", 3), ("other", "e", 1), True, True),
    ],
)
def test_which_report_follows_which(stored: Any, incoming: Any, full: bool, news: bool) -> None:
    assert is_news(stored=stored, incoming=incoming, full=full) is news
