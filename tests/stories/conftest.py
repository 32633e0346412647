"""A school for each story."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.child import Children
from tests.stories.school import School

PICTURE = {"driver": "test", "size": "320x180", "rate": 10}


@pytest.fixture
def school(children: Children, tmp_path: Path) -> Iterator[School]:
    """Fleet, broker and a classroom, each a process of its own; see `School`."""
    opened = School(children, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def patterns() -> list[dict[str, object]]:
    """Sources that cost little: two test pictures and a tone."""
    return [
        {"name": "camera", "kind": "camera", "track": "presenter", **PICTURE},
        {"name": "screen", "kind": "screen", "track": "presentation", **PICTURE},
        {"name": "microphone", "kind": "microphone", "track": "audio", "driver": "test"},
    ]
