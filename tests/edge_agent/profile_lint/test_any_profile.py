"""Whatever somebody writes into a profile, lint answers with mistakes and not with an exception."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import profile_lint, profiles

Leaves = (
    st.text(max_size=12)
    | st.sampled_from(
        ["", "on", "{level}", "{", "}", "%1POWR ?", "AA BB", "{sum:4-6}", "\x00", "9x"]
    )
    | st.integers(-5, 300)
    | st.booleans()
    | st.none()
)


def places(node: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document where a value is."""
    children = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    return [above, *(place for key, child in children for place in places(child, (*above, key)))]


def put(node: Any, place: tuple[Any, ...], leaf: Any) -> Any:
    """The document with another value at a place."""
    if not place:
        return leaf
    copied = list(node) if isinstance(node, list) else dict(node)
    copied[place[0]] = put(node[place[0]], place[1:], leaf)
    return copied


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("profiles")


@pytest.mark.parametrize("name", profiles.ids())
@settings(max_examples=8)
@given(data=st.data())
def test_a_change_anywhere_is_answered(name: str, folder: Path, data: st.DataObject) -> None:
    document = profiles.document(profiles.path_of(name))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(document)[1:]))
        document = put(document, place, data.draw(Leaves))
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")

    for problem in profile_lint.lint(path):
        assert problem.line >= 1
        assert problem.what
