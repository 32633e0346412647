"""One of everything in Nepal, for somebody who is not of there to try to get at."""

from playwright.sync_api import Page

from tests.stories.desk import NEPAL, House, token_of, until

Form = dict[str, str | float | bool]
TABLE = "region,country,iso2,institution\nAsia,Nepal,NP,A new college\n"

FOUND_BY = {
    "agent_id": "SELECT id FROM agent WHERE room_id = :room",
    "alarm_id": "SELECT id FROM alarm WHERE room_id = :room",
    "call_id": "SELECT id FROM help_call WHERE room_id = :room",
    "course_id": "SELECT id FROM course WHERE unit_id IS NOT NULL",
    "delivery_id": "SELECT id FROM notice WHERE channel = 'webhook'",
    "grant_id": "SELECT id FROM role_grant WHERE user_id = :officer",
    "lesson_id": "SELECT id FROM lesson",
    "order_id": "SELECT id FROM room_order",
    "quiet_id": "SELECT id FROM alarm_quiet",
    "session_id": "SELECT id FROM user_session WHERE user_id = :officer",
    "take_id": "SELECT id FROM recording",
    "target_id": "SELECT id FROM order_target WHERE room_id = :room",
    "token_id": "SELECT id FROM api_token WHERE user_id = :officer",
    "unit_id": "SELECT id FROM org_unit WHERE code = 'np-tribhuvan-university'",
    "upload_id": "SELECT id FROM unit_upload",
    "view": "SELECT id FROM saved_view WHERE user_id = :officer",
    "webhook_id": "SELECT id FROM webhook",
}
"""Where to find one of what a parameter of an address stands for."""


def one_of_everything(page: Page, house: House) -> dict[str, str]:
    """Make what is not there yet; ids by the names of parameters of addresses."""
    ((room,),) = house.rows("SELECT id FROM room WHERE name = 'Seminar room 7'")
    ((officer,),) = house.rows("SELECT id FROM account WHERE email = 'sita@example.org'")
    country = str(house.rows("SELECT id FROM org_unit WHERE code = :code", code=NEPAL)[0][0])
    until(page, "/staff/alarms", lambda said: "Seminar room 7" in said)
    headers = {"x-csrf-token": token_of(page)}
    hook: Form = {"name": "A", "url": "http://[::1]:9/", "unit": country, "types": "alarm.firing"}
    token: Form = {"name": "A", "days": "1", "unit": NEPAL, "permissions": "staff.see"}
    course: Form = {"title": "Soil", "unit_id": country, "language": "en", "publish": "auto"}
    forms: list[tuple[str, Form]] = [
        ("/staff/alarms/quiet", {"unit": country, "until": "2099-01-01T00:00"}),
        ("/staff/settings-bulk", {"key": "record_timetable", "value": "no"}),
        ("/staff/rooms/views", {"name": "Mine", "query": "text=a"}),
        ("/staff/webhooks", hook),
        ("/staff/courses", course),
        ("/account/tokens", token),
        (f"/staff/rooms/{room}/orders", {"kind": "screenshot"}),
    ]
    for path, form in forms:
        answer = page.request.post(path, form=form, headers=headers)
        assert answer.ok, (path, answer.text())
    done = page.locator("#progress .state.good")
    until(page, answer.url, lambda said: done.count() > 0)
    file = {"name": "t.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    page.request.post("/staff/units/import", multipart={"table": file}, headers=headers)  # type: ignore[dict-item]
    panel = page.context.browser.new_page()  # type: ignore[union-attr]
    panel.goto(house.panels[1])
    panel.locator("[name=topic][value=sound]").evaluate("button => button.click()")
    answered = page.locator("form[action$='/answered']")
    until(page, f"/staff/rooms/{room}", lambda said: answered.count() > 0, 20)
    panel.close()
    ((webhook,),) = house.rows("SELECT id FROM webhook")
    page.request.post(f"/staff/webhooks/{webhook}/test", headers=headers)
    ((batch,),) = house.rows("SELECT max(batch) FROM desired_change WHERE batch IS NOT NULL")
    found = {"room_id": room, "user_id": officer, "batch_id": batch, "country": country}
    for name, statement in FOUND_BY.items():
        found[name] = house.rows(statement, room=room, officer=officer)[-1][0]
    return {name: str(value) for name, value in found.items()} | {"key": "language"}
