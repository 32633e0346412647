"""A day at the desk: a national centre's officer in French, an institution's IT person in Arabic.

The whole house as `make run` starts it, two classrooms with a PC, in Chromium; the administrator
begins and ends the day in English. Who may do none of it: `test_desk_intruder.py`.
"""

import re
from datetime import datetime

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.stories.desk import (
    NAIROBI,
    NEPAL,
    TRIBHUVAN,
    House,
    add_person,
    choose_password,
    cookies_of,
    press,
    send,
    speaks,
    until,
    visitor,
)

pytestmark = [pytest.mark.story, pytest.mark.timeout(300)]

TEXT = "Leave by the east stairs"
SECTIONS = ("", "/devices", "/readings", "/alarms", "/takes", "/timetable", "/log", "/pc")


def test_a_day_at_the_desk(house: House, browser: Browser) -> None:
    admin = visitor(browser, house, "en")
    choose_password(admin, house.link)
    expect(admin.locator("h1")).to_have_text("Overview")
    overview = until(admin, "/staff", lambda said: "Seminar room 7" in said)
    assert "Kenya" in overview
    assert "Uzbekistan" in overview
    officer, technician, leaver = (visitor(browser, house, one) for one in ("fr", "ar", "zh"))
    choose_password(officer, add_person(admin, "Sita", "national-centre", NEPAL))
    choose_password(technician, add_person(admin, "Amira", "institution-it", TRIBHUVAN))
    choose_password(leaver, add_person(admin, "Odhiambo", "institution-it", NAIROBI))

    room = officer_sees_her_country_and_no_other(officer)
    takes_over_the_alarm(officer)
    warns_all_rooms(officer, house)
    keeps_a_view(officer)
    reads_a_chart(officer, room)
    officer_reads_a_report(officer)
    technician_looks_at_a_room(technician, room)
    gives_orders(technician, room)
    answers_a_call_for_help(technician, house, room)
    finds_and_takes_away(technician)
    administrator_reads_who_did_what(admin)
    shuts_somebody_out_at_once(admin, leaver, house)


def officer_sees_her_country_and_no_other(page: Page) -> str:
    assert "Kenya" not in speaks(page, "/staff", "fr")
    page.goto("/staff/rooms")
    row = page.get_by_role("link", name="Seminar room 7")
    expect(row).to_have_count(1)
    expect(page.get_by_role("link", name="Lecture room 101")).to_have_count(0)
    return str(row.get_attribute("href")).rpartition("/")[2]


def takes_over_the_alarm(page: Page) -> None:
    until(page, "/staff/alarms", lambda said: "Seminar room 7" in said)
    page.locator("main th a[href^='/staff/alarms/']").first.click()
    send(page, "/acknowledge")
    expect(page.locator("main")).to_contain_text("Sita")


def warns_all_rooms(page: Page, house: House) -> None:
    """Typed, looked at, said; on the classroom's panel until it is over."""
    page.goto("/staff/orders/emergency")
    page.fill("[name=text]", TEXT)
    send(page, "/staff/orders/emergency")
    expect(page.locator("blockquote")).to_have_text(TEXT)
    send(page, "/staff/orders/emergency")
    panel = page.context.browser.new_page()  # type: ignore[union-attr]
    panel.goto(house.panels[1])
    expect(panel.locator("body")).to_contain_text(TEXT, timeout=20_000)
    send(page, "/over")
    expect(panel.locator("body")).not_to_contain_text(TEXT, timeout=20_000)
    panel.close()


def keeps_a_view(page: Page) -> None:
    """A list she narrowed, under a name of hers, there again in two clicks until forgotten."""
    page.goto("/staff/rooms?text=Seminar")
    page.locator("form[action='/staff/rooms/views'] [name=name]").evaluate(
        "field => field.value = 'Mes salles'"
    )
    send(page, "/staff/rooms/views")
    page.goto("/staff/rooms")
    page.locator("details:has(form[action='/staff/rooms/views']) > summary").click()
    page.get_by_role("link", name="Mes salles").click()
    expect(page.locator("#text")).to_have_value("Seminar")
    expect(page.locator("tbody tr")).to_have_count(1)
    send(page, "/staff/rooms/views/forget")
    expect(page.get_by_role("link", name="Mes salles")).to_have_count(0)


def reads_a_chart(page: Page, room: str) -> None:
    """It is drawn, and the table beside says the same numbers, in French."""
    for _ in range(3):  # a reading may arrive between the two
        speaks(page, f"/staff/rooms/{room}/readings", "fr")
        figure = page.locator("figure[data-chart]")
        drawn = page.request.get(str(figure.get_attribute("data-chart"))).json()
        chart = dict(zip(drawn["times"], drawn["lines"][0]["values"], strict=True))
        if (told := in_the_table(page)) == pytest.approx(chart, abs=0.051):
            break
    assert told == pytest.approx(chart, abs=0.051)
    assert told
    expect(figure.locator("canvas")).to_have_count(1)


def in_the_table(page: Page) -> dict[float, float]:
    """Readings by the second, read as a Frenchwoman does."""
    page.locator("details:has(table) > summary").click()
    found = {}
    for row in page.locator("details tbody tr").all():
        at = str(row.locator("time").get_attribute("datetime"))
        number = re.sub(r"\s", "", row.locator("td").inner_text()).replace(",", ".")
        found[datetime.fromisoformat(at).timestamp()] = float(number)
    return found


def officer_reads_a_report(page: Page) -> None:
    page.goto("/staff/reports")
    page.locator("main a[href^='/staff/reports/']").first.click()
    expect(page.locator("main")).to_contain_text("Seminar room 7")


def technician_looks_at_a_room(page: Page, room: str) -> None:
    """Every page of it in Arabic on a phone, and the same for a program."""
    for path in ("/staff", *(f"/staff/rooms/{room}{section}" for section in SECTIONS)):
        speaks(page, path, "ar")
    answer = page.request.get(f"/api/v1/rooms/{room}/shadow")
    assert answer.ok, answer.text()


def gives_orders(page: Page, room: str) -> None:
    """A first one, a recording, and a picture on the wall; each is followed until it is done."""
    for button in ("button", "button[name=kind][value=record]"):
        page.goto(f"/staff/rooms/{room}/devices")
        press(page, f"form[action='/staff/rooms/{room}/orders'] {button}")
        until(page, page.url, lambda said: page.locator("#progress .state.good").count() > 0)
    page.goto("/staff/wall")
    picture = page.locator(f"[data-room='{room}'] img")
    expect(picture).to_have_attribute("src", re.compile("^data:image/jpeg"), timeout=30_000)


def answers_a_call_for_help(page: Page, house: House, room: str) -> None:
    """Somebody in the room asks on the panel; the desk sees it and says that it is on its way."""
    panel = page.context.browser.new_page()  # type: ignore[union-attr]
    panel.goto(house.panels[1])
    panel.locator("[name=topic][value=sound]").evaluate("button => button.click()")
    answered = page.locator(f"form[action^='/staff/rooms/{room}/help/']")
    until(page, f"/staff/rooms/{room}", lambda said: answered.count() > 0, 20)
    send(page, "/answered")
    expect(answered).to_have_count(0)
    panel.close()


def finds_and_takes_away(page: Page) -> None:
    page.goto("/staff/search?q=Seminar")
    expect(page.locator("main")).to_contain_text("Seminar room 7")
    table = page.request.get("/staff/rooms/csv")
    assert table.ok
    assert "Seminar room 7" in table.text()
    assert "Lecture room 101" not in table.text()


def administrator_reads_who_did_what(admin: Page) -> None:
    said = until(admin, "/staff/audit", lambda said: "Amira" in said)
    assert "Sita" in said


def shuts_somebody_out_at_once(admin: Page, leaver: Page, house: House) -> None:
    """The browser that is open, a copy of its cookie, and the password: all good no more."""
    kept = cookies_of(leaver)
    room = "/api/v1/rooms"
    assert httpx.get(f"{house.url}{room}", cookies=kept).status_code == httpx.codes.OK
    admin.goto("/staff/people?text=Odhiambo")
    admin.locator("main ul.rows a").first.click()
    send(admin, "/disable")
    assert httpx.get(f"{house.url}{room}", cookies=kept).status_code == httpx.codes.UNAUTHORIZED
    leaver.goto("/staff")
    expect(leaver).to_have_url(re.compile("/sign-in"))
