"""What a desk does in a week besides looking, each by who may do it, in their language.

A national centre's officer in French, an institution's IT person in Arabic on a phone, the
secretariat in Chinese, a viewer in Russian. Forms are found by where they lead.
"""

import httpx
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.stories.desk import (
    NEPAL,
    TRIBHUVAN,
    House,
    add_person,
    choose_password,
    cookies_of,
    send,
    speaks,
    token_of,
    until,
    visitor,
)
from tests.stories.receiver import Receiver

pytestmark = [pytest.mark.story, pytest.mark.timeout(300)]

WRONG = "region,country,iso2,institution\nAsia,Nepal,NEPAL,A new college\n"
RIGHT = "region,country,iso2,institution\nAsia,Nepal,NP,A new college\n"
ABROAD = "region,country,iso2,institution\nAfrica,Kenya,KE,A new college\n"


def test_chores_of_the_desk(house: House, browser: Browser, receiver: Receiver) -> None:
    secretary = visitor(browser, house, "zh")
    choose_password(secretary, house.link)
    speaks(secretary, "/staff", "zh")
    officer, technician, viewer = (visitor(browser, house, one) for one in ("fr", "ar", "ru"))
    choose_password(officer, add_person(secretary, "Sita", "national-centre", NEPAL))
    choose_password(technician, add_person(secretary, "Amira", "institution-it", TRIBHUVAN))
    choose_password(viewer, add_person(secretary, "Boris", "viewer", TRIBHUVAN))

    until(technician, "/staff/rooms", lambda said: "Seminar room 7" in said)
    link = technician.get_by_role("link", name="Seminar room 7")
    room = str(link.get_attribute("href"))
    changes_a_setting(technician, room, "ar")
    adds_a_webhook(technician, receiver, room, "ar")
    silences_and_ends_it(technician, "ar")
    uses_a_token(technician, house, "ar")

    changes_many_rooms(officer, "fr")
    imports_a_table(officer, "fr")
    reads_a_report(officer, "fr")

    changes_many_rooms(secretary, "zh")
    reads_a_report(secretary, "zh")
    reads_who_did_what(secretary, "zh")
    looks_and_changes_nothing(viewer, room, "ru")
    signs_out_at_once(secretary, house)


def changes_a_setting(page: Page, room: str, language: str) -> None:
    """What is wanted reaches the room and is reported back; the page says when it was changed."""
    speaks(page, f"{room}/settings", language)
    form = page.locator(f"form[action='{room}/settings']:has([name=key][value=language])")
    form.locator("[name=value]").select_option("fr", force=True)
    with page.expect_navigation():
        form.locator("button").evaluate("button => button.click()")
    row = page.locator("table tr:has(time)").first
    until(page, f"{room}/settings", lambda said: row.locator(".state.good").count() > 0)
    expect(row.locator("time")).to_have_count(1)


def adds_a_webhook(page: Page, receiver: Receiver, room: str, language: str) -> None:
    """A test arrives, then what happened in a room, each signed with the secret shown once."""
    speaks(page, "/staff/webhooks", language)
    page.fill("[name=name]", "Timetable")
    page.fill("[name=url]", receiver.url)
    page.check("[name=types][value='order.finished']")
    send(page, "/staff/webhooks")
    secret = page.locator("pre.secret").inner_text()
    page.goto("/staff/webhooks")
    page.get_by_role("link", name="Timetable").click()
    here = page.url
    expect(page.locator("pre.secret")).to_have_count(0)
    send(page, "/test")
    assert receiver.next(secret)["type"] == "lectern.fleet.webhook.test"
    page.goto(f"{room}/devices")
    send(page, f"{room}/orders")
    told = receiver.next(secret)
    assert told["type"] == "lectern.fleet.order.finished"
    assert (told["data"]["room"], told["data"]["state"]) == (room.rpartition("/")[2], "done")
    sent = page.locator("form[action$='/again']")
    until(page, here, lambda said: sent.count() == 2, 10)
    send(page, "/secret")
    renewed = page.locator("pre.secret").inner_text()
    send(page, "/again")
    assert receiver.next(renewed)["id"] == told["id"]
    send(page, "/remove")
    expect(page.get_by_role("link", name="Timetable")).to_have_count(0)


def silences_and_ends_it(page: Page, language: str) -> None:
    speaks(page, "/staff/alarms/quiet", language)
    page.fill("[name=until]", "2099-01-01T00:00")
    page.fill("[name=why]", "Holidays")
    send(page, "/staff/alarms/quiet")
    page.goto("/staff/alarms/quiet")
    expect(page.locator("main")).to_contain_text("Holidays")
    send(page, "/end")
    page.goto("/staff/alarms/quiet")
    expect(page.locator("main")).not_to_contain_text("Holidays")


def uses_a_token(page: Page, house: House, language: str) -> None:
    """It does what it says, nothing else, and nothing at all once it is ended."""
    speaks(page, "/account", language)
    form = page.locator("form[action='/account/tokens']")
    form.locator("[name=name]").evaluate("field => field.value = 'timetable'")
    send(page, "/account/tokens")
    bearer = {"authorization": f"Bearer {page.locator('.notice code').inner_text()}"}
    with httpx.Client(base_url=house.url, headers=bearer) as program:
        answer = program.get("/api/v1/rooms")
        assert answer.status_code == httpx.codes.OK
        assert "Lecture room 101" not in answer.text
        assert program.get("/api/v1/people").status_code in {403, 404}
        page.goto("/account")
        send(page, "/revoke")
        assert program.get("/api/v1/rooms").status_code == httpx.codes.UNAUTHORIZED


def changes_many_rooms(page: Page, language: str) -> None:
    """Looked at first, then done, then taken back; each sees the rooms that are theirs."""
    speaks(page, "/staff/settings-bulk?key=record_timetable&value=no", language)
    expect(page.locator("ul.rows li")).not_to_have_count(0)
    send(page, "/staff/settings-bulk")
    rooms = page.locator("tbody tr").count()
    assert rooms > 1
    abroad = page.get_by_role("link", name="Lecture room 101")
    expect(abroad).to_have_count(0 if language == "fr" else 1)
    send(page, "/undo")
    expect(page.locator("tbody tr")).to_have_count(rooms)


def imports_a_table(page: Page, language: str) -> None:
    """A wrong row is named by its number, as is one of another country; nothing is done unasked."""
    for table in (WRONG, ABROAD, RIGHT):
        speaks(page, "/staff/units/import", language)
        file: FilePayload = {"name": "t.csv", "mimeType": "text/csv", "buffer": table.encode()}
        page.set_input_files("[name=table]", file)
        send(page, "/staff/units/import")
        row = page.get_by_role("row").filter(
            has=page.get_by_role("rowheader", name="2", exact=True)
        )
        expect(row).to_have_count(0 if table == RIGHT else 1)
    assert "A new college" not in page.request.get("/staff/search?q=new+college").text()
    with page.expect_navigation():
        page.locator("form[action^='/staff/units/import/'] button").click()
    until(page, "/staff/search?q=new+college", lambda said: "A new college" in said, 30)


def reads_a_report(page: Page, language: str) -> None:
    """The month of an institution prints; its rows are in the table of the same numbers."""
    speaks(page, "/staff/reports", language)
    page.locator("main a[href^='/staff/reports/']").first.click()
    assert page.pdf().startswith(b"%PDF")
    assert page.request.get(f"{page.url.partition('?')[0]}/csv").ok


def reads_who_did_what(page: Page, language: str) -> None:
    said = speaks(page, "/staff/audit", language)
    assert "Amira" in said
    assert "Sita" in said


def looks_and_changes_nothing(page: Page, room: str, language: str) -> None:
    """A viewer finds no button that changes something, and is refused what they make up."""
    for section in ("", "/devices", "/settings"):
        speaks(page, f"{room}{section}", language)
        expect(page.locator(f"main form[method=post][action^='{room}']")).to_have_count(0)
    headers = {"x-csrf-token": token_of(page)}
    for path in (f"{room}/orders", f"{room}/settings", "/staff/units/import", "/staff/webhooks"):
        answer = page.request.post(path, form={"kind": "ping"}, headers=headers)
        assert answer.status == httpx.codes.FORBIDDEN, path


def signs_out_at_once(page: Page, house: House) -> None:
    """The session is over for a copy of its cookie, too."""
    kept = cookies_of(page)
    assert httpx.get(f"{house.url}/staff", cookies=kept).status_code == httpx.codes.OK
    send(page, "/sign-out")
    assert httpx.get(f"{house.url}/staff", cookies=kept).status_code == httpx.codes.SEE_OTHER
