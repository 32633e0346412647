"""Chromium and a site for it to look at."""

from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.browser.site import Site, serve

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=user-gesture-required",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. One for each file: while it lives, an event loop runs in this thread."""
    path = which("chromium")
    if path is None:
        pytest.skip("not installed: chromium (`make setup-test` installs it)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with one published lesson, shared by the tests of a file."""
    with serve(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def visit(chromium: Browser, site: Site) -> Iterator[Page]:
    """A page of a fresh browser profile; the test fails on any script error or blocked inline."""
    context = chromium.new_context(base_url=site.url, locale="en", timezone_id="UTC")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(f"{said.text} {said.location}") if _matters(said) else None,
    )
    yield page
    context.close()
    assert complaints == []


def _matters(said: ConsoleMessage) -> bool:
    """An error, other than that a form came back with what was wrong in it."""
    return said.type == "error" and "status of 422" not in said.text


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where screenshots of the tests go: build/screenshots, not kept in the repository."""
    folder = Path(__file__).parents[2] / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
