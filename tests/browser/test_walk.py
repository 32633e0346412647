"""A newcomer's first way through the house: from the one-time link to a lesson on the timetable."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from fleet.publishing.models import Publication
from tests.browser.site import Site
from tests.fleet.web.application import PASSWORD


def test_from_the_first_link_to_a_lesson(visit: Page, site: Site, screenshots: Path) -> None:
    link = site.first_link()
    visit.goto(link)
    assert "#" not in visit.url, "the token leaves the address bar"
    visit.fill("[name=password]", PASSWORD)
    visit.get_by_role("button", name="Set the password and sign in").click()
    expect(visit.get_by_role("heading", level=1)).to_have_text("Overview")

    visit.get_by_role("link", name="Rooms", exact=True).first.click()
    visit.get_by_role("link", name="Add a room").click()
    visit.get_by_label("Name").fill("قاعة ٧")
    visit.get_by_label("Time zone").fill("Africa/Nairobi")
    visit.get_by_role("button", name="Add the room").click()
    expect(visit.get_by_role("heading", level=1)).to_have_text("قاعة ٧")
    visit.get_by_role("button", name="Make a token for a PC").click()
    token = visit.locator("code.secret").first.inner_text()
    assert len(token) >= 22
    visit.goto(visit.url.removesuffix("/claim"))
    assert token not in visit.content(), "it is shown once"

    visit.get_by_role("link", name="Courses", exact=True).click()
    visit.get_by_label("Title").fill("Hydrology")
    visit.get_by_role("button", name="Add the course").click()
    expect(visit.get_by_role("heading", level=1)).to_have_text("Hydrology")

    visit.get_by_text("Add a weekly meeting").click()
    form = visit.locator("form[action$=slots]")
    form.locator("[name=room_id]").select_option(label="قاعة ٧")
    form.locator("[name=weekday]").select_option(label="Tuesday")
    form.get_by_label("Starts").fill("09:00")
    form.get_by_label("Last day").fill("2020-01-01")
    form.get_by_role("button").click()
    expect(visit.get_by_role("alert")).to_have_text("The last day is before the first.")
    form = visit.locator("form[action$=slots]")
    expect(form.get_by_label("Starts")).to_have_value("09:00")
    form.get_by_label("Last day").fill("2030-01-01")
    form.get_by_role("button").click()
    expect(visit.locator("main")).to_contain_text("Tuesday 9:00")
    expect(visit.locator("main")).to_contain_text("Hydrology 2")

    visit.get_by_text("Add a single lesson").click()
    form = visit.locator("form[action$=lessons]")
    form.locator("[name=room_id]").select_option(label="قاعة ٧")
    form.get_by_label("Title").fill("A lesson right now")
    form.get_by_role("button").click()
    visit.get_by_role("link", name="A lesson right now").click()
    expect(visit.locator("main")).to_contain_text("On now")
    visit.screenshot(path=screenshots / "staff-lesson.png", full_page=True)

    visit.get_by_role("link", name="Overview").click()
    expect(visit.locator("main")).to_contain_text("A lesson right now")
    visit.screenshot(path=screenshots / "home.png", full_page=True)
    visit.get_by_role("button", name="Sign out").click()
    visit.goto("/staff/rooms")
    assert visit.url.endswith("/sign-in?next=/staff/rooms")


def test_a_waiting_page_shows_the_lesson_when_it_is_there(visit: Page, site: Site) -> None:
    application = site.application
    with application.db.write() as session:
        row = session.scalars(select(Publication)).one()
        row.state = "processing"
    visit.goto(f"/lessons/{site.lesson}")
    expect(visit.locator("main")).to_contain_text("is being prepared")
    with application.db.write() as session:
        session.scalars(select(Publication)).one().state = "published"
    expect(visit.locator("#player")).to_be_visible(timeout=15_000)


def test_forms_work_without_javascript(chromium: Browser, site: Site) -> None:
    site.application.add_user("plain@example.org")
    context = chromium.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in?next=/staff/courses")
    page.fill("[name=email]", "plain@example.org")
    page.fill("[name=password]", "wrong password")
    page.click("main button")
    assert page.get_by_role("alert").inner_text() == "E-mail address or password is wrong."
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.fill("[name=title]", "Botany")
    page.click("main form button")
    assert page.locator("h1").inner_text() == "Botany"
    context.close()
