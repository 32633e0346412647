"""Looking after people: nobody hands out, or takes away, more than they have themselves.

Who acts is a `Signed`; commands of the machine act as `THE_FLEET`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fleet.audit import service as audit
from fleet.auth import rules, tokens
from fleet.auth import service as auth
from fleet.auth.models import Grant, User
from fleet.auth.service import Signed
from fleet.db import Session
from fleet.errors import Conflict, Forbidden, NotFound, Refused
from fleet.orgs import service as orgs
from fleet.orgs.models import OrgUnit
from fleet.people import repository
from fleet.web.language import gettext as _

THE_FLEET = Signed("fleet", "", "fleet", (rules.Granted(rules.PERMISSIONS, ""),))
"""Whoever has the machine: its commands may do everything."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account and its roles, each with the unit it is granted on (None: everything)."""

    user: User
    roles: tuple[tuple[Grant, OrgUnit | None], ...]
    signs_in: bool

    @property
    def state(self) -> str:
        """`disabled`, `invited` (has no way to sign in yet), or `active`."""
        if self.user.disabled_at:
            return "disabled"
        return "active" if self.signs_in else "invited"


def people(
    session: Session,
    signed: Signed,
    words: str = "",
    after: str = "",
    limit: int = 50,
) -> list[Person]:
    """The people that `signed` looks after, by name, from behind the one with the id `after`."""
    reach = signed.reach("people.change")
    last = auth.person(session, after) if after else None
    if last is not None and not signed.may("people.change", last.path):
        raise NotFound(_("There is no such user."))
    key = (last.name, last.id) if last else None
    return _with_roles(session, repository.people(session, reach, words.strip(), key, limit))


def person(session: Session, user_id: str) -> Person:
    """One person.

    Raises:
        NotFound: there is no such user.
    """
    return _with_roles(session, [auth.person(session, user_id)])[0]


def place(session: Session, code: str) -> str:
    """The path of the unit with a code; "" is the whole organisation. Raises NotFound."""
    return orgs.by_code(session, code).path if code else ""


def units(session: Session, signed: Signed, most: int) -> list[OrgUnit]:
    """The units on which `signed` may grant something, by name; empty if more than `most`."""
    reach = signed.reach("people.change")
    found = repository.units(session, reach, most + 1)
    return found if len(found) <= most else []


def units_of(session: Session, signed: Signed) -> list[tuple[str, str]]:
    """Code and name of the units that somebody's roles are on, for a token to be cut down to."""
    paths = {one.path for one in signed.grants}
    found = [(one.code, one.name) for one in repository.units_at(session, paths)]
    return [("", _("The whole organisation")), *found] if "" in paths else found


def grantable(signed: Signed, path: str | None = None) -> list[str]:
    """The roles that `signed` may hand out, at a place or somewhere."""
    places = signed.reach("people.change") if path is None else (path,)
    return [
        role
        for role, permissions in rules.ROLES.items()
        if any(_may_grant(signed, permissions, one) for one in places)
    ]


def add(
    session: Session,
    signed: Signed,
    *,
    email: str,
    name: str,
    role: str,
    path: str,
    language: str = "",
    now: datetime,
) -> tuple[str, str]:
    """A new person with a role on a unit, whose staff look after them; their id and their link.

    Raises:
        Refused, Conflict: as `auth.add_user`.
        Forbidden: it is more than `signed` may hand out there.
    """
    given = _role(role)
    _let_grant(signed, given, path)
    user_id = auth.add_user(
        session, email, name, given, path, language=language, by=signed.user_id, now=now
    )
    return user_id, auth.issue_link(session, user_id, by=signed.user_id, now=now)


def give(
    session: Session, signed: Signed, user_id: str, role: str, path: str, *, now: datetime
) -> None:
    """Give somebody a role on a unit; they have to sign in again.

    Raises:
        NotFound: no such person.
        Refused: no such role.
        Conflict: they have it.
        Forbidden: it is more than `signed` may hand out there, or they are out of reach.
    """
    given = _role(role)
    user = _touched(session, signed, user_id)
    _let_grant(signed, given, path)
    if any((one.role, one.path) == (given, path) for one in _grants(session, user_id)):
        raise Conflict(_("They have that role there already."), field="role")
    session.add(Grant(user_id=user_id, role=given, path=path))
    detail = {"role": given, "path": path}
    _changed(session, signed, user, "role.given", detail, now)


def withdraw(
    session: Session, signed: Signed, user_id: str, grant_id: str, *, now: datetime
) -> None:
    """Take a role away from somebody; they are signed out.

    Raises:
        NotFound: no such person, or they have no such role.
        Forbidden: they are out of reach.
        Conflict: nobody would be left who may do everything.
    """
    user = _touched(session, signed, user_id)
    row = repository.grant(session, grant_id)
    if row is None or row.user_id != user_id:
        raise NotFound(_("They do not have that role."))
    if (row.role, row.path) == ("secretariat", ""):
        _not_the_last(session, user_id)
    session.delete(row)
    _changed(session, signed, user, "role.withdrawn", {"role": row.role, "path": row.path}, now)


def new_link(session: Session, signed: Signed, user_id: str, *, now: datetime) -> str:
    """A new one-time link for somebody, in place of those before; its token.

    Nobody makes one for themselves: whoever came across an open browser or a token would have the
    account for good, without its password.

    Raises:
        NotFound, Forbidden: no such person, or they are out of reach.
        Conflict: they are disabled.
    """
    user = _touched(session, signed, user_id)
    if user_id == signed.user_id:
        raise Forbidden(_("Choose a new password for yourself on the page My account."))
    if user.disabled_at:
        raise Conflict(_("This person is disabled. Let them in again first."))
    return auth.issue_link(session, user_id, by=signed.user_id, now=now)


def disable(session: Session, signed: Signed, user_id: str, *, now: datetime) -> None:
    """Shut somebody out, at once and everywhere, their programs too.

    Raises:
        NotFound, Forbidden: no such person, or they are out of reach.
        Conflict: nobody would be left who may do everything.
    """
    user = _touched(session, signed, user_id)
    if any((one.role, one.path) == ("secretariat", "") for one in _grants(session, user_id)):
        _not_the_last(session, user_id)
    if user.disabled_at is None:
        tokens.revoke_all(session, user_id)
        auth.disable_user(session, user_id, by=signed.user_id, now=now)


def enable(session: Session, signed: Signed, user_id: str, *, now: datetime) -> None:
    """Let somebody in again, with the password they had.

    Raises:
        NotFound, Forbidden: no such person, or they are out of reach.
    """
    user = _touched(session, signed, user_id)
    if user.disabled_at is not None:
        user.disabled_at = None
        _record(session, signed, user, "user.enabled", {}, now)


def sign_out(session: Session, signed: Signed, user_id: str, *, now: datetime) -> None:
    """Sign somebody out everywhere.

    Raises:
        NotFound, Forbidden: no such person, or they are out of reach.
    """
    user = _touched(session, signed, user_id)
    auth.end_sessions(session, user_id)
    _record(session, signed, user, "sessions.ended", {}, now)


def let_go(session: Session, unit_id: str) -> None:
    """A unit is about to go. Raises Conflict while somebody belongs to it or has a role on it."""
    if repository.somebody_within(session, orgs.get(session, unit_id).path):
        raise Conflict(_("People belong to this unit or have roles on it. Move them first."))


def may_touch(session: Session, signed: Signed, user: User) -> bool:
    """Whether nothing that somebody may do is beyond what `signed` may do."""
    theirs = auth.granted(session, user.id)
    places = (user.path, *(one.path for one in theirs))
    return all(signed.may("people.change", one) for one in places) and rules.covers(
        signed.grants, theirs
    )


def _touched(session: Session, signed: Signed, user_id: str) -> User:
    if signed.token and user_id == signed.user_id:
        raise Forbidden(_("Programs cannot do that. Sign in with a browser."))
    repository.lock(session)
    user = auth.person(session, user_id)
    if not may_touch(session, signed, user):
        raise Forbidden(_("This person may do more than you. Ask the staff of a unit above yours."))
    return user


def _role(role: str) -> rules.Role:
    for known in rules.ROLES:
        if known == role:
            return known  # type: ignore[return-value]
    raise Refused(_("There is no such role."), field="role")


def _may_grant(signed: Signed, permissions: frozenset[str], path: str) -> bool:
    wanted = rules.Granted(permissions | {"people.change"}, path)
    return rules.covers(signed.grants, (wanted,))


def _let_grant(signed: Signed, role: str, path: str) -> None:
    if not _may_grant(signed, rules.ROLES[role], path):
        raise Forbidden(_("You cannot give a right that you do not have there yourself."))


def _not_the_last(session: Session, user_id: str) -> None:
    if not auth.anybody_signs_in(session, "secretariat", but=user_id):
        raise Conflict(
            _("This is the last person who may do everything. Give somebody else the role first.")
        )


def _grants(session: Session, user_id: str) -> list[Grant]:
    return repository.grants_of(session, [user_id])[user_id]


def _changed(
    session: Session,
    signed: Signed,
    user: User,
    action: str,
    detail: dict[str, str],
    now: datetime,
) -> None:
    auth.end_sessions(session, user.id)
    _record(session, signed, user, action, detail, now)


def _record(
    session: Session,
    signed: Signed,
    user: User,
    action: str,
    detail: dict[str, str],
    now: datetime,
) -> None:
    audit.record(
        session,
        actor=signed.user_id,
        action=action,
        target=user.id,
        detail=detail,
        path=user.path,
        now=now,
    )


def _with_roles(session: Session, users: Sequence[User]) -> list[Person]:
    grants = repository.grants_of(session, [one.id for one in users])
    paths = {one.path for rows in grants.values() for one in rows if one.path}
    by_path = {one.path: one for one in repository.units_at(session, paths)}
    able = auth.who_signs_in(session, grants)
    return [
        Person(
            user,
            tuple((one, by_path.get(one.path)) for one in grants[user.id]),
            user.id in able,
        )
        for user in users
    ]
