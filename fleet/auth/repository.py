"""SQL of people and sessions."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, exists, func, or_, select, text
from sqlalchemy.orm import Session

from fleet.auth.models import (
    ApiToken,
    Grant,
    OneTimeLink,
    OutsideIdentity,
    OutsideSignIn,
    SignInTry,
    User,
    UserSession,
)

_TRIES_LOCK = 0x51C717  # any number that nothing else in the database locks


SIGNS_IN = or_(User.password.is_not(None), exists().where(OutsideIdentity.user_id == User.id))
"""A user who has a way to sign in: a password, or an OpenID provider that has confirmed them."""


class Behind(NamedTuple):
    """A session and whose it is. `grants` are roles and paths."""

    user_id: str
    email: str
    name: str
    created_at: datetime
    seen_at: datetime
    grants: list[tuple[str, str]]


def user(session: Session, user_id: str) -> User | None:
    """A user by id."""
    return session.get(User, user_id)


def names(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """Names of people by id, also of those who are gone."""
    query = select(User.id, User.name).where(User.id.in_(set(ids)))
    return {row[0]: row[1] for row in session.execute(query)}


def user_by_email(session: Session, email: str) -> User | None:
    """A user by e-mail address in lower case."""
    return session.scalars(select(User).where(User.email == email)).first()


_BEHIND_SESSION = (
    select(
        User.id,
        User.email,
        User.name,
        UserSession.created_at,
        UserSession.seen_at,
        Grant.role,
        Grant.path,
    )
    .join(User, User.id == UserSession.user_id)
    .outerjoin(Grant, Grant.user_id == User.id)
    .where(UserSession.id == bindparam("session_id"), User.disabled_at.is_(None))
    .order_by(Grant.path, Grant.role)
)
"""Made once: it is asked for every page, and takes longer to be made than to be answered."""


def behind_session(session: Session, session_id: str) -> Behind | None:
    """Whose a session is, if they are not disabled, and what is granted to them: one query."""
    rows = session.execute(_BEHIND_SESSION, {"session_id": session_id}).all()
    if not rows:
        return None
    user_id, email, name, created_at, seen_at, *_grant = rows[0]
    grants = [(role, path) for *_others, role, path in rows if role is not None]
    return Behind(user_id, email, name, created_at, seen_at, grants)


def grants(session: Session, user_id: str) -> list[Grant]:
    """What is granted to a user."""
    query = select(Grant).where(Grant.user_id == user_id)
    return list(session.scalars(query.order_by(Grant.path, Grant.role)))


def with_role(session: Session, role: str) -> list[User]:
    """Users with a role over everything, who are not disabled; the oldest first."""
    query = (
        select(User)
        .join(Grant, Grant.user_id == User.id)
        .where(Grant.role == role, Grant.path == "", User.disabled_at.is_(None))
        .order_by(User.created_at)
    )
    return list(session.scalars(query))


def signs_in_with_role(session: Session, role: str, *, but: str = "") -> bool:
    """Whether somebody who can sign in, other than the user `but`, has a role over everything."""
    query = (
        select(User.id)
        .join(Grant, Grant.user_id == User.id)
        .where(Grant.role == role, Grant.path == "", User.id != but)
        .where(User.disabled_at.is_(None), SIGNS_IN)
    )
    return session.scalar(query.limit(1)) is not None


def sign_in(session: Session, user_ids: Iterable[str]) -> set[str]:
    """Those of several users who can sign in, disabled or not."""
    return set(session.scalars(select(User.id).where(User.id.in_(set(user_ids)), SIGNS_IN)))


def sessions(session: Session, user_id: str) -> list[UserSession]:
    """All sessions of a user, the one used last first."""
    query = select(UserSession).where(UserSession.user_id == user_id)
    return list(session.scalars(query.order_by(UserSession.seen_at.desc(), UserSession.id)))


def end_sessions(session: Session, user_id: str) -> list[str]:
    """Delete all sessions of a user; returns their ids."""
    query = delete(UserSession).where(UserSession.user_id == user_id).returning(UserSession.id)
    return list(session.scalars(query))


def end_all_sessions(session: Session) -> None:
    """Sign everybody out."""
    session.execute(delete(UserSession))


def delete_old_sessions(session: Session, created_before: datetime, seen_before: datetime) -> None:
    """Delete sessions of anybody that have run out."""
    session.execute(
        delete(UserSession).where(
            (UserSession.created_at < created_before) | (UserSession.seen_at < seen_before)
        )
    )


def delete_links(session: Session, user_id: str) -> None:
    """Delete all one-time links of a user."""
    session.execute(delete(OneTimeLink).where(OneTimeLink.user_id == user_id))


def take_link(session: Session, link_id: str, now: datetime) -> str | None:
    """Use a link up: the user id of exactly one caller, None for everybody else."""
    return session.scalar(
        delete(OneTimeLink)
        .where(OneTimeLink.id == link_id, OneTimeLink.expires_at > now)
        .returning(OneTimeLink.user_id)
    )


def tries(session: Session, email: str, address: str, since: datetime) -> tuple[int, int, int]:
    """Tries since then: of the person from the address, of the address, of the person.

    Until this transaction ends nobody else counts: guesses at the same time see each other.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _TRIES_LOCK})
    counts = session.execute(
        select(
            func.count().filter(SignInTry.email == email, SignInTry.address == address),
            func.count().filter(SignInTry.address == address),
            func.count().filter(SignInTry.email == email),
        ).where(SignInTry.at > since)
    ).one()
    return counts[0], counts[1], counts[2]


def forget_tries(session: Session, email: str, address: str, before: datetime) -> None:
    """Delete the tries of this person from this address, and all that are older than `before`."""
    session.execute(
        delete(SignInTry).where(
            ((SignInTry.email == email) & (SignInTry.address == address)) | (SignInTry.at < before)
        )
    )


def token(session: Session, digest: str) -> ApiToken | None:
    """The API token with a digest."""
    return session.scalars(select(ApiToken).where(ApiToken.digest == digest)).first()


def tokens(session: Session, user_id: str) -> list[ApiToken]:
    """The API tokens of a user, the newest first."""
    query = select(ApiToken).where(ApiToken.user_id == user_id)
    return list(session.scalars(query.order_by(ApiToken.created_at.desc(), ApiToken.id)))


def delete_tokens(session: Session, user_id: str) -> None:
    """Delete the API tokens of a user."""
    session.execute(delete(ApiToken).where(ApiToken.user_id == user_id))


def outside(session: Session, issuer: str, subject: str) -> OutsideIdentity | None:
    """Somebody as an OpenID provider knows them."""
    return session.get(OutsideIdentity, (issuer, subject))


def outside_of(session: Session, user_id: str) -> list[OutsideIdentity]:
    """As whom OpenID providers know a user."""
    query = select(OutsideIdentity).where(OutsideIdentity.user_id == user_id)
    return list(session.scalars(query.order_by(OutsideIdentity.issuer)))


def take_outside_sign_in(session: Session, state_digest: str) -> OutsideSignIn | None:
    """Use up a sign-in that came back: exactly one caller gets it, everybody else None."""
    return session.scalars(
        delete(OutsideSignIn).where(OutsideSignIn.id == state_digest).returning(OutsideSignIn)
    ).first()


def forget_outside_sign_ins(session: Session, expired_by: datetime) -> None:
    """Delete those that never came back."""
    session.execute(delete(OutsideSignIn).where(OutsideSignIn.expires_at <= expired_by))
