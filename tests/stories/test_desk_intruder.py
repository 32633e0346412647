"""Somebody of another institution tries every address of the desk with what is not theirs.

A national centre's officer has made, or looks after, one of everything in Nepal; a lesson was
recorded in Kenya. The IT person of a university in Uzbekistan knows every id, in Chinese.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import APIResponse, Browser, Page, expect

from fleet import places
from fleet.auth.rules import ROLES
from tests.fleet.web import application
from tests.stories.desk import (
    NEPAL,
    PASSWORD,
    House,
    add_person,
    choose_password,
    send,
    speaks,
    token_of,
    until,
    visitor,
)
from tests.stories.things import Form, one_of_everything

pytestmark = [pytest.mark.story, pytest.mark.timeout(300)]

TASHKENT = "uz-tashkent-university-of-information-technologies"

BY_PEOPLE = (
    "account", "alarm", "alarm_note", "alarm_quiet", "alarm_rule", "api_token", "claim_token",
    "course", "desired", "desired_change", "help_call", "lesson", "one_time_link", "order_target",
    "org_unit", "publication", "recording", "role_grant", "room", "room_order", "saved_view",
    "slot", "unit_upload", "user_session", "webhook",
)  # fmt: skip
"""Tables that somebody at a desk changes."""


@pytest.fixture(scope="module")
def admin(house: House, browser: Browser) -> Page:
    """The administrator, at work in the background."""
    page = visitor(browser, house, "en")
    choose_password(page, house.link)
    return page


def test_nothing_of_others_is_there(
    house: House, browser: Browser, admin: Page, tmp_path: Path
) -> None:
    officer, intruder = (visitor(browser, house, one) for one in ("fr", "zh"))
    choose_password(officer, add_person(admin, "Sita", "national-centre", NEPAL))
    choose_password(intruder, add_person(admin, "Timur", "institution-it", TASHKENT))
    things = one_of_everything(officer, house)
    headers = {"x-csrf-token": token_of(intruder), "accept-language": "zh"}

    assert ask(intruder, "POST", "/staff/rooms/views", headers).status == 303  # the token is good
    sees_nothing(intruder, things)
    before = kept(house, things)
    assert all(before[one][1] for one in ("alarm", "course", "order_target", "webhook"))
    over = f"/account/sessions/{things['session_id']}/end"  # also for one that is over
    wrong = [
        (method, path, answer.status)
        for method, path, refusal in addresses(things, tmp_path)
        if (answer := ask(intruder, method, path, headers)).status != refusal
    ]
    assert wrong == [("POST", over, 303)]
    names_it_in_a_form(intruder, things, headers)
    assert kept(house, things) == before
    until(admin, "/staff/audit", lambda said: "Timur" in said)


def test_guessing_a_password(house: House, browser: Browser, admin: Page) -> None:
    """A wrong one is told so; after some, even the right one has to wait. Who is in stays in."""
    guest, guesser = (visitor(browser, house, one) for one in ("fr", "ar"))
    choose_password(guest, add_person(admin, "Bina", "viewer", NEPAL))
    assert [sign_in(guesser, one) for one in ("wrong", PASSWORD)] == [401, 200]
    send(guesser, "/sign-out")
    told = set()
    for password in ("a", "b", "c", "d", "e"):
        assert sign_in(guesser, password) == httpx.codes.UNAUTHORIZED
        told.add(guesser.locator("[role=alert]").inner_text())
    assert sign_in(guesser, PASSWORD) == httpx.codes.TOO_MANY_REQUESTS
    told.add(guesser.locator("[role=alert]").inner_text())
    assert len(told) == 2
    assert not re.search("[a-z]", "".join(told))
    speaks(guest, "/staff", "fr")


def sign_in(page: Page, password: str) -> int:
    """The status of the page that answers."""
    page.goto("/sign-in")
    page.fill("[name=email]", "bina@example.org")
    page.fill("[name=password]", password)
    with page.expect_response(lambda answer: "/sign-in" in answer.url) as answered:
        send(page, "/sign-in")
    return 200 if answered.value.status == httpx.codes.SEE_OTHER else answered.value.status


def sees_nothing(page: Page, things: dict[str, str]) -> None:
    """Neither on the overview nor in lists, the search, the wall."""
    for path in ("/staff", "/staff/rooms", "/staff/alarms", "/staff/people", "/staff/orders"):
        said = speaks(page, path, "zh")
        for other in ("尼泊尔", "Nepal", "Seminar room 7", "Sita"):
            assert other not in said, path
    page.goto("/staff/search?q=Seminar")
    expect(page.locator("#found a")).to_have_count(0)
    assert page.request.get(f"/api/v1/wall?room={things['room_id']}").json()["tiles"] == []


def addresses(things: dict[str, str], folder: Path) -> Iterator[tuple[str, str, int]]:
    """Every method and address that names a thing, read off the application, and what it says."""
    for route in places.api_routes(application.build(folder).app.routes):
        permission = places.permission_of(route.dependant)
        if "{" in route.path and (permission or "/account/" in route.path):
            path = re.sub("{([^}]+)}", lambda name: things[name[1]], route.path)
            may = permission is None or permission in ROLES["institution-it"]
            yield from (
                (method, path, 404 if may else 403) for method in sorted(route.methods or ())
            )


def ask(page: Page, method: str, path: str, headers: dict[str, str]) -> APIResponse:
    """With a body that most routes would take."""
    program = path.startswith("/api/")
    form: Form | None = None if program or method == "GET" else {"text": "x", "name": "x"}
    data = {"name": "x"} if program and method != "GET" else None
    return page.request.fetch(
        path, method=method, headers=headers, form=form, data=data, max_redirects=0
    )


def names_it_in_a_form(page: Page, things: dict[str, str], headers: dict[str, str]) -> None:
    """Addresses that name nothing, with a thing of others in what is sent."""
    country, room = things["country"], things["room_id"]
    forms: list[tuple[str, Form]] = [
        ("/staff/rooms", {"name": "x", "unit": country}),
        ("/staff/rooms/views/forget", {"view": things["view"]}),
        ("/staff/alarms/bulk", {"act": "acknowledge", "alarm": things["alarm_id"]}),
        ("/staff/alarms/quiet", {"unit": country, "until": "2099-01-01T00:00"}),
        ("/staff/courses", {"title": "x", "unit_id": country}),
        ("/staff/people", {"name": "x", "email": "x@y.z", "role": "viewer", "unit": NEPAL}),
        ("/staff/settings-bulk", {"key": "language", "value": "fr", "unit": country}),
        ("/staff/webhooks", {"name": "x", "url": "https://a.b/", "unit": country}),
        ("/staff/orders/new", {"kind": "ping", "unit": country, "rooms": room}),
    ]
    for path, form in forms:
        page.request.post(path, form=form, headers=headers)
    order = {"name": "ping", "rooms": [room]}
    refused = page.request.post("/api/v1/orders", data=order, headers=headers)
    assert refused.status in (403, 404, 422), refused.text()


def kept(house: House, things: dict[str, str]) -> dict[str, tuple[int, list[object]]]:
    """Every row that says something of one of the things, and how many rows there are at all."""
    ids = set(things.values())
    found = {}
    for table in BY_PEOPLE:
        rows = house.rows(f"SELECT * FROM {table}")  # noqa: S608 - one of ours
        mine: list[object] = [row for row in rows if not ids.isdisjoint(row)]
        found[table] = (len(rows), mine)
    return found
