"""Signing in by an OpenID provider.

Whoever comes back is known by issuer and subject, never by an e-mail address. An address counts
once: it ties an account that was invited here, and has never had a password or another identity,
to whoever the provider says has verified it.
"""

import hashlib
import hmac
import secrets
from datetime import datetime

from fleet.audit import service as audit
from fleet.auth import repository, rules, service, signing_in
from fleet.auth.models import OutsideIdentity, OutsideSignIn, User
from fleet.auth.ports import Identity, OutsideProvider
from fleet.db import Database, Session
from fleet.errors import Forbidden, Unauthorised
from fleet.web.language import gettext as _


def begin(db: Database, provider: OutsideProvider, target: str, now: datetime) -> tuple[str, str]:
    """Where to send the browser, and the secret that binds what comes back to this browser."""
    state, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    verifier, browser = secrets.token_urlsafe(64), secrets.token_urlsafe(32)
    address = provider.address(state, nonce, verifier)
    with db.write() as session:
        repository.forget_outside_sign_ins(session, now)
        session.add(
            OutsideSignIn(
                id=_digest(state),
                browser=_digest(browser),
                nonce=nonce,
                verifier=verifier,
                target=target,
                expires_at=now + rules.OUTSIDE_LIFETIME,
            )
        )
    return address, browser


def finish(
    db: Database,
    provider: OutsideProvider,
    answer: dict[str, str],
    browser: str,
    *,
    address: str,
    agent: str,
    now: datetime,
) -> tuple[str, str]:
    """The cookie's value of a new session, and where the person wanted to go.

    Args:
        db: the database.
        provider: as in `begin`.
        answer: `state`, `code` and `iss` of the address the browser came back to.
        browser: the secret that `begin` gave it.
        address: of the browser, for the audit trail.
        agent: what the browser calls itself.
        now: UTC.

    Raises:
        Unauthorised: the answer was used, is too old, or belongs to another browser.
        Refused: the provider does not confirm it.
        Forbidden: it does, and there is no account of that person.
    """
    with db.write() as session:
        begun = repository.take_outside_sign_in(session, _digest(answer.get("state", "")))
        wanted = (
            (begun.browser, begun.nonce, begun.verifier, begun.target)
            if begun is not None and begun.expires_at > now
            else None
        )
    if wanted is None or not hmac.compare_digest(wanted[0], _digest(browser)):
        raise Unauthorised(_("This sign-in was used up or took too long. Begin again."))
    _browser, nonce, verifier, target = wanted
    found = provider.identity(answer.get("code", ""), answer.get("iss", ""), nonce, verifier)
    with db.write() as session:
        user = _user_of(session, found, now)
        if user is not None:
            return signing_in.started(session, user, address, now, agent), target
        detail = {"issuer": found.issuer, "subject": found.subject, "from": address}
        audit.record(session, actor="nobody", action="session.unknown", detail=detail, now=now)
    raise Forbidden(
        _(
            "%(name)s knows you, but there is no account for you here. Ask the people who look "
            "after your institution to invite you.",
            name=provider.name,
        )
    )


def _user_of(session: Session, found: Identity, now: datetime) -> User | None:
    known = repository.outside(session, found.issuer, found.subject)
    if known is not None:
        user = repository.user(session, known.user_id)
        return None if user is None or user.disabled_at else user
    user = repository.user_by_email(session, found.email) if found.email else None
    if user is None or not _may_be_tied(session, user):
        return None
    session.add(
        OutsideIdentity(issuer=found.issuer, subject=found.subject, user_id=user.id, linked_at=now)
    )
    repository.delete_links(session, user.id)
    audit.record(
        session,
        actor=user.id,
        action="identity.linked",
        target=user.id,
        detail={"issuer": found.issuer, "subject": found.subject},
        path=user.path,
        now=now,
    )
    return user


def _may_be_tied(session: Session, user: User) -> bool:
    return (
        user.password is None
        and user.disabled_at is None
        and user.email != service.FIRST_ADMINISTRATOR
        and not repository.outside_of(session, user.id)
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
