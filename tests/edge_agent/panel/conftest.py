"""A running touch page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge_agent.panel.served import Served, Visitor, served


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    """One page for the tests of a file."""
    with served() as page:
        yield page


@pytest.fixture
def page(running: Served) -> Served:
    """The page, with its room as in the beginning."""
    running.reset()
    return running


@pytest.fixture
def visitor(page: Served) -> Visitor:
    """Somebody who has not been here."""
    return page.visitor()


@pytest.fixture
def pin_file(tmp_path: Path) -> Path:
    """A file with the PIN 2468."""
    path = tmp_path / "pin"
    path.write_text("2468\n")
    path.chmod(0o600)
    return path
