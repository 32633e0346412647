"""Every profile that is shipped is without a mistake, by the words of its real codec."""

import pytest

from edge_agent import profile_lint, profiles


@pytest.mark.parametrize("name", profiles.ids())
def test_it_has_no_mistake(name: str) -> None:
    assert [str(problem) for problem in profile_lint.lint(profiles.path_of(name))] == []
