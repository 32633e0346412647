"""Signing in, in three transactions: count the try, check the password, start the session.

The try is committed before the password is looked at, so that guessing in parallel is counted
too, and the slow digest is computed while nothing is locked.
"""

from datetime import datetime

from fleet.audit import service as audit
from fleet.auth import passwords, repository, rules, service
from fleet.auth.models import SignInTry, User
from fleet.db import Database, Session
from fleet.errors import TooMany, Unauthorised
from fleet.web.addresses import subscriber
from fleet.web.language import gettext as _


def sign_in(
    db: Database, email: str, password: str, address: str, now: datetime, browser: str = ""
) -> str:
    """Check a password and start a session; returns the cookie's value.

    Raises:
        TooMany: too many tries lately; even the right password must wait.
        Unauthorised: wrong, or no such person, or disabled: the answer does not say which.
    """
    email = email.strip().lower()[:254]
    stored = _count(db, email, address, now)
    if not passwords.fits(password[: rules.PASSWORD_LONGEST], stored):
        raise Unauthorised(_("E-mail address or password is wrong."))
    with db.write() as session:
        user = repository.user_by_email(session, email)
        if user is None or user.disabled_at:
            raise Unauthorised(_("E-mail address or password is wrong."))
        repository.forget_tries(session, email, subscriber(address), now - rules.THROTTLE_WINDOW)
        return started(session, user, address, now, browser)


def confirmed(db: Database, user_id: str, password: str, address: str, now: datetime) -> None:
    """Check the password of somebody who is signed in, counted like a sign-in.

    Raises:
        TooMany, Unauthorised: as `sign_in`.
    """
    with db.read() as session:
        email = service.person(session, user_id).email
    stored = _count(db, email, address, now)
    if not passwords.fits(password[: rules.PASSWORD_LONGEST], stored):
        raise Unauthorised(_("That is not your password."), field="current")
    with db.write() as session:
        repository.forget_tries(session, email, subscriber(address), now - rules.THROTTLE_WINDOW)


def started(session: Session, user: User, address: str, now: datetime, browser: str) -> str:
    """A new session of somebody who has proved who they are, and its row in the audit trail."""
    audit.record(
        session,
        actor=user.id,
        action="session.started",
        detail={"from": address},
        path=user.path,
        now=now,
    )
    return service.start_session(session, user.id, now, browser=browser, address=address)


def _count(db: Database, email: str, address: str, now: datetime) -> str | None:
    """Count a try and return the stored digest of whoever has that e-mail address."""
    guesser = subscriber(address)
    with db.write() as session:
        counts = repository.tries(session, email, guesser, now - rules.THROTTLE_WINDOW)
        allowed = not rules.throttled(*counts)
        if allowed:
            session.add(SignInTry(email=email, address=guesser, at=now))
            action = "session.tried"
        else:
            action = "session.throttled"
        detail = {"email": email, "from": address}
        audit.record(session, actor="nobody", action=action, detail=detail, now=now)
        user = repository.user_by_email(session, email)
        stored = None if user is None or user.disabled_at else user.password
    if not allowed:
        raise TooMany(_("Too many tries. Wait a quarter of an hour, then try again."))
    return stored
