"""People, one-time links and sessions."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fleet.audit import service as audit
from fleet.auth import passwords, repository, rules
from fleet.auth.events import SessionsEnded
from fleet.auth.models import Grant, OneTimeLink, User, UserSession
from fleet.db import Session, publish
from fleet.errors import Conflict, NotFound, Refused
from fleet.web.language import LANGUAGES
from fleet.web.language import gettext as _

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
_SEEN_EVERY = timedelta(minutes=1)
FIRST_ADMINISTRATOR = "administrator@localhost"


@dataclass(frozen=True, slots=True)
class Signed:
    """Somebody who is signed in, and what they may do where.

    `session` is the id of their session, `token` that of the API token a program of theirs has
    shown: one of the two is empty.
    """

    user_id: str
    email: str
    name: str
    grants: tuple[rules.Granted, ...]
    session: str = ""
    token: str = ""

    def may(self, permission: rules.Permission, path: str | None = None) -> bool:
        """Whether they may do something at a place, or, without one, anywhere."""
        if path is None:
            return bool(self.reach(permission))
        return rules.allows(self.grants, permission, path)

    def reach(self, permission: rules.Permission) -> tuple[str, ...]:
        """The subtrees in which they may do something, to narrow lists by."""
        return rules.reach(self.grants, permission)

    @property
    def permissions(self) -> frozenset[str]:
        """Everything they may do anywhere."""
        return frozenset().union(*(one.permissions for one in self.grants))


def add_user(
    session: Session,
    email: str,
    name: str,
    role: rules.Role = "viewer",
    path: str = "",
    *,
    language: str = "",
    by: str = "fleet",
    now: datetime,
) -> str:
    """Add a person without a password; `issue_link` lets them set one. Returns the user id.

    `by` is the id of whoever adds them, who is not judged here: see `people.service`.

    Raises:
        Refused: the address is not one, the name is empty, no such role or language.
        Conflict: somebody has that address.
    """
    email, name = email.strip().lower(), name.strip()
    if not _EMAIL.fullmatch(email):
        raise Refused(_("Give an e-mail address such as name@university.org."), field="email")
    if not name:
        raise Refused(_("Give the person's name."), field="name")
    if role not in rules.ROLES:
        raise Refused(_("There is no such role."), field="role")
    if language and language not in LANGUAGES:
        raise Refused(_("There is no such language here."), field="language")
    if repository.user_by_email(session, email):
        raise Conflict(_("Somebody already has that e-mail address."), field="email")
    user = User(email=email, name=name[:200], created_at=now, path=path, language=language)
    session.add(user)
    session.flush()
    session.add(Grant(user_id=user.id, role=role, path=path))
    detail = {"email": email, "role": role}
    audit.record(
        session,
        actor=by,
        action="user.added",
        target=user.id,
        detail=detail,
        path=path,
        now=now,
    )
    return user.id


def user_id_of(session: Session, email: str) -> str:
    """The id of the person with this address.

    Raises:
        NotFound: nobody has it.
    """
    user = repository.user_by_email(session, email.strip().lower())
    if user is None:
        raise NotFound(_("Nobody has that e-mail address."), field="email")
    return user.id


def issue_link(session: Session, user_id: str, *, by: str = "fleet", now: datetime) -> str:
    """A token with which the person sets their password once, within 24 hours.

    Links issued to them before stop working.
    """
    repository.delete_links(session, user_id)
    token = secrets.token_urlsafe(24)
    expires = now + rules.LINK_LIFETIME
    session.add(OneTimeLink(id=_digest(token), user_id=user_id, expires_at=expires))
    path = _path(session, user_id)
    audit.record(session, actor=by, action="link.issued", target=user_id, path=path, now=now)
    return token


def link_address(public_url: str, token: str) -> str:
    """The address to give the person. The token is in the fragment, which no log ever sees."""
    return f"{public_url.rstrip('/')}/welcome#{token}"


def first_administrator(session: Session, *, now: datetime) -> str | None:
    """A token for the first administrator's link, or None when one can sign in already.

    There is no default password: whoever starts the fleet gets the link and sets one.
    """
    if anybody_signs_in(session, "secretariat"):
        return None
    if administrators := repository.with_role(session, "secretariat"):
        return issue_link(session, administrators[0].id, now=now)
    user_id = add_user(session, FIRST_ADMINISTRATOR, "Administrator", "secretariat", now=now)
    return issue_link(session, user_id, now=now)


def anybody_signs_in(session: Session, role: rules.Role, *, but: str = "") -> bool:
    """Whether somebody with a role over everything, other than `but`, has a way to sign in."""
    return repository.signs_in_with_role(session, role, but=but)


def who_signs_in(session: Session, user_ids: Iterable[str]) -> set[str]:
    """Those of several people who have a way to sign in; see `people.service.Person.state`."""
    return repository.sign_in(session, user_ids)


def set_password(session: Session, token: str, password_digest: str, now: datetime) -> User:
    """Use up a one-time link and end every session the person had.

    Raises:
        Refused: the link was used, is too old or never was.
    """
    user_id = repository.take_link(session, _digest(token), now)
    user = repository.user(session, user_id) if user_id else None
    if user is None or user.disabled_at:
        raise Refused(_("This link has been used or is too old. Ask for a new one."), field="token")
    return _new_password(session, user, password_digest, now)


def change_password(session: Session, user_id: str, password_digest: str, now: datetime) -> User:
    """Give a person the password they chose and end every session they had.

    Raises:
        NotFound: there is no such user.
    """
    return _new_password(session, person(session, user_id), password_digest, now)


def _new_password(session: Session, user: User, password_digest: str, now: datetime) -> User:
    user.password = password_digest
    repository.delete_links(session, user.id)
    end_sessions(session, user.id)
    audit.record(
        session, actor=user.id, action="password.set", target=user.id, path=user.path, now=now
    )
    return user


def person(session: Session, user_id: str) -> User:
    """One person.

    Raises:
        NotFound: there is no such user.
    """
    user = repository.user(session, user_id)
    if user is None:
        raise NotFound(_("There is no such user."))
    return user


def names(session: Session, user_ids: Iterable[str]) -> dict[str, str]:
    """Names of people by id, also of those who are shut out; ids of nobody are left out."""
    return repository.names(session, user_ids)


def check_new_password(password: str, *about: str) -> None:
    """Refuse a password that is too short, too long or easily guessed.

    Raises:
        Refused: the text says which.
    """
    shortest = rules.PASSWORD_SHORTEST
    if len(password) < shortest:
        text = _("Choose a password of at least %(count)s characters.", count=shortest)
        raise Refused(text, field="password")
    if len(password) > rules.PASSWORD_LONGEST:
        raise Refused(_("That password is too long."), field="password")
    if passwords.guessable(password, about):
        text = _("That password is easily guessed. Several words in a row make a good one.")
        raise Refused(text, field="password")


def start_session(
    session: Session, user_id: str, now: datetime, *, browser: str = "", address: str = ""
) -> str:
    """A new session; the result goes into the cookie and is stored nowhere."""
    repository.delete_old_sessions(session, now - rules.SESSION_LONGEST, now - rules.SESSION_IDLE)
    secret = secrets.token_urlsafe(32)
    session.add(
        UserSession(
            id=_digest(secret),
            user_id=user_id,
            created_at=now,
            seen_at=now,
            browser=browser[:200],
            address=address[:64],
        )
    )
    return secret


def session_id(secret: str) -> str:
    """The id of the session behind a cookie, whether there is one or not."""
    return _digest(secret)


def signed(session: Session, secret: str, now: datetime) -> Signed | None:
    """Who the session behind a cookie belongs to, if it is alive and they are not disabled."""
    found = recognised(session, secret, now)
    return found[0] if found else None


def recognised(session: Session, secret: str, now: datetime) -> tuple[Signed, bool] | None:
    """As `signed`, and whether `touch` was called within the last minute: then it need not be."""
    found = repository.behind_session(session, _digest(secret))
    if found is None or not rules.session_alive(found.created_at, found.seen_at, now):
        return None
    grants = _granted(found.grants)
    person = Signed(found.user_id, found.email, found.name, grants, session=_digest(secret))
    return person, now - found.seen_at < _SEEN_EVERY


def session_is_live(session: Session, session_id: str, now: datetime) -> bool:
    """Whether a session (its id: `session_id`, `Signed.session`) has not ended. One small read."""
    return _alive(session, session_id, now) is not None


def sessions(session: Session, user_id: str, now: datetime) -> list[UserSession]:
    """Where a person is signed in, the browser used last first."""
    found = repository.sessions(session, user_id)
    return [one for one in found if rules.session_alive(one.created_at, one.seen_at, now)]


def _alive(session: Session, session_id: str, now: datetime) -> UserSession | None:
    found = session.get(UserSession, session_id)
    if found is None or not rules.session_alive(found.created_at, found.seen_at, now):
        return None
    return found


def granted(session: Session, user_id: str) -> tuple[rules.Granted, ...]:
    """What a person's roles allow, and where."""
    return _granted((one.role, one.path) for one in repository.grants(session, user_id))


def _granted(grants: Iterable[tuple[str, str]]) -> tuple[rules.Granted, ...]:
    return tuple(rules.Granted(rules.ROLES.get(role, frozenset()), path) for role, path in grants)


def touch(session: Session, secret: str, now: datetime) -> None:
    """Note that the session is in use."""
    found = session.get(UserSession, _digest(secret))
    if found is not None:
        found.seen_at = now


def end_session(session: Session, session_id: str, now: datetime) -> None:
    """Sign one browser out, by the id of its session."""
    found = session.get(UserSession, session_id)
    if found is not None:
        path = _path(session, found.user_id)
        audit.record(session, actor=found.user_id, action="session.ended", path=path, now=now)
        session.delete(found)
        publish(session, SessionsEnded(found.user_id, (session_id,)))


def end_sessions(session: Session, user_id: str) -> None:
    """Sign a person out everywhere: at once, whatever they look at."""
    ended = repository.end_sessions(session, user_id)
    publish(session, SessionsEnded(user_id, tuple(ended)))


def end_all_sessions(session: Session) -> None:
    """Sign everybody out: what was ended since a backup must not come back with it."""
    repository.end_all_sessions(session)


def disable_user(session: Session, user_id: str, *, by: str = "fleet", now: datetime) -> None:
    """Shut a person out, at once and everywhere.

    Raises:
        NotFound: there is no such user.
    """
    user = person(session, user_id)
    user.disabled_at = now
    repository.delete_links(session, user_id)
    end_sessions(session, user_id)
    audit.record(session, actor=by, action="user.disabled", target=user_id, path=user.path, now=now)


def hash_password(password: str) -> str:
    """The digest to store; slow on purpose, so call it outside of a transaction."""
    return passwords.digest(password)


def _path(session: Session, user_id: str) -> str:
    user = repository.user(session, user_id)
    return user.path if user else ""


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
