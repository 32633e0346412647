"""Looking after people, as their staff do it; and what nobody can get out of it."""

import re
import threading
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from fleet.audit.models import AuditRow
from fleet.auth import rules
from fleet.auth import service as auth
from fleet.auth.models import Grant, User
from fleet.auth.service import Signed
from fleet.db import Database
from fleet.errors import Conflict, FleetError, Forbidden
from fleet.orgs import service as orgs
from fleet.people import service
from tests.fleet.people.conftest import Places
from tests.fleet.web.application import NOON, PASSWORD, Application, csrf_token

EMAIL = "amina@uon.example"


def _id(application: Application, email: str) -> str:
    with application.db.read() as session:
        return auth.user_id_of(session, email)


def _add(client: TestClient, **values: Any) -> Any:
    form = {"email": EMAIL, "name": "Amina Yusuf", "role": "viewer", "unit": "ke-uon"}
    return client.post("/staff/people", data={**form, **values})


def _grants(application: Application, email: str) -> list[tuple[str, str]]:
    with application.db.read() as session:
        query = select(Grant.role, Grant.path).join(User).where(User.email == email)
        return [(row.role, row.path) for row in session.execute(query.order_by(Grant.path))]


def test_a_person_is_invited_works_gets_another_role_and_is_shut_out(
    application: Application, places: Places
) -> None:
    keeper = application.signed_in("institution-it", places.nairobi)
    answer = _add(keeper, role="instructor", language="fr")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    link = re.search(r"https://lectern.test/welcome#(\S+)</code>", answer.text)
    assert link
    person = _id(application, EMAIL)
    page = keeper.get(f"/staff/people/{person}")
    assert "welcome#" not in page.text, "the link is shown once"
    assert "Invited" in page.text

    amina = application.client()
    assert amina.post("/welcome", data={"token": link[1], "password": PASSWORD}).status_code == 303
    assert amina.get("/staff").status_code == 200
    assert EMAIL in keeper.get("/staff/people?text=amina").text

    given = keeper.post(f"/staff/people/{person}/roles", data={"role": "viewer", "unit": "ke-uon"})
    assert given.status_code == 303
    assert amina.get("/staff").status_code == 303, "whoever's rights change signs in again"
    sign_in = {"email": EMAIL, "password": PASSWORD}
    _again(amina)

    assert keeper.post(f"/staff/people/{person}/sign-out").status_code == 303
    assert amina.get("/staff").status_code == 303
    _again(amina)
    assert keeper.post(f"/staff/people/{person}/disable").status_code == 303
    assert amina.get("/staff").status_code == 303
    assert application.client().post("/sign-in", data=sign_in).status_code == 401
    assert keeper.post(f"/staff/people/{person}/enable").status_code == 303
    assert application.client().post("/sign-in", data=sign_in).status_code == 303

    with application.db.read() as session:
        done = [(row.action, row.path) for row in session.scalars(select(AuditRow))]
    for action in ("user.added", "link.issued", "role.given", "user.disabled", "user.enabled"):
        assert (action, places.nairobi) in done, action


def _again(client: TestClient) -> None:
    """Sign in with what a browser still holds: the cookie of a session that has ended."""
    form = {"csrf_token": csrf_token(client.get("/sign-in").text)}
    form |= {"email": EMAIL, "password": PASSWORD}
    assert client.post("/sign-in", data=form).status_code == 303
    assert client.get("/staff").status_code == 200


def test_roles_are_withdrawn(application: Application, places: Places) -> None:
    keeper = application.signed_in("national-centre", places.country)
    _add(keeper)
    person = _id(application, EMAIL)
    with application.db.read() as session:
        grant = session.scalars(select(Grant.id).where(Grant.user_id == person)).one()
    assert keeper.post(f"/staff/people/{person}/roles/{grant}/withdraw").status_code == 303
    assert _grants(application, EMAIL) == []
    assert "may do nothing" in keeper.get(f"/staff/people/{person}").text
    again = keeper.post(f"/staff/people/{person}/roles/{grant}/withdraw")
    assert again.status_code == 404


def test_lists_show_one_s_own_people_and_no_others(
    application: Application, places: Places
) -> None:
    application.add_user("zawadi@tum.example", "viewer", places.mombasa)
    application.add_user("officer@ke.example", "national-centre", places.country)
    application.add_user("amina@uon.example", "viewer", places.nairobi)
    keeper = application.signed_in("institution-it", places.nairobi)
    page = keeper.get("/staff/people").text
    assert "amina@uon.example" in page
    with application.db.write() as session:
        auth.add_user(session, "g@uon.example", "Жанна Éloi", path=places.nairobi, now=NOON)
    for typed in ("ЖАННА", "жан", "eloi", "ÉLOI"):
        assert "g@uon.example" in keeper.get(f"/staff/people?text={typed}").text, typed
    assert "tum.example" not in page
    assert "ke.example" not in page
    officer = application.signed_in("national-centre", places.country)
    found = officer.get("/api/v1/people").json()["people"]
    emails = {one["email"] for one in found}
    assert {"amina@uon.example", "zawadi@tum.example", "officer@ke.example"} <= emails


def test_the_list_goes_on_where_it_ended(application: Application, places: Places) -> None:
    with application.db.write() as session:
        for number in range(55):
            auth.add_user(
                session, f"p{number}@x.example", f"P{number:02}", path=places.nairobi, now=NOON
            )
    keeper = application.signed_in("institution-it", places.nairobi)
    first = keeper.get("/staff/people")
    onward = re.search(r'href="(/staff/people\?text=&amp;after=[^"]+)"', first.text)
    assert onward
    second = keeper.get(onward[1].replace("&amp;", "&"))
    assert "p49@x.example" in first.text
    assert "p50@x.example" not in first.text
    assert "p50@x.example" in second.text
    found: list[str] = []
    after = ""
    while True:
        answer = keeper.get(f"/api/v1/people?limit=20&after={after}").json()
        found += [one["email"] for one in answer["people"]]
        after = answer["next"]
        if not after:
            break
    assert len(found) == len(set(found)) == 56


@pytest.mark.parametrize(
    ("role", "unit", "status"),
    [
        ("viewer", "ke-uon", 200),
        ("institution-it", "ke-uon", 200),
        ("national-centre", "ke-uon", 403),  # may change the organisation, they may not
        ("viewer", "ke-tum", 404),
        ("viewer", "ke", 404),
        ("secretariat", "", 422),
        ("emperor", "ke-uon", 422),
        ("viewer", "nowhere", 404),
    ],
)
def test_nobody_hands_out_more_than_they_have(
    application: Application, places: Places, role: str, unit: str, status: int
) -> None:
    keeper = application.signed_in("institution-it", places.nairobi)
    assert _add(keeper, role=role, unit=unit).status_code == status


def test_who_may_do_more_is_out_of_reach(application: Application, places: Places) -> None:
    """An account of the institution that the secretariat trusted with the country."""
    application.add_user(EMAIL, "viewer", places.nairobi)
    person = _id(application, EMAIL)
    secretariat = application.signed_in("secretariat")
    form = {"role": "national-centre", "unit": "ke"}
    assert secretariat.post(f"/staff/people/{person}/roles", data=form).status_code == 303
    keeper = application.signed_in("institution-it", places.nairobi)
    page = keeper.get(f"/staff/people/{person}")
    assert page.status_code == 200
    assert "may do more than you" in page.text
    for act in ("link", "disable", "enable", "sign-out"):
        assert keeper.post(f"/staff/people/{person}/{act}").status_code == 403, act
        assert keeper.post(f"/api/v1/people/{person}/{act}").status_code == 403, act
    (viewer, _more) = _roles(secretariat, person)
    assert keeper.delete(f"/api/v1/people/{person}/roles/{viewer}").status_code == 403


def _roles(client: TestClient, person: str) -> list[str]:
    return [one["id"] for one in client.get(f"/api/v1/people/{person}").json()["roles"]]


def test_the_same_by_json(application: Application, places: Places) -> None:
    keeper = application.signed_in("national-centre", places.country)
    given = {"email": EMAIL, "name": "Amina", "role": "viewer", "unit_id": places.nairobi_id}
    answer = keeper.post("/api/v1/people", json=given)
    assert answer.status_code == 201
    person = answer.json()["person"]
    assert answer.json()["link"].startswith("https://lectern.test/welcome#")
    assert person["state"] == "invited"
    assert keeper.post("/api/v1/people", json=given).status_code == 409
    assert keeper.post("/api/v1/people", json={**given, "unit_id": None}).status_code == 404
    url = f"/api/v1/people/{person['id']}"
    role = {"role": "instructor", "unit_id": places.nairobi_id}
    assert len(keeper.post(f"{url}/roles", json=role).json()["roles"]) == 2
    assert keeper.post(f"{url}/roles", json=role).status_code == 409
    assert keeper.post(f"{url}/link").json()["link"] != answer.json()["link"]
    assert keeper.post(f"{url}/disable").json()["state"] == "disabled"
    assert keeper.post(f"{url}/link").status_code == 409
    assert keeper.post(f"{url}/enable").json()["state"] == "invited"
    assert keeper.post(f"{url}/sign-out").status_code == 204
    for one in _roles(keeper, person["id"]):
        assert keeper.delete(f"{url}/roles/{one}").status_code == 200
    assert keeper.get(url).json()["roles"] == []


def test_the_last_who_may_do_everything_stays(application: Application) -> None:
    application.add_user("a@example.org")
    with application.db.write() as session:  # invited, and cannot sign in yet: does not count
        auth.add_user(session, "b@example.org", "B", "secretariat", now=NOON)
    client = application.client()
    client.post("/sign-in", data={"email": "a@example.org", "password": PASSWORD})
    person = _id(application, "a@example.org")
    fleet = service.THE_FLEET
    with application.db.read() as session:
        (grant,) = (row.id for row, _unit in service.person(session, person).roles)
    for act in (
        lambda session: service.disable(session, fleet, person, now=NOON),
        lambda session: service.withdraw(session, fleet, person, grant, now=NOON),
    ):
        with pytest.raises(Conflict, match="last person"), application.db.write() as session:
            act(session)
    application.add_user("c@example.org")
    with application.db.write() as session:
        service.withdraw(session, fleet, person, grant, now=NOON)


def test_two_who_shut_each_other_out_at_once(database: Database) -> None:
    with database.write() as session:
        ids = []
        for name in ("a", "b"):
            ids.append(auth.add_user(session, f"{name}@x.org", name, "secretariat", now=NOON))
            auth.person(session, ids[-1]).password = "$argon2id$"
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def shut_out(actor: str, other: str) -> None:
        barrier.wait()
        try:
            with database.write() as session:
                signed = Signed(actor, "", "", auth.granted(session, actor))
                service.disable(session, signed, other, now=NOON)
            outcomes.append("done")
        except FleetError:
            outcomes.append("refused")

    threads = [threading.Thread(target=shut_out, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]


def test_every_pair_of_roles_is_judged_by_what_they_hold(database: Database) -> None:
    """Whoever gives a role at a place holds each of its permissions there."""
    with database.write() as session:
        path = orgs.root(session).path
        target = auth.add_user(session, "t@x.org", "T", "viewer", path, now=NOON)
    for holder, held in rules.ROLES.items():
        for role, permissions in rules.ROLES.items():
            signed = Signed("someone", "", "", (rules.Granted(held, path),))
            fits = permissions | {"people.change"} <= held
            with database.read() as session:  # never committed
                try:
                    service.give(session, signed, target, role, path, now=NOON)
                except Forbidden:
                    assert not fits, (holder, role)
                except Conflict:
                    assert role == "viewer"
                else:
                    assert fits, (holder, role)


def test_a_unit_with_people_stays(application: Application, places: Places) -> None:
    application.add_user(EMAIL, "viewer", places.nairobi)
    with pytest.raises(Conflict, match="People belong"), application.db.write() as session:
        orgs.remove(session, places.nairobi_id)
