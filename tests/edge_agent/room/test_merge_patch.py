from hypothesis import given
from hypothesis import strategies as st

from edge_agent.room import merge_patch

scalars = st.booleans() | st.integers() | st.text() | st.lists(st.integers(), max_size=3)
documents = st.recursive(
    st.dictionaries(st.text(max_size=3), scalars, max_size=4),
    lambda inner: st.dictionaries(st.text(max_size=3), scalars | inner, max_size=4),
)


@given(documents, documents)
def test_the_difference_makes_the_new_document_of_the_old(old: dict, new: dict) -> None:
    assert merge_patch.apply(old, merge_patch.difference(old, new)) == new


@given(documents)
def test_there_is_no_difference_to_oneself(document: dict) -> None:
    assert merge_patch.difference(document, document) == {}


def test_the_examples_of_rfc_7396() -> None:
    assert merge_patch.apply({"a": "b", "b": "c"}, {"a": None}) == {"b": "c"}
    assert merge_patch.apply({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}) == {"a": {"b": "d"}}
    assert merge_patch.apply({"a": "c"}, {"a": {"b": {"c": None}}}) == {"a": {"b": {}}}
    assert merge_patch.apply({"a": [1, 2]}, {"a": {"b": 1}}) == {"a": {"b": 1}}
