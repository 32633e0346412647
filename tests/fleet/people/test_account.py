"""One's own account: sessions, password, tokens; and what a token can never do."""

import re

import pytest
from sqlalchemy import select, text
from starlette.testclient import TestClient

from fleet.audit.models import AuditRow
from fleet.auth import rules
from fleet.auth import service as auth
from fleet.auth.models import ApiToken
from fleet.people import service
from tests.fleet.people.conftest import Places
from tests.fleet.web.application import PASSWORD, Application, csrf_token

NEW = "eleven quiet lanterns"


def _program(application: Application, token: str) -> TestClient:
    client = application.client()
    client.headers["authorization"] = f"Bearer {token}"
    return client


def _issue(client: TestClient, *permissions: str, unit: str = "ke-uon", days: str = "30") -> str:
    form = {"name": "report", "unit": unit, "days": days, "permissions": list(permissions)}
    answer = client.post("/account/tokens", data=form)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found = re.search(r"<code dir=\"ltr\">(lectern_[\w-]{43})</code>", answer.text)
    assert found
    return found[1]


def test_own_sessions_are_shown_and_ended(application: Application) -> None:
    application.add_user("a@example.org")
    first, second = application.client(), application.client()
    for client, name in ((first, "Firefox"), (second, "Chrome <b>")):
        client.post(
            "/sign-in",
            data={"email": "a@example.org", "password": PASSWORD},
            headers={"user-agent": name},
        )
    page = first.get("/account").text
    assert "Chrome &lt;b&gt;" in page
    assert "This browser" in page
    ends = re.findall(r"/account/sessions/(\w+)/end", page)
    assert len(ends) == 1
    csrf = re.search(r'name="csrf_token" value="(\w+)"', page)
    assert csrf
    form = {"csrf_token": csrf[1]}
    stranger = application.signed_in()
    assert stranger.post(f"/account/sessions/{ends[0]}/end").status_code == 303
    assert second.get("/account").status_code == 200, "nobody ends sessions of others"
    assert first.post(f"/account/sessions/{ends[0]}/end", data=form).status_code == 303
    assert second.get("/account").status_code == 303
    assert first.get("/account").status_code == 200


def test_the_present_password_is_asked_and_other_sessions_end(application: Application) -> None:
    email = "somebody@example.org"
    application.add_user(email)
    client, other = application.client(), application.client()
    for browser in (client, other):
        browser.post("/sign-in", data={"email": email, "password": PASSWORD})
    client.headers["x-csrf-token"] = csrf_token(client.get("/account").text)
    wrong = client.post("/account/password", data={"current": "x", "password": NEW})
    assert wrong.status_code == 401
    assert "not your password" in wrong.text
    weak = client.post("/account/password", data={"current": PASSWORD, "password": "password1234"})
    assert weak.status_code == 422
    before = client.cookies["__Host-lectern"]
    assert (
        client.post("/account/password", data={"current": PASSWORD, "password": NEW}).status_code
        == 303
    )
    assert client.cookies["__Host-lectern"] != before, "the session's id rotates"
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    sign_in = {"email": email, "password": NEW}
    assert application.client().post("/sign-in", data=sign_in).status_code == 303


def test_guessing_the_present_password_is_throttled(application: Application) -> None:
    client = application.signed_in()
    guess = {"current": "x", "password": NEW}
    statuses = [client.post("/account/password", data=guess).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]


def test_a_program_does_what_its_token_says_and_no_more(
    application: Application, places: Places
) -> None:
    owner = application.signed_in("national-centre", places.country)
    token = _issue(owner, "people.change", "staff.see", unit="ke")
    with application.db.read() as session:
        row = session.scalars(select(ApiToken)).one()
        assert token not in str([row.digest, row.id])
    assert token not in owner.get("/account").text, "a token is shown once"
    program = _program(application, token)
    assert program.get("/api/v1/people").status_code == 200
    assert program.get("/api/v1/courses/none/slots").status_code == 404
    answer = program.post("/api/v1/courses", json={"title": "x", "unit_id": places.country_id})
    assert answer.status_code == 403, "not among its permissions"
    shown = owner.get("/api/v1/account/tokens").json()
    assert shown[0]["used_at"] is not None

    narrow = _program(application, _issue(owner, "people.change", unit="ke"))
    assert narrow.get("/account").status_code == 403, "programs do not look after accounts"
    form = {"name": "x", "unit": "ke", "days": "1", "permissions": ["staff.see"]}
    assert narrow.post("/account/tokens", data=form).status_code == 403
    assert narrow.delete(f"/api/v1/account/tokens/{shown[0]['id']}").status_code == 403

    assert owner.delete(f"/api/v1/account/tokens/{shown[0]['id']}").status_code == 204
    assert program.get("/api/v1/people").status_code == 401


def test_a_program_does_not_become_its_owner(application: Application, places: Places) -> None:
    """Not even with all they may do: a session makes tokens and lasts beyond the token."""
    owner = application.signed_in("institution-it", places.nairobi)
    token = _issue(owner, *rules.ROLES["institution-it"])
    with application.db.read() as session:
        owner_id = session.scalars(select(ApiToken.user_id)).one()
        (grant,) = (row.id for row, _unit in service.person(session, owner_id).roles)
    program = _program(application, token)
    for act in ("link", "disable", "enable", "sign-out"):
        assert program.post(f"/api/v1/people/{owner_id}/{act}").status_code == 403, act
    assert program.delete(f"/api/v1/people/{owner_id}/roles/{grant}").status_code == 403
    role = {"role": "viewer", "unit_id": places.nairobi_id}
    assert program.post(f"/api/v1/people/{owner_id}/roles", json=role).status_code == 403


def test_a_program_makes_links_for_whom_its_token_covers(
    application: Application, places: Places
) -> None:
    owner = application.signed_in("institution-it", places.nairobi)
    application.add_user("v@uon.example", "viewer", places.nairobi)
    application.add_user("it@uon.example", "institution-it", places.nairobi)
    with application.db.read() as session:
        viewer, colleague = (auth.user_id_of(session, f"{one}@uon.example") for one in ("v", "it"))
    narrow = _program(
        application, _issue(owner, "people.change", *rules.ROLES["viewer"], unit="ke-uon")
    )
    assert narrow.post(f"/api/v1/people/{viewer}/link").status_code == 200
    assert narrow.post(f"/api/v1/people/{colleague}/link").status_code == 403
    assert owner.post(f"/api/v1/people/{colleague}/link").status_code == 200


def test_nobody_passes_the_question_for_the_present_password_by_a_link(
    application: Application, places: Places
) -> None:
    application.add_user("it@uon.example", "institution-it", places.nairobi)
    client = application.client()
    client.post("/sign-in", data={"email": "it@uon.example", "password": PASSWORD})
    with application.db.read() as session:
        own = auth.user_id_of(session, "it@uon.example")
    page = client.get(f"/staff/people/{own}").text
    assert f"{own}/link" not in page
    form = {"csrf_token": csrf_token(page)}
    answer = client.post(f"/staff/people/{own}/link", data=form)
    assert answer.status_code == 403
    assert "on the page My account" in answer.text
    assert "welcome#" not in answer.text


def test_tokens_end_with_time_with_their_owner_and_with_the_right(
    application: Application, places: Places
) -> None:
    owner = application.signed_in("institution-it", places.nairobi)
    program = _program(application, _issue(owner, "people.change", days="30"))
    assert program.get("/api/v1/people").status_code == 200
    application.later(days=30, seconds=1)
    assert program.get("/api/v1/people").status_code == 401

    owner = application.signed_in("institution-it", places.nairobi)
    me = owner.get("/api/v1/session").json()["user"]
    program = _program(application, _issue(owner, "people.change"))
    with application.db.write() as session:
        person = service.person(session, me)
        service.give(session, service.THE_FLEET, me, "viewer", places.nairobi, now=application.now)
        grant = person.roles[0][0].id
        service.withdraw(session, service.THE_FLEET, me, grant, now=application.now)
    assert program.get("/api/v1/people").status_code == 403, "the owner may no longer"

    with application.db.write() as session:
        service.disable(session, service.THE_FLEET, me, now=application.now)
    assert program.get("/api/v1/people").status_code == 401
    with application.db.write() as session:
        service.enable(session, service.THE_FLEET, me, now=application.now)
    assert program.get("/api/v1/people").status_code == 401, "it does not come back"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"permissions": ["units.change"]}, "may not do all of that"),
        ({"unit": "ke-tum"}, "may not do all of that"),
        ({"unit": ""}, "may not do all of that"),
        ({"permissions": []}, "Choose what"),
        ({"permissions": ["everything"]}, "Choose what"),
        ({"days": "367"}, "days up to"),
        ({"days": "0"}, "days up to"),
        ({"days": "soon"}, "whole number"),
        ({"name": " "}, "what the token is for"),
    ],
)
def test_tokens_that_cannot_be(
    application: Application, places: Places, change: dict[str, object], says: str
) -> None:
    owner = application.signed_in("institution-it", places.nairobi)
    form = {"name": "x", "unit": "ke-uon", "days": "9", "permissions": ["staff.see"], **change}
    answer = owner.post("/account/tokens", data=form)
    assert answer.status_code == 422
    assert says in answer.text


def test_a_bad_token_is_refused_even_beside_a_good_cookie(application: Application) -> None:
    client = application.signed_in()
    client.headers["authorization"] = "Bearer lectern_wrong"
    assert client.get("/api/v1/session").status_code == 401
    client.headers["authorization"] = "Bearer something-of-a-proxy"
    assert client.get("/api/v1/session").status_code == 200


def test_no_token_reaches_the_audit_trail(application: Application, places: Places) -> None:
    owner = application.signed_in("institution-it", places.nairobi)
    token = _issue(owner, "staff.see")
    with application.db.read() as session:
        rows = [(one.action, str(one.detail)) for one in session.scalars(select(AuditRow))]
        everything = str(session.execute(text("SELECT * FROM audit")).all())
    assert any(action == "token.issued" for action, _detail in rows)
    assert token not in everything
