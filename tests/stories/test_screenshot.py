"""The README's pictures of `python -m standalone`: touch page and lesson, and the overview.

`make screenshot` keeps them; every other run only proves that they can be made.
"""

import os
import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.servers.child import Children
from tests.servers.ports import free_port

SEEK_SECONDS = 8.0
SMALLEST_BYTES = 20_000
MAP = ".leaflet-interactive"
TIMES = "() => [...document.querySelectorAll('video')].map(video => video.currentTime)"
READY = f"""() => {{
    const videos = [...document.querySelectorAll('video')];
    return videos.length === 2
        && videos.every(video => video.readyState >= 2 && video.currentTime > {SEEK_SECONDS});
}}"""

RECORDED = """() => {
    const pictures = [...document.querySelectorAll('figure.recording img[data-picture]')];
    return pictures.length === 2 && pictures.every(picture => picture.naturalWidth > 0);
}"""


@pytest.mark.story
@pytest.mark.timeout(180)
def test_the_touch_page_and_the_recorded_lesson_can_be_seen(
    children: Children, tmp_path: Path
) -> None:
    program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not Path(program).exists():
        pytest.skip("not installed: chromium (`make setup-test` installs it)")
    folder = Path(os.environ.get("LECTERN_SCREENSHOTS", tmp_path))
    touched, picture = folder / "touch-page.png", folder / "screenshot.png"
    overview = folder / "overview.png"
    child = children.start(
        [
            sys.executable, "-m", "standalone", "--data", tmp_path / "data",
            "--lesson-seconds", "14", "--port", str(free_port()),
        ]
    )  # fmt: skip
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 810}, locale="en")
        page.goto(child.wait_for(r"touch page +(http://\S+)", 60).group(1))
        page.wait_for_function(RECORDED, timeout=60_000)
        page.screenshot(path=touched)

        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(child.wait_for(r"watch +(http://\S+)", 120).group(1))
        page.wait_for_selector("#player[data-ready=true]")
        page.click("[data-part=toggle]")
        page.wait_for_function(READY, timeout=60_000)
        page.click("[data-part=toggle]")
        page.screenshot(path=picture)
        times = page.evaluate(TIMES)
        title = page.title()

        page.goto(child.wait_for(r"http://\S+/welcome#\S+", 5).group(0))
        page.fill("[name=password]", "seven green bicycles")
        page.locator("form[action='/welcome'] button").click()
        page.wait_for_selector(MAP, timeout=20_000)
        child.wait_for("Ctrl-C ends everything", 60)
        page.reload()
        page.wait_for_selector(MAP, timeout=20_000)
        page.screenshot(path=overview)
        browser.close()

    assert abs(times[0] - times[1]) < 0.5
    assert re.search("water", title)
    assert touched.stat().st_size > SMALLEST_BYTES
    assert picture.stat().st_size > SMALLEST_BYTES
    assert overview.stat().st_size > SMALLEST_BYTES
    assert child.stop(30) == 143
