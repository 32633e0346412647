"""Every profile that is shipped is without a mistake, and tested where its card says so."""

from functools import cache

import pytest

from edge_agent import profile_lint, profiles
from tests.shape.tree import ROOT

DRIVEN = (ROOT / "tests" / "edge_agent" / "drivers", ROOT / "tests" / "simulator")


@cache
def drivers_tests() -> str:
    return "\n".join(
        path.read_text(encoding="utf-8") for folder in DRIVEN for path in folder.rglob("*.py")
    )


@pytest.mark.parametrize("name", profiles.ids())
def test_it_has_no_mistake(name: str) -> None:
    assert [str(problem) for problem in profile_lint.lint(profiles.path_of(name))] == []


@pytest.mark.parametrize("name", profiles.ids())
def test_a_test_of_its_driver_names_it(name: str) -> None:
    quality = profiles.load(name).quality

    if "done" in (quality["reconnect"].status, quality["simulated"].status):
        assert f'"{name}"' in drivers_tests()
