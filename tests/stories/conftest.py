"""A school for each story of a classroom; a house and Chromium for each file of the desk's."""

from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.servers.child import Children
from tests.stories.desk import House, open_house
from tests.stories.receiver import Receiver
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


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Everything on one machine; starting it is slow, so a file shares it."""
    folder = tmp_path_factory.mktemp("house")
    children = Children(folder)
    try:
        yield open_house(children, folder / "data")
    finally:
        children.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. One for each file: while it lives, an event loop runs in this thread."""
    program = which("chromium")
    if program is None:
        pytest.skip("not installed: chromium (`make setup-test` installs it)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A web server of somebody else, that webhooks are posted to."""
    started = Receiver()
    yield started
    started.close()
