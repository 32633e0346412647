"""API tokens: what a program of a person may do for them, until when, and never more than they."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from fleet.audit import service as audit
from fleet.auth import repository, rules, service
from fleet.auth.models import ApiToken
from fleet.auth.service import Signed
from fleet.db import Session
from fleet.errors import Conflict, NotFound, Refused
from fleet.web.language import gettext as _

PREFIX = "lectern_"
"""How a token begins, so that whoever finds one knows what it is, scanners of secrets included."""

_SEEN_EVERY = timedelta(minutes=1)
_MOST = 50


def issue(
    session: Session,
    owner: Signed,
    *,
    name: str,
    permissions: Iterable[str],
    path: str,
    days: int,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new token of somebody and its row; the text is stored nowhere.

    Raises:
        Refused: no name, no or unknown permissions, too long a life, or more than they may do.
        Conflict: they have very many already.
    """
    name, wanted = " ".join(name.split()), frozenset(permissions)
    if not 0 < len(name) <= 100:
        raise Refused(_("Say what the token is for, in at most 100 characters."), field="name")
    if not wanted or not wanted <= rules.PERMISSIONS:
        raise Refused(_("Choose what the token may do."), field="permissions")
    if not 0 < days <= rules.TOKEN_LONGEST.days:
        text = _("Choose a number of days up to %(count)s.", count=rules.TOKEN_LONGEST.days)
        raise Refused(text, field="days")
    if not rules.covers(owner.grants, (rules.Granted(wanted, path),)):
        raise Refused(_("You may not do all of that there yourself."), field="permissions")
    if len(repository.tokens(session, owner.user_id)) >= _MOST:
        raise Conflict(_("You have many tokens. End one first."))
    text = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        digest=_digest(text),
        user_id=owner.user_id,
        name=name,
        permissions=sorted(wanted),
        path=path,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    detail = {"name": name, "permissions": row.permissions, "days": days}
    _record(session, owner.user_id, "token.issued", row, now, detail)
    return row, text


def tokens(session: Session, user_id: str) -> list[ApiToken]:
    """The tokens of a person, the newest first."""
    return repository.tokens(session, user_id)


def revoke(session: Session, owner_id: str, token_id: str, *, now: datetime) -> None:
    """End a token of somebody.

    Raises:
        NotFound: they have no such token.
    """
    row = session.get(ApiToken, token_id)
    if row is None or row.user_id != owner_id:
        raise NotFound(_("There is no such token."))
    _record(session, owner_id, "token.revoked", row, now, {"name": row.name})
    session.delete(row)


def revoke_all(session: Session, user_id: str) -> None:
    """End every token of somebody."""
    repository.delete_tokens(session, user_id)


def bearer(session: Session, text: str, now: datetime) -> Signed | None:
    """Whom a token speaks for, if it is good and they are not disabled."""
    row = repository.token(session, _digest(text))
    return _speaks_for(session, row, now) if row else None


def is_live(session: Session, signed: Signed, now: datetime) -> bool:
    """Whether a token that was shown is still good, and may do what it might then."""
    row = session.get(ApiToken, signed.token)
    return row is not None and _speaks_for(session, row, now) == signed


def seen_lately(session: Session, token_id: str, now: datetime) -> bool:
    """Whether `touch` was called within the last minute, so that reading need not write."""
    row = session.get(ApiToken, token_id)
    return row is not None and row.used_at is not None and now - row.used_at < _SEEN_EVERY


def touch(session: Session, token_id: str, now: datetime) -> None:
    """Note that the token is in use."""
    row = session.get(ApiToken, token_id)
    if row is not None:
        row.used_at = now


def _speaks_for(session: Session, row: ApiToken, now: datetime) -> Signed | None:
    user = repository.user(session, row.user_id)
    if row.expires_at <= now or user is None or user.disabled_at:
        return None
    grants = service.granted(session, user.id)
    left = rules.narrowed(grants, frozenset(row.permissions), row.path)
    return Signed(user.id, user.email, user.name, left, token=row.id)


def _record(
    session: Session,
    actor: str,
    action: str,
    row: ApiToken,
    now: datetime,
    detail: dict[str, object],
) -> None:
    path = service.person(session, row.user_id).path
    audit.record(
        session, actor=actor, action=action, target=row.id, detail=detail, path=path, now=now
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
