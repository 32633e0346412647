"""What a desk does in a week besides looking: settings, tables, tokens, silences, reports.

The same house as `test_fleet_desk.py`, an administrator in French, and nothing by a
name that a language changes: forms are found by where they lead.
"""

import httpx
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.stories.test_fleet_desk import (
    House,
    browser,  # noqa: F401
    choose_password,
    house,  # noqa: F401
    send,
    until,
    visitor,
)

pytestmark = [pytest.mark.story, pytest.mark.timeout(300)]

WRONG = "region,country,iso2,institution\nAfrica,Kenya,KENYA,A new college\n"
RIGHT = "region,country,iso2,institution\nAfrica,Kenya,KE,A new college\n"


def test_chores_of_the_desk(house: House, browser: Browser) -> None:  # noqa: F811
    page = visitor(browser, house, "fr")
    choose_password(page, house.link)
    until(page, "/staff/rooms?text=Seminar", lambda said: "Seminar room 7" in said)
    room = str(page.get_by_role("link", name="Seminar room 7").get_attribute("href"))
    changes_a_setting(page, room)
    changes_many_rooms(page)
    imports_a_table(page)
    uses_a_token(page, house.url)
    silences_and_ends_it(page)
    reads_reports(page)
    signs_out_at_once(page, house.url)


def changes_a_setting(page: Page, room: str) -> None:
    """What is wanted reaches the room and is reported back; the page says when it was changed."""
    page.goto(f"{room}/settings")
    form = page.locator(f"form[action='{room}/settings']:has([name=key][value=language])")
    form.locator("[name=value]").select_option("fr", force=True)
    with page.expect_navigation():
        form.locator("button").evaluate("button => button.click()")
    row = page.locator("table tr:has(time)").first
    until(page, f"{room}/settings", lambda said: row.locator(".state.good").count() > 0)
    expect(row.locator("time")).to_have_count(1)


def changes_many_rooms(page: Page) -> None:
    """Looked at first, then done, then taken back."""
    page.goto("/staff/settings-bulk?key=record_timetable&value=no")
    expect(page.locator("ul.rows li")).not_to_have_count(0)
    send(page, "/staff/settings-bulk")
    rooms = page.locator("tbody tr").count()
    assert rooms > 1
    send(page, "/undo")
    expect(page.locator("tbody tr")).to_have_count(rooms)


def imports_a_table(page: Page) -> None:
    """The bad row is named by its number, and nothing is done before it is asked for."""
    for table, number in ((WRONG, 2), (RIGHT, 0)):
        page.goto("/staff/units/import")
        file: FilePayload = {"name": "t.csv", "mimeType": "text/csv", "buffer": table.encode()}
        page.set_input_files("[name=table]", file)
        send(page, "/staff/units/import")
        if number:
            expect(page.get_by_role("row", name=f"{number} iso2")).to_have_count(1)
    assert page.request.get("/staff/search?q=new+college").text().count("A new college") == 0
    with page.expect_navigation():
        page.locator("form[action^='/staff/units/import/'] button").click()
    expect(page.locator("main")).not_to_contain_text("iso2")
    until(page, "/staff/search?q=new+college", lambda said: "A new college" in said, 30)


def uses_a_token(page: Page, url: str) -> None:
    """It does what it says, nothing else, and nothing at all once it is ended."""
    page.goto("/account")
    form = page.locator("form[action='/account/tokens']")
    form.locator("[name=name]").evaluate("field => field.value = 'timetable'")
    send(page, "/account/tokens")
    bearer = {"authorization": f"Bearer {page.locator('.notice code').inner_text()}"}
    with httpx.Client(base_url=url, headers=bearer) as program:
        assert program.get("/api/v1/rooms").status_code == httpx.codes.OK
        assert program.get("/api/v1/people").status_code in {403, 404}
        page.goto("/account")
        send(page, "/revoke")
        assert program.get("/api/v1/rooms").status_code == httpx.codes.UNAUTHORIZED


def silences_and_ends_it(page: Page) -> None:
    page.goto("/staff/alarms/quiet")
    page.fill("[name=until]", "2099-01-01T00:00")
    page.fill("[name=why]", "Holidays")
    send(page, "/staff/alarms/quiet")
    page.goto("/staff/alarms/quiet")
    expect(page.locator("main")).to_contain_text("Holidays")
    send(page, "/end")
    page.goto("/staff/alarms/quiet")
    expect(page.locator("main")).not_to_contain_text("Holidays")


def reads_reports(page: Page) -> None:
    """The month of an institution prints; its rows are in the table of the same numbers."""
    page.goto("/staff/reports")
    page.locator("main a[href^='/staff/reports/']").first.click()
    assert page.pdf().startswith(b"%PDF")
    assert page.request.get(f"{page.url.partition('?')[0]}/csv").ok


def signs_out_at_once(page: Page, url: str) -> None:
    """What was done is in the trail; the session is over for a copy of its cookie, too."""
    until(page, "/staff/audit", lambda said: "A new college" in said or "timetable" in said, 5)
    kept = {str(one["name"]): str(one["value"]) for one in page.context.cookies()}
    assert httpx.get(f"{url}/staff", cookies=kept).status_code == httpx.codes.OK
    send(page, "/sign-out")
    assert httpx.get(f"{url}/staff", cookies=kept).status_code != httpx.codes.OK
