"""The desk in a browser: live numbers, the map by keys, lists that follow, and all of it plain."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from fleet.classrooms import service as classrooms
from tests.browser.site import Site
from tests.browser.test_pages import names, page, signed

__all__ = ["names", "page", "signed"]


@pytest.fixture
def plain(chromium: Browser, site: Site, signed: BrowserContext) -> Iterator[Page]:
    """A browser of the same person that runs no scripts."""
    context = chromium.new_context(
        base_url=site.url, storage_state=signed.storage_state(), java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def _stand(site: Site, room: str, presence: str) -> None:
    with site.application.db.write() as session:
        classrooms.agent_is(session, room, presence)
    site.application.app.state.board.refresh()


def test_numbers_change_by_themselves_and_keep_the_focus(
    page: Page, site: Site, names: dict[str, str]
) -> None:
    _stand(site, names["room"], "ready")
    page.goto("/staff")
    total = page.locator("#board tr.total td").nth(2)
    expect(total).to_have_text("0")
    page.locator("#board").get_by_role("link", name="Kenya").focus()
    page.wait_for_timeout(500)

    _stand(site, names["room"], "lost")

    expect(total).to_have_text("1", timeout=10_000)
    expect(page.locator("#said")).to_contain_text("1 dark")
    assert page.evaluate("document.activeElement.textContent") == "Kenya"
    _stand(site, names["room"], "ready")


def test_the_stream_ends_with_the_session(chromium: Browser, site: Site) -> None:
    site.application.add_user("leaver@example.org")
    context = chromium.new_context(base_url=site.url)
    page = context.new_page()
    page.goto("/sign-in?next=/staff")
    page.fill("[name=email]", "leaver@example.org")
    page.fill("[name=password]", "seven green bicycles")
    page.click("main button")
    page.wait_for_url("**/staff")
    page.wait_for_timeout(500)
    board = site.application.app.state.board
    assert board.watching >= 1
    other = context.new_page()
    other.goto("/staff/rooms")
    other.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in?next=/staff", timeout=10_000)
    context.close()


def test_the_map_is_walked_by_keys_and_says_what_the_table_says(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/staff")
    kenya = page.locator("#map path[role=link]")
    expect(kenya).to_have_count(1, timeout=20_000)
    expect(kenya).to_have_attribute(
        "aria-label", "Kenya: Working 0, At risk 0, Dark 0, Not set up 1"
    )
    kenya.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff?unit=*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kenya")
    expect(page.get_by_role("navigation", name="Where this is")).to_contain_text("Kenya")


def test_a_list_follows_what_is_typed_and_keeps_it_in_the_address(page: Page) -> None:
    page.goto("/staff/rooms")
    expect(page.locator("#list tbody tr")).to_have_count(2)
    page.get_by_label("Name", exact=True).press_sequentially("great")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    assert "text=great" in page.url
    page.go_back()
    expect(page.locator("#list tbody tr")).to_have_count(2)


def test_without_scripts_everything_can_be_read_and_filtered(plain: Page) -> None:
    plain.goto("/staff")
    assert plain.locator("#board").inner_text().count("Kenya") == 1
    assert not plain.locator("#map").is_visible()
    plain.goto("/staff/rooms")
    plain.fill("#text", "hall")
    plain.get_by_role("button", name="Show").click()
    assert plain.locator("#list tbody tr").count() == 1
    plain.get_by_role("link", name="Hall 1").click()
    plain.get_by_role("navigation", name="This room").get_by_role("link", name="Timetable").click()
    assert "Africa/Cairo" in plain.locator("main").inner_text()
    plain.goto("/staff/search")
    plain.fill("#words", "great")
    plain.get_by_role("button", name="Search").click()
    assert "Great Court" in plain.locator("#found").inner_text()


def test_on_a_phone_one_fold_holds_all_filters_but_the_name(plain: Page) -> None:
    plain.set_viewport_size({"width": 360, "height": 740})
    plain.goto("/staff/rooms")
    fold, first = plain.get_by_text("More filters"), plain.locator("#list tbody tr").first
    standing, profile = plain.get_by_label("Standing"), plain.get_by_label("Device model")
    assert plain.get_by_label("Name", exact=True).is_visible()
    assert not standing.is_visible()
    box = first.bounding_box()
    assert box
    assert box["y"] < 740, "the first room is on the first screen"
    fold.locator("visible=true").click()
    assert standing.is_visible()
    assert profile.is_visible()
    standing.select_option("none")
    plain.get_by_role("button", name="Show").click()
    assert standing.is_visible(), "a filter that is set is seen"

    plain.set_viewport_size({"width": 1280, "height": 800})
    plain.goto("/staff/rooms")
    assert standing.is_visible()
    assert not profile.is_visible()
    fold.locator("visible=true").click()
    assert profile.is_visible()


def test_every_target_of_the_overview_is_met_by_tab_in_order(page: Page) -> None:
    page.goto("/staff")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    seen: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
        covered = page.evaluate(
            """() => { const one = document.activeElement.getBoundingClientRect();
            return one.bottom < 0 || one.top > innerHeight; }"""
        )
        assert not covered
    assert any("board-caption" in one for one in seen), "the table can be scrolled by keys"
    assert len(set(seen)) > 10
