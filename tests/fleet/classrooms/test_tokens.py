"""Bearer tokens of agents."""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from fleet.app import Fleet
from fleet.classrooms import AgentRef, enrolment
from fleet.classrooms.tokens import AgentAuthentication, verify
from fleet.errors import Unauthorised
from tests.fleet.rooms import Room, new_key, token

RoomOf = Callable[[str], Room]


def check(fleet: Fleet, bearer: str) -> AgentRef:
    with fleet.database.read() as session:
        return verify(session, bearer, datetime.now(UTC), leeway=300)


def test_a_token_names_the_agent_and_its_room(fleet: Fleet, room: RoomOf) -> None:
    lab = room("Lab")

    assert check(fleet, lab.token()) == AgentRef(lab.agent, lab.id)
    both = AgentAuthentication(fleet.database, 300)
    assert asyncio.run(both(lab.token())) == AgentRef(lab.agent, lab.id)


@pytest.mark.parametrize("minutes", [-14, -12, 4])
def test_a_clock_that_is_somewhat_wrong_is_forgiven(
    fleet: Fleet, room: RoomOf, minutes: int
) -> None:
    lab = room("Lab")

    assert check(fleet, lab.token(at=time.time() + minutes * 60)).agent == lab.agent


def test_what_is_not_a_good_token_is_refused(fleet: Fleet, room: RoomOf) -> None:
    lab, other = room("Lab"), room("Other")
    now = time.time()
    header, payload, signature = lab.token().split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    symmetric = OctKey.import_key("guessed by somebody, 32 bytes long")

    bad = {
        "nothing": "",
        "not a token": "garbage",
        "too long": "x" * 5000,
        "other key": token(new_key(), lab.agent),
        "another room's key": token(other.key, lab.agent),
        "no signature": f"{unsigned}.{payload}.",
        "symmetric": jwt.encode({"alg": "HS256"}, claims, symmetric),
        "cut": f"{header}.{payload}.{signature[:-4]}",
        "other audience": lab.token(audience="somebody-else"),
        "expired": lab.token(at=now - 3600),
        "not yet valid": lab.token(at=now + 3600),
        "a day": lab.token(lifetime=86_400),
        "endless": lab.token(exp=1e308),
        "issuer": lab.token(iss="someone"),
        "unknown agent": token(lab.key, "00000000-0000-4000-8000-000000000000"),
        "no such name": token(lab.key, "../../etc"),
    }

    for what, bearer in bad.items():
        with pytest.raises(Unauthorised):
            print(what, check(fleet, bearer))  # noqa: T201 - names the one that was let in


def test_a_revoked_agent_is_refused_at_once(fleet: Fleet, room: RoomOf) -> None:
    lab = room("Lab")
    with fleet.database.write() as session:
        enrolment.revoke(session, lab.agent, datetime.now(UTC))

    with pytest.raises(Unauthorised, match="revoked"):
        check(fleet, lab.token())
