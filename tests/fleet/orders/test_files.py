"""The files that orders asked for."""

import pytest

from contract.http import MAX_ORDER_FILE_BYTES, ORDER_FILE_PATH
from fleet.audit.models import AuditRow
from fleet.classrooms.models import Agent
from tests.fleet.orders.country import Country
from tests.fleet.rooms import new_key, token
from tests.fleet.web.application import Application

JPEG = b"\xff\xd8\xff\xe0 a picture"
KEY = new_key()


def bearer(country: Country, name: str) -> dict[str, str]:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    agent = country.agent(name).agent
    public = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with country.application.db.write() as session:
        session.get_one(Agent, agent).public_key = public.decode()
    return {"authorization": f"Bearer {token(KEY, agent)}"}


def ordered(country: Country, kind: str = "screenshot") -> tuple[str, str]:
    client = country.application.signed_in()
    body = {"name": kind, "rooms": [country.rooms["Lab 1"]]}
    order = client.post("/api/v1/orders", json=body).json()["id"]
    country.sent(order)
    return order, country.targets(order)["Lab 1"].id


def put(application: Application, target: str, body: bytes, headers: dict[str, str]) -> int:
    path = ORDER_FILE_PATH.format(order=target)
    return application.client().put(path, content=body, headers=headers).status_code


def test_a_room_sends_a_picture_and_staff_fetch_it(country: Country) -> None:
    order, target = ordered(country)
    application = country.application
    assert put(application, target, JPEG, bearer(country, "Lab 1")) == 204
    country.says("Lab 1", order, "done")

    client = application.signed_in("institution-it", country.paths["UoN"])
    (shown,) = client.get(f"/api/v1/orders/{order}").json()["targets"]
    answer = client.get(shown["file"])
    assert answer.content == JPEG
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    with application.db.read() as session:
        (row,) = [one for one in session.query(AuditRow) if one.action == "media.access"]
    assert (row.target, row.path) == (target, country.paths["UoN"])
    stranger = application.signed_in("institution-it", country.paths["Moi"])
    assert stranger.get(shown["file"]).status_code == 404
    assert application.signed_in("viewer").get(shown["file"]).status_code == 403
    assert put(application, target, JPEG, bearer(country, "Lab 1")) == 409


@pytest.mark.parametrize("body", [b"", b"<svg onload=x>", b"MZ", b"\xff" * 10])
def test_what_is_no_picture_and_no_archive_is_refused(country: Country, body: bytes) -> None:
    _order, target = ordered(country)
    assert put(country.application, target, body, bearer(country, "Lab 1")) == 422


def test_only_the_room_that_was_asked_and_only_what_was_asked_for(country: Country) -> None:
    application = country.application
    _order, target = ordered(country)
    assert put(application, target, JPEG, bearer(country, "Lab 2")) == 404
    assert put(application, "no-such-order", JPEG, bearer(country, "Lab 1")) == 404
    assert put(application, target, JPEG, {}) == 401
    large = JPEG + bytes(MAX_ORDER_FILE_BYTES)
    assert put(application, target, large, bearer(country, "Lab 1")) == 413
    _order, ping = ordered(country, "ping")
    assert put(application, ping, JPEG, bearer(country, "Lab 1")) == 409
