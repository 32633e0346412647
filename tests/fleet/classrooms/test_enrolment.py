"""Enrolment over HTTP, as a PC meets it."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import select

from contract.http import ENROL_PATH, RENEW_PATH
from fleet.app import Fleet, create_api
from fleet.classrooms import enrolment, service
from fleet.classrooms.models import Agent, ClaimToken
from fleet.errors import NotFound
from fleet.orgs import service as orgs
from tests.fleet.rooms import new_key, signing_request, token


@pytest.fixture
def http(fleet: Fleet) -> Iterator[TestClient]:
    with TestClient(create_api(fleet), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def room_id(fleet: Fleet) -> str:
    with fleet.database.write() as session:
        return service.add_room(session, unit_id=orgs.root(session).id, name="Lab").id


def claim_for(fleet: Fleet, room_id: str, age: timedelta = timedelta()) -> str:
    with fleet.database.write() as session:
        return enrolment.issue_claim(session, room_id, datetime.now(UTC) - age)


def enrol(http: TestClient, claim: str, csr: str) -> Response:
    return http.post(ENROL_PATH, json={"claim": claim, "csr": csr})


def certificate_of(response: Response) -> x509.Certificate:
    return x509.load_pem_x509_certificate(response.json()["certificate"].encode())


def test_a_claim_buys_a_certificate(http: TestClient, fleet: Fleet, room_id: str) -> None:
    key = new_key()

    answer = enrol(http, claim_for(fleet, room_id), signing_request(key))

    assert answer.status_code == 201
    body = answer.json()
    leaf = certificate_of(answer)
    authority = x509.load_pem_x509_certificate(body["authorities"].encode())
    leaf.verify_directly_issued_by(authority)
    assert leaf.public_key() == key.public_key()
    assert leaf.subject.rfc4514_string() == f"CN={body['agent']}"
    assert timedelta(days=89) < leaf.not_valid_after_utc - datetime.now(UTC) < timedelta(days=91)
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert (body["mqtt_host"], body["mqtt_port"]) == ("localhost", fleet.settings.mqtt_port)
    with fleet.database.read() as session:
        assert service.room_of_agent(session, body["agent"]).id == room_id


def test_the_claim_is_stored_as_a_digest_only(fleet: Fleet, room_id: str) -> None:
    claim = claim_for(fleet, room_id)

    with fleet.database.read() as session:
        stored = session.scalars(select(ClaimToken.hash)).one()

    assert len(claim) >= 22  # 128 bits in base64
    assert claim not in stored


def test_what_a_request_asks_for_beside_its_key_is_ignored(
    http: TestClient, fleet: Fleet, room_id: str
) -> None:
    other = enrol(http, claim_for(fleet, room_id), signing_request(new_key())).json()["agent"]
    greedy = signing_request(
        new_key(),
        "fleet",
        x509.SubjectAlternativeName([x509.DNSName(other), x509.DNSName("localhost")]),
        x509.BasicConstraints(ca=True, path_length=None),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
    )

    answer = enrol(http, claim_for(fleet, room_id), greedy)

    leaf = certificate_of(answer)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    common = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    assert common == answer.json()["agent"] not in {"fleet", other}
    assert names.get_values_for_type(x509.DNSName) == []
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_a_request_that_is_none_is_refused_and_the_claim_stays_good(
    http: TestClient, fleet: Fleet, room_id: str
) -> None:
    claim = claim_for(fleet, room_id)
    tampered = signing_request(new_key()).replace("A", "B", 3)
    other_curve = signing_request(ec.generate_private_key(ec.SECP384R1()))
    other_kind = signing_request(rsa.generate_private_key(65537, 2048))  # type: ignore[arg-type]

    for csr in ("", "not a request", tampered, other_curve, other_kind, "x" * 20_000):
        answer = enrol(http, claim, csr)
        assert answer.status_code == 422, csr[:40]
        assert "csr" in answer.text

    assert enrol(http, claim, signing_request(new_key())).status_code == 201


def test_of_two_who_use_a_claim_at_once_exactly_one_is_enrolled(
    http: TestClient, fleet: Fleet, room_id: str
) -> None:
    for _ in range(5):
        claim = claim_for(fleet, room_id)
        requests = [signing_request(new_key()) for _ in range(4)]
        start = threading.Barrier(len(requests))
        statuses: list[int] = []

        def race(
            csr: str,
            claim: str = claim,
            start: threading.Barrier = start,
            statuses: list[int] = statuses,
        ) -> None:
            start.wait()
            statuses.append(enrol(http, claim, csr).status_code)

        threads = [threading.Thread(target=race, args=(csr,)) for csr in requests]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert statuses.count(201) == 1
        fleet_throttle_reset(http)


def fleet_throttle_reset(http: TestClient) -> None:
    http.app.state.throttle._failures.clear()  # type: ignore[attr-defined]


def test_an_answer_that_was_lost_can_be_asked_for_again_by_the_same_key_only(
    http: TestClient, fleet: Fleet, room_id: str
) -> None:
    claim, key = claim_for(fleet, room_id), new_key()
    first = enrol(http, claim, signing_request(key))

    again = enrol(http, claim, signing_request(key))
    other = enrol(http, claim, signing_request(new_key()))

    assert again.status_code == 201
    assert again.json()["agent"] == first.json()["agent"]
    assert other.status_code == 403


def test_an_expired_claim_is_refused(http: TestClient, fleet: Fleet, room_id: str) -> None:
    claim = claim_for(fleet, room_id, age=timedelta(hours=25))

    answer = enrol(http, claim, signing_request(new_key()))

    assert answer.status_code == 403
    assert "new one" in answer.text


def test_the_sixth_guess_within_a_minute_is_too_many(
    http: TestClient, fleet: Fleet, room_id: str
) -> None:
    csr = signing_request(new_key())

    statuses = [enrol(http, f"guess-{n}", csr).status_code for n in range(6)]
    rightful = enrol(http, claim_for(fleet, room_id), csr).status_code

    assert statuses == [403] * 5 + [429]
    assert rightful == 429


def test_a_new_pc_takes_the_place_of_the_old(http: TestClient, fleet: Fleet, room_id: str) -> None:
    old = enrol(http, claim_for(fleet, room_id), signing_request(new_key())).json()["agent"]
    new = enrol(http, claim_for(fleet, room_id), signing_request(new_key())).json()["agent"]

    with fleet.database.read() as session:
        current = service.agent_of_room(session, room_id)
        assert current is not None
        assert current.id == new
        assert session.get_one(Agent, old).revoked_at is not None


def test_renewal_is_proved_by_the_old_key_and_keeps_it_good(
    http: TestClient, fleet: Fleet, room_id: str
) -> None:
    old, new = new_key(), new_key()
    agent = enrol(http, claim_for(fleet, room_id), signing_request(old)).json()["agent"]

    def renew(key: ec.EllipticCurvePrivateKey, csr: str) -> Response:
        bearer = {"Authorization": f"Bearer {token(key, agent)}"}
        return http.post(RENEW_PATH, json={"csr": csr}, headers=bearer)

    first = renew(old, signing_request(new))
    after_power_cut = renew(old, signing_request(new_key()))
    stranger = renew(new_key(), signing_request(new_key()))
    without = http.post(RENEW_PATH, json={"csr": signing_request(new)})

    assert first.status_code == 200
    assert first.json()["agent"] == agent
    assert certificate_of(first).public_key() == new.public_key()
    assert after_power_cut.status_code == 200
    assert (stranger.status_code, without.status_code) == (401, 401)


def test_a_revoked_agent_is_shut_out(http: TestClient, fleet: Fleet, room_id: str) -> None:
    key = new_key()
    answer = enrol(http, claim_for(fleet, room_id), signing_request(key))
    agent = answer.json()["agent"]
    now = datetime.now(UTC)
    with fleet.database.write() as session:
        enrolment.revoke(session, agent, now)
    bearer = {"Authorization": f"Bearer {token(key, agent)}"}

    renewed = http.post(RENEW_PATH, json={"csr": signing_request(key)}, headers=bearer)
    with fleet.database.read() as session:
        out = enrolment.shut_out(session, now)
        later = enrolment.shut_out(session, now + timedelta(days=91))

    assert renewed.status_code == 401
    assert out.agents == {agent}
    assert list(out.serials) == [f"{certificate_of(answer).serial_number:x}"]
    assert later.agents == frozenset()


def test_revoking_nobody_is_an_error(fleet: Fleet) -> None:
    with fleet.database.write() as session, pytest.raises(NotFound, match="no agent nobody"):
        enrolment.revoke(session, "nobody", datetime.now(UTC))
