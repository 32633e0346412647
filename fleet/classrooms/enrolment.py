"""How a PC becomes a room's agent, keeps its certificate fresh, and is shut out again."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fleet.classrooms import repository, service
from fleet.classrooms.authority import Authority, Issued
from fleet.classrooms.models import Agent, ClaimToken, Desired
from fleet.db import Session, new_id
from fleet.errors import Forbidden, NotFound


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An agent's id and its new certificate, PEM."""

    agent: str
    certificate: str


@dataclass(frozen=True, slots=True)
class ShutOut:
    """Revoked agents, and their certificates: hexadecimal serial → when it was revoked."""

    agents: frozenset[str]
    serials: Mapping[str, datetime]


def issue_claim(session: Session, room_id: str, now: datetime, hours: float = 24.0) -> str:
    """A token that lets one PC enrol in a room, once. Only its digest is stored.

    Raises:
        NotFound: there is no such room.
    """
    service.room(session, room_id)
    token = secrets.token_urlsafe(24)  # 192 bits
    expires = now + timedelta(hours=hours)
    session.add(ClaimToken(hash=_digest(token), room_id=room_id, expires_at=expires))
    session.flush()
    return token


def enrol(
    session: Session, authority: Authority, claim: str, csr: str, now: datetime, days: float
) -> Enrolled:
    """Trade a claim and a signing request for an identity.

    The room's earlier agent, if any, is revoked: a room has one. The same key may ask again
    with the same claim until it expires, so that an answer lost on the way is not a claim lost.

    Raises:
        Refused: the request is not one, or its key is not on P-256. The claim stays good.
        Forbidden: the claim is unknown, used or expired.
    """
    agent_id = new_id()
    issued = authority.sign_agent(agent_id, csr, now, days)
    digest = _digest(claim)
    fresh = repository.use_claim(session, digest, now)
    row = session.get(ClaimToken, digest)
    if row is None or row.expires_at <= now:
        raise Forbidden("claim: unknown, used or expired; ask the fleet's staff for a new one")
    before = repository.agent_of_room(session, row.room_id)
    if not fresh:
        if before is None or before.public_key != issued.public_key:
            raise Forbidden("claim: unknown, used or expired; ask the fleet's staff for a new one")
        again = authority.sign_agent(before.id, csr, now, days)
        _remember(before, again, now)
        return Enrolled(before.id, again.certificate)
    if before is not None:
        before.revoked_at = now
    agent = Agent(
        id=agent_id,
        room_id=row.room_id,
        public_key=issued.public_key,
        serials={},
        enrolled_at=now,
    )
    _remember(agent, issued, now)
    session.add(agent)
    service.agent_is(session, row.room_id, agent.presence or "none")
    wanted = session.get(Desired, row.room_id)
    if wanted is not None:
        wanted.published_version = 0
    session.flush()
    return Enrolled(agent_id, issued.certificate)


def renew(
    session: Session,
    authority: Authority,
    agent_id: str,
    proved_key: str,
    csr: str,
    now: datetime,
    days: float,
) -> Enrolled:
    """A fresh certificate for an agent that proved it has `proved_key` (PEM).

    That key and its certificate stay good, so that a power cut in mid-renewal locks nobody out.

    Raises:
        NotFound: there is no such agent.
        Refused: the request is not one, or its key is not on P-256.
    """
    agent = repository.lock_agents(session, [agent_id]).get(agent_id)
    if agent is None:
        raise NotFound(f"there is no agent {agent_id}")
    issued = authority.sign_agent(agent_id, csr, now, days)
    agent.previous_key = proved_key
    agent.public_key = issued.public_key
    _remember(agent, issued, now)
    session.flush()
    return Enrolled(agent_id, issued.certificate)


def revoke(session: Session, agent_id: str, now: datetime) -> None:
    """Shut an agent out. HTTP refuses it at once, the broker as soon as it has been told.

    Raises:
        NotFound: there is no such agent.
    """
    agent = session.get(Agent, agent_id)
    if agent is None:
        raise NotFound(f"there is no agent {agent_id}")
    if agent.revoked_at is None:
        agent.revoked_at = now
        session.flush()
        service.agent_is(session, agent.room_id, "none")


def shut_out(session: Session, now: datetime) -> ShutOut:
    """What the broker must refuse: of revoked agents, the certificates that are still in time."""
    agents, serials = set[str](), dict[str, datetime]()
    for agent in repository.revoked_agents(session):
        for serial, expires in agent.serials.items():
            if agent.revoked_at and datetime.fromisoformat(expires) > now:
                agents.add(agent.id)
                serials[serial] = agent.revoked_at
    return ShutOut(frozenset(agents), serials)


def _remember(agent: Agent, issued: Issued, now: datetime) -> None:
    live = {s: at for s, at in agent.serials.items() if datetime.fromisoformat(at) > now}
    agent.serials = {**live, issued.serial: issued.expires.isoformat()}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
