"""The whole house as `make run` starts it, and what somebody at its desk does in Chromium.

Pages are worked by names of fields and addresses, which are the same in every language.
"""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.servers.child import Children
from tests.servers.ports import free_port

PASSWORD = "seven green bicycles"
NEPAL = "np"
TRIBHUVAN, NAIROBI = "np-tribhuvan-university", "ke-university-of-nairobi"
DIRECTION = {"fr": "ltr", "ar": "rtl", "zh": "ltr", "ru": "ltr"}
PHONE = 390


@dataclass(frozen=True, slots=True)
class House:
    """A running house: its address, the first administrator's link, the classrooms' touch pages.

    In Kenya a lesson was recorded and published; a lamp in Nepal has failed.
    """

    url: str
    link: str
    panels: tuple[str, str]
    data: Path

    def rows(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        """What its database says, which the desk cannot embellish."""
        address = f"file:{self.data / 'fleet' / 'fleet.sqlite'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as database:
            return database.execute(statement, values).fetchall()


def open_house(children: Children, folder: Path) -> House:
    """Everything on one machine, until the children are closed. Webhooks may go to loopback."""
    child = children.start(
        [
            sys.executable, "-m", "standalone", "--data", folder,
            "--lesson-seconds", "6", "--port", str(free_port()),
        ],
        env={"LECTERN_WEBHOOK_PRIVATE": "true"},
    )  # fmt: skip
    link = child.wait_for(r"http://\S+/welcome#\S+", 60).group(0)
    first = child.wait_for(r"touch page +(http://\S+)", 60).group(1)
    second = child.wait_for(r"neighbour +(http://\S+)", 60).group(1)
    child.wait_for("Ctrl-C ends everything", 120)
    return House(link.partition("/welcome")[0], link, (first, second), folder)


def visitor(browser: Browser, house: House, language: str) -> Page:
    """Somebody with a browser of their own, in their language, on a phone in Arabic."""
    width = PHONE if language == "ar" else 1280
    context = browser.new_context(
        base_url=house.url, locale=language, viewport={"width": width, "height": 800}
    )
    return context.new_page()


def send(page: Page, action: str) -> None:
    """Press the button of a form, by where it leads; its page has come when this returns."""
    press(page, f"form[method=post][action$='{action}'] button")


def press(page: Page, button: str) -> None:
    """Press a button wherever it lies, in a folded part too; its page has come after this."""
    with page.expect_navigation():
        page.locator(button).first.evaluate("button => button.click()")


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


def speaks(page: Page, path: str, language: str) -> str:
    """Go to a page; it is in the language, in its direction, and not wider than a phone's."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200, path
    html = page.locator("html")
    expect(html).to_have_attribute("lang", language)
    expect(html).to_have_attribute("dir", DIRECTION[language])
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], path
    return page.locator("main").inner_text()


def token_of(page: Page) -> str:
    """What a form of theirs proves itself with."""
    page.goto("/account")
    return str(page.locator("[name=csrf_token]").first.get_attribute("value"))


def cookies_of(page: Page) -> dict[str, str]:
    """A copy of somebody's cookies, as a thief would keep it."""
    return {str(one["name"]): str(one["value"]) for one in page.context.cookies()}
