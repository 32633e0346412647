"""Every page: accessible, light, narrow, and readable from right to left."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.addresses import ALL
from tests.browser.site import Site
from tests.fleet.web.application import PASSWORD

LARGEST = 60_000  # bytes on the wire: two seconds at 256 kbit/s
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def names(site: Site) -> dict[str, str]:
    """What stands for the places in the addresses above."""
    site.application.add_user("staff@example.org")
    browserless = site.application.client()
    courses = browserless.get("/api/v1/courses").json()
    lessons = browserless.get(f"/api/v1/courses/{courses[0]['id']}/lessons").json()
    return {
        "slug": site.course_slug,
        "lesson": site.lesson,
        "course": courses[0]["id"],
        "room": lessons[0]["room_id"],
        "coming": lessons[1]["id"],
        "kenya": site.kenya,
    }


@pytest.fixture(scope="module")
def signed(chromium: Browser, site: Site, names: dict[str, str]) -> Iterator[BrowserContext]:
    """A browser of somebody who is signed in."""
    context = chromium.new_context(base_url=site.url, locale="en")
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("[name=email]", "staff@example.org")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/staff")
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(signed: BrowserContext) -> Iterator[Page]:
    """A page of the signed-in browser."""
    opened = signed.new_page()
    yield opened
    opened.close()


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (`npm ci` installs it)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ALL)
def test_axe_finds_nothing(page: Page, names: dict[str, str], path: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(path.format(**names))
    for details in page.locator("details").all():
        details.evaluate("one => one.open = true")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    assert len(found["passes"]) > 10
    problems = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
    assert problems == []


@pytest.mark.parametrize("path", ALL)
def test_pages_are_light(
    chromium: Browser,
    site: Site,
    signed: BrowserContext,
    names: dict[str, str],
    path: str,
    figure: Callable[[str, str], None],
) -> None:
    fresh = chromium.new_context(base_url=site.url, storage_state=signed.storage_state())
    page = fresh.new_page()
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(_weight(request)))
    page.goto(path.format(**names))
    page.wait_for_timeout(1200)  # pages that listen are never idle
    fresh.close()
    figure(f"weight of {path}", f"{sum(sizes) / 1000:.1f} kB in {len(sizes)} requests")
    assert 1000 < sum(sizes) <= LARGEST


def _weight(request: object) -> int:
    sizes = request.sizes()  # type: ignore[attr-defined]
    return int(sizes["responseBodySize"] + sizes["responseHeadersSize"])


@pytest.mark.parametrize("language", ["ar", "fr", "ru"])
@pytest.mark.parametrize("path", ALL)
def test_a_phone_never_scrolls_sideways(
    page: Page, names: dict[str, str], path: str, language: str
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    address = path.format(**names)
    page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
    for details in page.locator("details").all():
        details.evaluate("one => one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    direction = "rtl" if language == "ar" else "ltr"
    assert page.locator("html").get_attribute("dir") == direction
    assert page.locator("html").get_attribute("lang") == language


@pytest.mark.parametrize("path", ALL)
def test_targets_are_large_enough_for_a_finger(
    page: Page, names: dict[str, str], path: str
) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(path.format(**names))
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input:not([type=hidden]), nav a')]
            .filter(one => one.checkVisibility({visibilityProperty: true}))
            .filter(one => !one.closest('.skip'))
            .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
            .filter(([, box]) => box.height < 24 || box.width < 24)
            .map(([html]) => html)"""
    )
    assert small == []


def test_what_arabic_looks_like(page: Page, names: dict[str, str], screenshots: Path) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    shown = {
        "lesson": "/lessons/{lesson}",
        "home": "/staff",
        "course": "/courses/{slug}",
        "timetable": "/staff/courses/{course}",
        "room": "/staff/rooms/{room}",
    }
    for name, path in shown.items():
        page.goto(f"{path.format(**names)}?lang=ar")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=screenshots / f"{name}-ar.png", full_page=True)
    start = page.locator("h1").bounding_box()
    assert start is not None
    title = page.locator("h1 bdi").bounding_box()
    assert title is not None
    assert title["x"] + title["width"] == pytest.approx(start["x"] + start["width"], abs=2)
