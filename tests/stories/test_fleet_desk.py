"""A day at the desk: a national centre's officer, an institution's IT person, and an intruder.

The whole house as `make run` starts it, two classrooms with a PC, in Chromium, in three languages.
Pages are worked by names of fields and addresses, which are the same in every language.
"""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.servers.child import Child, Children
from tests.servers.ports import free_port

pytestmark = [pytest.mark.story, pytest.mark.timeout(300)]

PASSWORD = "seven green bicycles"
NEPAL, KENYA = "np", "ke"
TRIBHUVAN, NAIROBI = "np-tribhuvan-university", "ke-university-of-nairobi"
DIRECTION = {"fr": "ltr", "ar": "rtl", "zh": "ltr"}
TEXT = "Leave by the east stairs"


@dataclass(frozen=True, slots=True)
class House:
    """A running house: its address, the first administrator's link, the classrooms' touch pages."""

    url: str
    link: str
    panels: tuple[str, str]


@pytest.fixture
def house(children: Children, tmp_path: Path) -> House:
    """Everything on one machine, until the test ends."""
    child: Child = children.start(
        [
            sys.executable, "-m", "standalone", "--data", tmp_path / "data",
            "--lesson-seconds", "6", "--port", str(free_port()),
        ]
    )  # fmt: skip
    link = child.wait_for(r"http://\S+/welcome#\S+", 60).group(0)
    first = child.wait_for(r"touch page +(http://\S+)", 60).group(1)
    second = child.wait_for(r"neighbour +(http://\S+)", 60).group(1)
    child.wait_for("Ctrl-C ends everything", 120)
    return House(link.partition("/welcome")[0], link, (first, second))


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Chromium for the whole story."""
    program = "/usr/bin/chromium"
    if not Path(program).exists():
        pytest.skip("not installed: chromium (`make setup-test` installs it)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield opened
        opened.close()


def visitor(browser: Browser, house: House, language: str) -> Page:
    """Somebody with a browser of their own, in their language, on a phone in Arabic."""
    width = 390 if language == "ar" else 1280
    context = browser.new_context(
        base_url=house.url, locale=language, viewport={"width": width, "height": 800}
    )
    return context.new_page()


def send(page: Page, action: str) -> None:
    """Press the button of a form, by where it leads; its page has come when this returns."""
    button = page.locator(f"form[method=post][action$='{action}'] button").first
    with page.expect_navigation():
        button.evaluate("button => button.click()")


def choose_password(page: Page, link: str) -> None:
    page.goto(link)
    page.fill("[name=password]", PASSWORD)
    send(page, "/welcome")


def add_person(admin: Page, name: str, role: str, unit: str) -> str:
    """Add somebody; the link that is shown for them."""
    admin.goto("/staff/people")
    form = admin.locator("form[action='/staff/people'][method=post]")
    form.locator("[name=name]").fill(name)
    form.locator("[name=email]").fill(f"{name.lower()}@example.org")
    form.locator("[name=role]").select_option(role)
    choice = form.locator("[name=unit]")
    if choice.evaluate("field => field.tagName") == "SELECT":
        choice.select_option(unit)
    else:
        choice.fill(unit)
    send(admin, "/staff/people")
    return admin.locator("code").first.inner_text()


def until(page: Page, address: str, shown: Callable[[str], bool], seconds: int = 60) -> str:
    """Reload a page until what it says fits."""
    for _ in range(seconds):
        page.goto(address)
        said = page.locator("main").inner_text()
        if shown(said):
            return said
        page.wait_for_timeout(1000)
    raise AssertionError(f"{address}: not within {seconds} s; last: {said}")


def test_a_day_at_the_desk(house: House, browser: Browser) -> None:
    admin = visitor(browser, house, "en")
    choose_password(admin, house.link)
    expect(admin.locator("h1")).to_have_text("Overview")
    overview = until(admin, "/staff", lambda said: "Seminar room 7" in said)
    assert "Kenya" in overview
    assert "Uzbekistan" in overview
    links = {
        "officer": add_person(admin, "Sita", "national-centre", NEPAL),
        "technician": add_person(admin, "Amira", "institution-it", TRIBHUVAN),
        "intruder": add_person(admin, "Odhiambo", "institution-it", NAIROBI),
    }

    room, alarm = officer_sees_and_orders(visitor(browser, house, "fr"), house, links["officer"])
    technician_puts_it_right(visitor(browser, house, "ar"), links["technician"], room)
    intruder_gets_nowhere(visitor(browser, house, "zh"), links["intruder"], room, alarm)
    administrator_reads_who_did_what(admin, links)


def officer_sees_and_orders(page: Page, house: House, link: str) -> tuple[str, str]:
    """The officer of Nepal, in French: sees Nepal, the alarm, and warns all its rooms."""
    choose_password(page, link)
    said = speaks(page, "/staff", "fr")
    assert "Kenya" not in said
    page.goto("/staff/rooms")
    row = page.get_by_role("link", name="Seminar room 7")
    expect(row).to_have_count(1)
    room = str(row.get_attribute("href")).rpartition("/")[2]
    expect(page.get_by_role("link", name="Lecture room 101")).to_have_count(0)

    until(page, "/staff/alarms", lambda said: "Seminar room 7" in said)
    page.locator("main th a[href^='/staff/alarms/']").first.click()
    alarm = page.url.rpartition("/")[2]
    send(page, f"/staff/alarms/{alarm}/acknowledge")
    expect(page.locator("main")).to_contain_text("Sita")

    page.goto("/staff/orders/emergency")
    page.fill("[name=text]", TEXT)
    send(page, "/staff/orders/emergency")
    expect(page.locator("blockquote")).to_have_text(TEXT)
    send(page, "/staff/orders/emergency")
    order = page.url
    panel = page.context.browser.new_page()  # type: ignore[union-attr]
    panel.goto(house.panels[1])
    expect(panel.locator("body")).to_contain_text(TEXT, timeout=20_000)
    send(page, "/over")
    expect(panel.locator("body")).not_to_contain_text(TEXT, timeout=20_000)
    panel.close()
    assert order != page.url

    page.goto("/staff/reports")
    page.locator("main a[href^='/staff/reports/']").first.click()
    expect(page.locator("main")).to_contain_text("Seminar room 7")
    return room, alarm


def technician_puts_it_right(page: Page, link: str, room: str) -> None:
    """The IT person of Tribhuvan University, in Arabic on a phone: looks, sets, orders."""
    choose_password(page, link)
    speaks(page, "/staff", "ar")
    here = f"/staff/rooms/{room}"
    for section in ("", "/devices", "/readings", "/alarms", "/takes", "/timetable", "/log", "/pc"):
        speaks(page, here + section, "ar")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, section

    page.goto(f"{here}/devices")
    send(page, f"{here}/orders")
    order = page.url
    until(page, order, lambda said: page.locator("#progress .state.good").count() > 0)

    answer = page.request.get(f"/api/v1/rooms/{room}/shadow")
    assert answer.ok, answer.text()

    page.goto(f"{here}/devices")
    record = page.locator("button[name=kind][value=record]")
    with page.expect_navigation():
        record.evaluate("button => button.click()")
    until(page, page.url, lambda said: page.locator("#progress .state.good").count() > 0)
    page.goto("/staff/wall")
    picture = page.locator(f"[data-room='{room}'] img")
    expect(picture).to_have_attribute("src", re.compile("^data:image/jpeg"), timeout=30_000)

    page.goto("/staff/search?q=Seminar")
    expect(page.locator("main")).to_contain_text("Seminar room 7")
    table = page.request.get("/staff/rooms/csv")
    assert table.ok
    assert "Seminar room 7" in table.text()
    assert "Lecture room 101" not in table.text()


def intruder_gets_nowhere(page: Page, link: str, room: str, alarm: str) -> None:
    """The IT person of another university, in Chinese: nothing of Nepal is even there."""
    choose_password(page, link)
    overview = speaks(page, "/staff", "zh")
    assert "尼泊尔" not in overview
    assert "Nepal" not in overview
    for path in (
        f"/staff/rooms/{room}",
        f"/staff/rooms/{room}/readings",
        f"/staff/alarms/{alarm}",
        f"/staff/wall/{room}/picture",
        f"/api/v1/rooms/{room}",
        f"/api/v1/rooms/{room}/shadow",
    ):
        assert page.request.get(path).status == 404, path
    page.goto("/staff/orders/new")
    token = page.locator("[name=csrf_token]").first.get_attribute("value")
    forged = page.request.post(
        f"/staff/rooms/{room}/orders", form={"kind": "ping", "csrf_token": str(token)}
    )
    assert forged.status == 404
    order = {"name": "ping", "rooms": [room]}
    refused = page.request.post("/api/v1/orders", data=order, headers={"x-csrf-token": str(token)})
    assert refused.status in (403, 404, 422), refused.text()
    assert page.request.get(f"/api/v1/wall?room={room}").json()["tiles"] == []
    page.goto("/staff/search?q=Seminar")
    expect(page.locator("#found a")).to_have_count(0)


def administrator_reads_who_did_what(admin: Page, links: dict[str, str]) -> None:
    """Orders, looks and refusals are in the trail; a shut-out person is out at once."""
    said = until(admin, "/staff/audit", lambda said: "Odhiambo" in said)
    assert "Amira" in said
    admin.goto("/staff/people?text=Odhiambo")
    admin.locator("main ul.rows a").first.click()
    send(admin, "/disable")
    answer = httpx.get(links["intruder"].partition("#")[0])
    assert answer.status_code == httpx.codes.OK


def speaks(page: Page, path: str, language: str) -> str:
    """Go to a page; it is in the language, whole, and not in the wrong direction."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200, path
    html = page.locator("html")
    expect(html).to_have_attribute("lang", language)
    expect(html).to_have_attribute("dir", DIRECTION[language])
    return page.locator("main").inner_text()
