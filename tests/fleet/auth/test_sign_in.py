"""Passwords, one-time links, sessions, and the throttle."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from fleet.audit.models import AuditRow
from fleet.auth import rules, service
from fleet.auth.models import OneTimeLink, OutsideIdentity, User, UserSession
from fleet.auth.signing_in import sign_in
from fleet.errors import Refused, TooMany, Unauthorised
from tests.fleet.web.application import PASSWORD, Application, build

COOKIE = "__Host-lectern"
EMAIL = "amina@example.org"


def _sign_in(application: Application, password: str = PASSWORD, email: str = EMAIL) -> int:
    data = {"email": email, "password": password}
    return application.client().post("/sign-in", data=data).status_code


def _actions(application: Application) -> list[str]:
    with application.db.read() as session:
        return list(session.scalars(select(AuditRow.action).order_by(AuditRow.number)))


def test_the_first_administrator_has_a_link_and_no_password(application: Application) -> None:
    with application.db.write() as session:
        token = service.first_administrator(session, now=application.now)
    assert token is not None
    with application.db.read() as session:
        assert session.scalars(select(User)).one().password is None
        assert token not in str(session.scalars(select(OneTimeLink.id)).all())
    address = service.link_address("https://lectern.test", token)
    assert address == f"https://lectern.test/welcome#{token}"

    client = application.client()
    answer = client.post("/welcome", data={"token": token, "password": PASSWORD})
    assert answer.status_code == 303
    assert client.get("/staff").status_code == 200
    with application.db.write() as session:
        assert service.first_administrator(session, now=application.now) is None


def test_a_restart_before_the_first_sign_in_gives_a_new_link(application: Application) -> None:
    with application.db.write() as session:
        old = service.first_administrator(session, now=application.now)
        new = service.first_administrator(session, now=application.now)
    client = application.client()
    assert old != new
    assert client.post("/welcome", data={"token": old, "password": PASSWORD}).status_code == 422
    assert client.post("/welcome", data={"token": new, "password": PASSWORD}).status_code == 303


def test_an_administrator_who_signs_in_elsewhere_is_one(application: Application) -> None:
    """With OpenID alone nobody has a password: no link is printed at each start all the same."""
    with application.db.write() as session:
        tied = service.add_user(session, EMAIL, "Amina", "secretariat", now=application.now)
        assert service.first_administrator(session, now=application.now) is not None
        session.add(
            OutsideIdentity(
                issuer="https://id.test", subject="1", user_id=tied, linked_at=application.now
            )
        )
    with application.db.write() as session:
        assert service.first_administrator(session, now=application.now) is None
        service.disable_user(session, tied, now=application.now)
        assert service.first_administrator(session, now=application.now) is not None


def test_a_link_works_once_and_for_a_day(application: Application) -> None:
    with application.db.write() as session:
        user = service.add_user(session, EMAIL, "Amina", now=application.now)
        token = service.issue_link(session, user, now=application.now)
    client = application.client()
    data = {"token": f"https://lectern.test/welcome#{token}", "password": PASSWORD}
    assert client.post("/welcome", data=data).status_code == 303
    again = application.client().post("/welcome", data=data)
    assert again.status_code == 422
    assert "has been used or is too old" in again.text

    with application.db.write() as session:
        data["token"] = service.issue_link(session, user, now=application.now)
    application.later(hours=24, seconds=1)
    assert application.client().post("/welcome", data=data).status_code == 422


def test_one_link_used_twice_at_once_sets_one_password(application: Application) -> None:
    with application.db.write() as session:
        user = service.add_user(session, EMAIL, "Amina", now=application.now)
        token = service.issue_link(session, user, now=application.now)
    statuses = []

    def use() -> None:
        data = {"token": token, "password": PASSWORD}
        statuses.append(application.client().post("/welcome", data=data).status_code)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 422, 422, 422]


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "at least 12 characters"),
        ("aaaaaaaaaaaaaaaa", "easily guessed"),
        ("qwertyuiopasdf", "easily guessed"),
        ("123456789012", "easily guessed"),
        ("password1234", "easily guessed"),
        ("Password2026!!", "easily guessed"),
        ("x" * 300, "too long"),
    ],
)
def test_poor_passwords_are_refused(application: Application, password: str, says: str) -> None:
    with application.db.write() as session:
        token = service.first_administrator(session, now=application.now)
    answer = application.client().post("/welcome", data={"token": token, "password": password})
    assert answer.status_code == 422
    assert says in answer.text
    with application.db.read() as session:
        assert session.scalars(select(User)).one().password is None


def test_passwords_are_argon2id_and_good_ones_pass(application: Application) -> None:
    application.add_user(EMAIL)
    with application.db.read() as session:
        stored = session.scalars(select(User.password)).one()
    assert stored is not None
    assert stored.startswith("$argon2id$")
    for good in ("correct horse battery", "زهرة الصباح الجميلة", "наш третий этаж 17"):
        service.check_new_password(good, EMAIL)
    with pytest.raises(Refused):
        service.check_new_password("amina1234567", "amina@example.org")


def test_sign_in_rotates_the_session_and_sign_out_ends_it(application: Application) -> None:
    application.add_user(EMAIL)
    client = application.client()
    client.cookies.set(COOKIE, "planted", domain="lectern.test")
    data = {"email": f" {EMAIL.upper()} ", "password": PASSWORD}
    # A planted cookie has no matching token, so it cannot even be used to sign somebody in.
    assert client.post("/sign-in", data=data).status_code == 403
    client.cookies.clear()
    secrets = []
    for _ in range(2):
        answer = client.post("/sign-in", data=data)
        assert answer.status_code == 303
        secrets.append(client.cookies[COOKIE])
        header = answer.headers["set-cookie"].lower()
        for attribute in ("secure", "httponly", "samesite=lax", "path=/"):
            assert attribute in header
        assert "domain" not in header
        client.cookies.clear()
    assert secrets[0] != secrets[1]
    with application.db.read() as session:
        stored = session.scalars(select(UserSession.id)).all()
    assert len(stored) == 2
    assert not set(secrets) & set(stored)

    signed = application.signed_in()
    kept = dict(signed.cookies)
    assert signed.post("/sign-out").status_code == 303
    assert COOKIE not in signed.cookies
    stolen = application.client()
    stolen.cookies.update(kept)
    assert stolen.get("/staff").status_code == 303
    assert "session.ended" in _actions(application)


def test_plain_http_is_for_loopback_and_its_cookie_says_so(tmp_path: Path) -> None:
    plain = build(tmp_path, "http://127.0.0.1:8443")
    plain.add_user(EMAIL)
    client = plain.client()
    answer = client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert answer.headers["set-cookie"].startswith("lectern=")
    assert "secure" not in answer.headers["set-cookie"].lower()
    assert client.get("/staff").status_code == 200
    plain.db.close()


@pytest.mark.parametrize(
    "pass_time",
    [
        pytest.param(lambda app: app.later(hours=12, seconds=1), id="idle"),
        pytest.param(lambda app: _use_daily(app, 8), id="absolute"),
    ],
)
def test_sessions_end(application: Application, pass_time: Callable[[Application], None]) -> None:
    client = application.signed_in()
    application.client_under_test = client  # type: ignore[attr-defined]
    assert client.get("/staff").status_code == 200
    pass_time(application)
    assert client.get("/staff").status_code == 303


def _use_daily(application: Application, days: int) -> None:
    for _ in range(days * 4):
        application.later(hours=6)
        application.client_under_test.get("/staff")  # type: ignore[attr-defined]


def test_a_used_session_outlives_the_idle_limit(application: Application) -> None:
    client = application.signed_in()
    for _ in range(4):
        application.later(hours=10)
        assert client.get("/staff").status_code == 200


def test_disabling_somebody_ends_everything_at_once(application: Application) -> None:
    application.add_user(EMAIL)
    client = application.client()
    client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert client.get("/staff").status_code == 200
    with application.db.write() as session:
        service.disable_user(session, service.user_id_of(session, EMAIL), now=application.now)
    assert client.get("/staff").status_code == 303
    assert _sign_in(application) == 401


def test_a_new_password_signs_out_everywhere(application: Application) -> None:
    application.add_user(EMAIL)
    client = application.client()
    client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    with application.db.write() as session:
        token = service.issue_link(session, service.user_id_of(session, EMAIL), now=application.now)
    application.client().post("/welcome", data={"token": token, "password": PASSWORD + "!"})
    assert client.get("/staff").status_code == 303
    assert _sign_in(application) == 401
    assert _sign_in(application, PASSWORD + "!") == 303


def test_guessing_is_throttled_for_the_guesser_only(application: Application) -> None:
    application.add_user(EMAIL)
    application.add_user("other@example.org")
    for _ in range(rules.TRIES_PER_PERSON_AND_ADDRESS):
        assert _sign_in(application, "wrong password") == 401
    assert _sign_in(application, PASSWORD) == 429
    assert _sign_in(application, PASSWORD, "other@example.org") == 303
    application.later(minutes=15, seconds=1)
    assert _sign_in(application) == 303
    assert _actions(application).count("session.throttled") == 1


def test_one_ipv6_network_is_one_guesser(application: Application) -> None:
    application.add_user(EMAIL)
    statuses = []
    for number in range(rules.TRIES_PER_PERSON_AND_ADDRESS + 1):
        try:
            sign_in(application.db, EMAIL, "wrong", f"2001:db8::{number:x}", application.now)
        except (TooMany, Unauthorised) as refusal:
            statuses.append(refusal.status)
    assert statuses == [401] * rules.TRIES_PER_PERSON_AND_ADDRESS + [429]
    elsewhere = "2001:db8:0:1::1"
    assert sign_in(application.db, EMAIL, PASSWORD, elsewhere, application.now)
    with application.db.read() as session:
        seen = session.scalars(select(UserSession.address)).all()
    assert seen == [elsewhere], "people are shown the whole of it"


def test_guesses_at_the_same_time_are_all_counted(application: Application) -> None:
    application.add_user(EMAIL)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(_sign_in(application, "wrong password")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [401] * 5 + [429] * 3


def test_a_stranger_and_a_wrong_password_look_the_same(application: Application) -> None:
    application.add_user(EMAIL)
    client = application.client()
    known = client.post("/sign-in", data={"email": EMAIL, "password": "wrong password"})
    unknown = client.post("/sign-in", data={"email": "x@example.org", "password": "wrong password"})
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace(EMAIL, "") == unknown.text.replace("x@example.org", "")


def test_no_secret_reaches_the_audit_trail(application: Application) -> None:
    application.signed_in()
    _sign_in(application, "canary-secret-password")
    with application.db.read() as session:
        rows = str(
            [(row.actor, row.target, row.detail) for row in session.scalars(select(AuditRow))]
        )
    assert PASSWORD not in rows
    assert "canary" not in rows
