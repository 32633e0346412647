"""Signing in by a real OpenID provider; and what an attacker makes of the way there and back."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from sqlalchemy import select, update
from starlette.testclient import TestClient

from fleet import app as composition
from fleet.adapters.oidc import OidcProvider
from fleet.audit.models import AuditRow
from fleet.auth import service
from fleet.auth.models import Grant, OutsideIdentity, OutsideSignIn
from fleet.db import Bus, Database
from fleet.errors import Refused
from fleet.people import service as people
from fleet.settings import BadSettings, FleetSettings, load
from tests.fleet.databases import Databases
from tests.fleet.web.application import NOON, PASSWORD, Application
from tests.servers.child import Children
from tests.servers.oidc import SECRET, Missing, Oidc

URL = "https://lectern.test"
BACK = f"{URL}/sign-in/outside/back"


@dataclass
class House:
    """A fleet and its provider. People are `<login>@example.org` to the provider."""

    application: Application
    provider: Oidc

    def invite(self, login: str) -> str:
        with self.application.db.write() as session:
            return service.add_user(session, f"{login}@example.org", login, now=NOON)

    def leave(self, client: TestClient, target: str = "/staff") -> str:
        answer = client.get("/sign-in/outside", params={"next": target})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def sign_in(self, login: str, client: TestClient | None = None) -> httpx.Response:
        client = client or self.application.client()
        return client.get(self.provider.sign_in(self.leave(client), login))

    def actions(self) -> list[str]:
        with self.application.db.read() as session:
            return list(session.scalars(select(AuditRow.action)))


@pytest.fixture
def house(
    tmp_path: Path, databases: Databases, children: Children
) -> Iterator[Callable[..., House]]:
    open_databases: list[Database] = []

    def build(*, verified: bool = True, issuer: str = "") -> House:
        try:
            provider = Oidc(children, BACK, verified=verified)
        except Missing as missing:
            pytest.skip(f"needs {missing}")
        secret = tmp_path / "secret"
        secret.write_text(SECRET)
        settings = FleetSettings(
            data_dir=tmp_path,
            database_url=databases.make(tmp_path / "fleet.sqlite"),
            public_url=URL,
            tls="own",
            oidc_issuer=issuer.format(provider.issuer) or provider.issuer,
            oidc_client_id="lectern",
            oidc_client_secret_file=secret,
            oidc_name="Campus",
        )
        db = Database(settings.database, Bus())
        open_databases.append(db)
        made = Application(db, FastAPI(), URL)
        fleet = composition.assemble(settings, db)
        made.app = composition.create_api(fleet, now=lambda: made.now)
        return House(made, provider)

    yield build
    for db in open_databases:
        db.close()


def test_who_was_invited_signs_in_and_is_known_from_then_on(house: Callable[..., House]) -> None:
    made = house()
    person = made.invite("amina")
    client = made.application.client()
    assert "Sign in with Campus" in client.get("/sign-in").text
    address = made.leave(client, "/staff/courses")
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    header = client.cookies
    assert "__Host-lectern-outside" in header

    answer = client.get(made.provider.sign_in(address, "amina"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/courses")
    assert client.get("/staff/courses").status_code == 200
    assert client.get("/api/v1/session").json()["user"] == person
    assert "__Host-lectern-outside" not in client.cookies
    with made.application.db.read() as session:
        row = session.scalars(select(OutsideIdentity)).one()
        assert (row.issuer, row.subject, row.user_id) == (made.provider.issuer, "amina", person)
        assert session.scalars(select(OutsideSignIn)).all() == []

        assert people.person(session, person).state == "active"
    with made.application.db.write() as session:
        session.add(Grant(user_id=person, role="secretariat", path=""))
        assert service.first_administrator(session, now=NOON) is None

    assert made.sign_in("amina").status_code == 303
    assert made.actions().count("identity.linked") == 1
    with made.application.db.write() as session:
        service.disable_user(session, person, now=NOON)
    assert client.get("/staff").status_code == 303
    assert made.sign_in("amina").status_code == 403


def test_whoever_is_not_invited_is_told_so(house: Callable[..., House]) -> None:
    made = house()
    answer = made.sign_in("stranger")
    assert answer.status_code == 403
    assert "there is no account for you here" in answer.text
    assert "session.unknown" in made.actions()


def test_an_address_never_opens_an_account_that_is_somebody_s(house: Callable[..., House]) -> None:
    made = house()
    made.application.add_user("amina@example.org")  # has a password: nobody else comes in by it
    assert made.sign_in("amina").status_code == 403
    with made.application.db.write() as session:  # has an identity already
        person = service.add_user(session, "zawadi@example.org", "Zawadi", now=NOON)
        session.add(
            OutsideIdentity(issuer="https://x", subject="z", user_id=person, linked_at=NOON)
        )
    assert made.sign_in("zawadi").status_code == 403


def test_an_address_that_is_not_verified_ties_nothing(house: Callable[..., House]) -> None:
    made = house(verified=False)
    made.invite("amina")
    assert made.sign_in("amina").status_code == 403


def test_what_comes_back_is_good_once_for_ten_minutes_and_in_one_browser(
    house: Callable[..., House],
) -> None:
    made = house()
    made.invite("amina")
    client = made.application.client()
    back = made.provider.sign_in(made.leave(client), "amina")
    thief = made.application.client()
    assert thief.get(back).status_code == 401, "the browser that began has to end it"
    assert client.get(back).status_code == 401, "and the attempt has used it up"

    back = made.provider.sign_in(made.leave(client), "amina")
    kept = dict(client.cookies)
    assert client.get(back).status_code == 303
    client.cookies.update(kept)
    assert client.get(back).status_code == 401, "a replay"

    late = made.application.client()
    back = made.provider.sign_in(made.leave(late), "amina")
    made.application.later(minutes=10, seconds=1)
    assert late.get(back).status_code == 401


def test_a_code_of_another_sign_in_is_refused(house: Callable[..., House]) -> None:
    """Injection: the attacker's browser comes back with a code that was given to the victim."""
    made = house()
    made.invite("victim")
    victim, attacker = made.application.client(), made.application.client()
    stolen = parse_qs(urlsplit(made.provider.sign_in(made.leave(victim), "victim")).query)
    own = parse_qs(urlsplit(made.leave(attacker)).query)
    answer = attacker.get(
        "/sign-in/outside/back",
        params={"state": own["state"][0], "code": stolen["code"][0], "iss": stolen["iss"][0]},
    )
    assert answer.status_code == 422
    assert "did not confirm" in answer.text
    assert attacker.get("/staff").status_code == 303


def test_another_nonce_is_refused(house: Callable[..., House]) -> None:
    made = house()
    made.invite("amina")
    client = made.application.client()
    address = made.leave(client)
    with made.application.db.write() as session:
        session.execute(update(OutsideSignIn).values(nonce="another"))
    assert client.get(made.provider.sign_in(address, "amina")).status_code == 422
    assert client.get("/staff").status_code == 303


def test_an_answer_of_another_issuer_is_refused(house: Callable[..., House]) -> None:
    made = house()
    made.invite("amina")
    for change in ("&iss=https%3A%2F%2Fevil.example", ""):
        client = made.application.client()
        back, _sep, _iss = made.provider.sign_in(made.leave(client), "amina").partition("&iss=")
        answer = client.get(back + change)
        assert answer.status_code == 422
        assert "another provider" in answer.text


def test_a_provider_that_calls_itself_otherwise_is_refused(house: Callable[..., House]) -> None:
    made = house(issuer="{}/")
    answer = made.application.client().get("/sign-in/outside")
    assert answer.status_code == 422
    assert "calls itself otherwise" in answer.text


def test_a_provider_that_is_down_leaves_passwords(house: Callable[..., House]) -> None:
    made = house(issuer="http://127.0.0.1:1")
    client = made.application.client()
    answer = client.get("/sign-in/outside")
    assert answer.status_code == 422
    assert "cannot be reached" in answer.text
    made.application.add_user("a@example.org")
    form = {"email": "a@example.org", "password": PASSWORD}
    assert client.post("/sign-in", data=form).status_code == 303


def test_no_provider_no_way() -> None:
    with pytest.raises(ValueError, match="https"):
        FleetSettings(oidc_issuer="http://campus.example.org", oidc_client_id="lectern")
    with pytest.raises(ValueError, match="oidc_client_id"):
        FleetSettings(oidc_issuer="https://campus.example.org")


def test_it_is_not_there_unless_it_is_set(application: Application) -> None:
    client = application.client()
    assert client.get("/sign-in/outside").status_code == 404
    assert "outside" not in client.get("/sign-in").text


CLAIMS = {"iss": "https://op.example", "aud": "lectern", "sub": "amina", "nonce": "n"}
KEY = RSAKey.generate_key(2048, {"kid": "1"}, private=True)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["lectern", "another"], "azp": "another"},
        {"nonce": "m"},
        {"nonce": None},
        {"exp": 1},
        {"sub": None},
    ],
)
def test_id_tokens_of_others_are_refused(change: dict[str, object]) -> None:
    claims = {**CLAIMS, "iat": 1_700_000_000, "exp": 4_000_000_000}
    good = jwt.encode({"alg": "RS256", "kid": "1"}, claims, KEY)
    assert _claims(good)["sub"] == "amina"
    changed = {name: value for name, value in {**claims, **change}.items() if value is not None}
    with pytest.raises((JoseError, Refused)):
        _claims(jwt.encode({"alg": "RS256", "kid": "1"}, changed, KEY))


def test_signatures_that_prove_nothing_are_refused() -> None:
    claims = {**CLAIMS, "iat": 1_700_000_000, "exp": 4_000_000_000}
    other = RSAKey.generate_key(2048, {"kid": "1"}, private=True)
    public = KEY.as_pem(private=False)
    forged = [
        jwt.encode({"alg": "RS256", "kid": "1"}, claims, other),
        _signed_with(public, claims),
        "eyJhbGciOiJub25lIn0." + jwt.encode({"alg": "RS256"}, claims, KEY).split(".")[1] + ".",
    ]
    for token in forged:
        with pytest.raises(JoseError):
            _claims(token)


def _signed_with(public: bytes, claims: dict[str, object]) -> str:
    """HS256 with the public key for a secret: what a confused verifier would believe."""
    parts = [{"alg": "HS256", "kid": "1"}, claims]
    text = ".".join(_b64(json.dumps(part).encode()) for part in parts)
    return f"{text}.{_b64(hmac.digest(public, text.encode(), 'sha256'))}"


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _claims(token: str) -> dict[str, object]:
    provider = OidcProvider("Campus", "https://op.example", "lectern", None, BACK)
    return provider._claims(token, {"keys": [KEY.as_dict(private=False)]}, "n")


def test_settings_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LECTERN_OIDC_ISSUER", "campus.example.org")
    with pytest.raises(BadSettings, match="LECTERN_OIDC_ISSUER"):
        load()
