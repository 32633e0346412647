"""Bearer tokens of agents: ES256 JWTs signed by the key of the agent's certificate (RFC 7519)."""

import asyncio
from datetime import UTC, datetime

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from contract import http, topics
from fleet.classrooms.identity import AgentIdentity
from fleet.classrooms.models import Agent
from fleet.db import Database, Session
from fleet.errors import Unauthorised

LONGEST_LIFE = 900.0
"""Seconds: a token that claims to live longer is refused."""

_MAX_LENGTH = 4096


def verify(session: Session, bearer: str, now: datetime, *, leeway: float = 300.0) -> AgentIdentity:
    """Who signed this token.

    Args:
        session: a transaction to read the registry in.
        bearer: the token, without the word Bearer.
        now: the fleet's time.
        leeway: seconds by which the room's clock may be wrong.

    Raises:
        Unauthorised: not a token, not for us, not now, or of an agent unknown or revoked.
    """
    return signer(session, bearer, now, leeway=leeway)[0]


def signer(
    session: Session, bearer: str, now: datetime, *, leeway: float = 300.0
) -> tuple[AgentIdentity, str]:
    """As `verify`, and the PEM of the key that signed.

    Raises:
        Unauthorised: as `verify`.
    """
    claims = _read(bearer)
    agent = session.get(Agent, claims.sub)
    if agent is None or agent.revoked_at is not None:
        raise Unauthorised("the agent is not enrolled, or was revoked: enrol this PC again")
    for key in (agent.public_key, agent.previous_key):
        if key and _signed(bearer, key):
            _check(claims, now.timestamp(), leeway)
            return AgentIdentity(agent.id, agent.room_id), key
    raise Unauthorised("the token is not signed by the agent's key")


class AgentAuthentication:
    """`verify` for callers on the event loop: looks the agent up in a thread."""

    def __init__(self, database: Database, leeway: float) -> None:
        self._database = database
        self._leeway = leeway

    async def __call__(self, bearer: str) -> AgentIdentity:
        """Who signed this token.

        Raises:
            Unauthorised: as `verify`.
        """
        async with asyncio.timeout(30):
            return await asyncio.to_thread(self._verify, bearer)

    def _verify(self, bearer: str) -> AgentIdentity:
        with self._database.read() as session:
            return verify(session, bearer, datetime.now(UTC), leeway=self._leeway)


class _Claims(msgspec.Struct):
    """What `contract.http` says a token carries."""

    iss: str
    sub: str
    aud: str
    iat: float
    nbf: float
    exp: float


_claims = msgspec.json.Decoder(_Claims)


def _read(bearer: str) -> _Claims:
    """What a token says, not yet proved."""
    if not bearer or len(bearer) > _MAX_LENGTH:
        raise Unauthorised("send a token: Authorization: Bearer …")
    try:
        claims = _claims.decode(jws.extract_compact(bearer.encode()).payload)
    except (JoseError, ValueError) as error:
        raise Unauthorised(f"the token cannot be read: {error}") from error
    if not topics.is_agent_id(claims.sub) or claims.iss != claims.sub:
        raise Unauthorised("iss and sub of the token must both be the agent's id")
    return claims


def _signed(bearer: str, key: str) -> bool:
    try:
        jwt.decode(bearer, ECKey.import_key(key), algorithms=[http.TOKEN_ALGORITHM])
    except JoseError:
        return False
    return True


def _check(claims: _Claims, now: float, leeway: float) -> None:
    if claims.aud != http.TOKEN_AUDIENCE:
        raise Unauthorised(f"the token is for {claims.aud!r}, not for {http.TOKEN_AUDIENCE!r}")
    if not claims.exp - claims.iat <= LONGEST_LIFE:
        raise Unauthorised(f"the token lives longer than {LONGEST_LIFE:.0f} s")
    if not claims.exp > now - leeway:
        raise Unauthorised("the token has expired; is the clock of this PC behind?")
    if not max(claims.iat, claims.nbf) < now + leeway:
        raise Unauthorised("the token is not valid yet; is the clock of this PC ahead?")
