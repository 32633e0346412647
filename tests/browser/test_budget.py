"""Each page on a link of 256 kbit/s and 300 ms: 60 kB at most, of use within 2.5 s."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.addresses import ALL
from tests.browser.site import Site
from tests.browser.test_pages import names, signed

__all__ = ["names", "signed"]
LARGEST = 60_000
SOONEST_MS = 2500
LINK = {
    "offline": False,
    "latency": 300,
    "downloadThroughput": 256_000 / 8,
    "uploadThroughput": 256_000 / 8,
}
OF_USE = """() => performance.getEntriesByType('paint')
    .find(one => one.name === 'first-contentful-paint')?.startTime ?? 0"""


@pytest.fixture
def fresh(chromium: Browser, site: Site, signed: BrowserContext) -> Iterator[BrowserContext]:
    """A browser that is signed in and has nothing in its cache."""
    context = chromium.new_context(base_url=site.url, storage_state=signed.storage_state())
    yield context
    context.close()


@pytest.mark.parametrize("path", ALL)
def test_a_page_on_a_thin_link(
    fresh: BrowserContext, names: dict[str, str], path: str, figure: Callable[[str, str], None]
) -> None:
    page = fresh.new_page()
    devtools = fresh.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", LINK)
    received: list[int] = []
    devtools.on(
        "Network.loadingFinished", lambda told: received.append(int(told["encodedDataLength"]))
    )
    page.goto(path.format(**names), wait_until="domcontentloaded")
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_load_state("load")
    for _ in range(50):  # the paint is noted a moment after it was
        if soon := page.evaluate(OF_USE):
            break
        page.wait_for_timeout(100)
    if page.locator("#map[data-map]").count() and page.locator("#board tr[data-code]").count():
        expect(page.locator("#map path[role=link]").first).to_be_visible(timeout=20_000)
    page.wait_for_timeout(500)
    weight = sum(received)
    figure(f"thin link, {path}", f"{soon / 1000:.2f} s, {weight / 1000:.1f} kB")
    assert weight <= LARGEST
    assert 0 < soon <= SOONEST_MS
