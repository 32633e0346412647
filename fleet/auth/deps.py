"""Who is asking, for routes. A staff route that forgets to ask is found by a test."""

from collections.abc import Callable, Mapping
from typing import Literal

from fastapi import Request

from fleet.auth import service, tokens
from fleet.auth.refusals import Refusal
from fleet.auth.rules import SHARED, Permission
from fleet.auth.service import Signed
from fleet.db import Session
from fleet.errors import Forbidden, NotFound, Unauthorised
from fleet.web import cookies
from fleet.web.deps import client_address, options
from fleet.web.language import gettext as _

__all__ = [
    "Resolver",
    "Signed",
    "audience",
    "check",
    "in_person",
    "maybe_signed_in",
    "require",
    "sees_staff",
    "signed_in",
    "visitor",
]


def maybe_signed_in(request: Request) -> Signed | None:
    """Who is signed in, or None: by session cookie, or a program by an API token as bearer.

    Remembered in `request.state.signed` for the page's header.

    Raises:
        Unauthorised: there is an API token, and it is not good (any more).
    """
    if hasattr(request.state, "signed"):
        known: Signed | None = request.state.signed
        return known
    request.state.signed = None
    scheme, _sep, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and given.startswith(tokens.PREFIX):
        found = _by_token(request, given.strip())
        if found is None:
            raise Unauthorised(_("This token is not valid, or not any more."))
    else:
        found = _by_cookie(request)
    request.state.signed = found
    return found


def _by_cookie(request: Request) -> Signed | None:
    web = options(request)
    secret = request.cookies.get(cookies.session_cookie(web.secure))
    if not secret:
        return None
    now = web.now()
    with web.db.read() as session:
        found = service.recognised(session, secret, now)
    if found is None:
        return None
    person, fresh = found
    if not fresh:
        with web.db.write() as session:
            service.touch(session, secret, now)
    return person


def _by_token(request: Request, given: str) -> Signed | None:
    web = options(request)
    now = web.now()
    with web.db.read() as session:
        found = tokens.bearer(session, given, now)
        fresh = found is None or tokens.seen_lately(session, found.token, now)
    if found is not None and not fresh:
        with web.db.write() as session:
            tokens.touch(session, found.token, now)
    return found


def signed_in(request: Request) -> Signed:
    """Who is signed in.

    Raises:
        Unauthorised: nobody is.
    """
    found = maybe_signed_in(request)
    if found is None:
        raise Unauthorised(_("Sign in first."))
    return found


def in_person(request: Request) -> Signed:
    """Who is signed in, in a browser: what concerns the account itself is not for programs.

    Raises:
        Unauthorised: nobody is.
        Forbidden: a program is, with a token.
    """
    found = signed_in(request)
    if found.token:
        raise Forbidden(_("Programs cannot do that. Sign in with a browser."))
    return found


def sees_staff(request: Request) -> bool:
    """Whether somebody is signed in who may see what is not published at this route's place."""
    found = maybe_signed_in(request)
    return found is not None and all(
        path is not None and found.may("staff.see", path) for path in _places(request, strict=False)
    )


def visitor(request: Request) -> Signed | None:
    """Whoever looks at a public page; when pages are not public, somebody signed in."""
    return maybe_signed_in(request) if options(request).public_pages else signed_in(request)


def audience(request: Request) -> Literal["everyone", "member", "stranger"]:
    """Who sees published lessons: everyone, or else whether this visitor is signed in."""
    if options(request).public_pages:
        return "everyone"
    return "member" if maybe_signed_in(request) else "stranger"


def require(permission: Permission) -> Callable[[Request], Signed]:
    """A dependency that lets pass only who may do something here, and returns them.

    Here is the place of each parameter of the route's path, by the table of `fleet.places`; a
    route without any lets pass who may do it somewhere, and narrows what it shows by
    `Signed.reach`. It raises Unauthorised when nobody is signed in, NotFound when they may not
    even see the place, and Forbidden when they see it. Refusals are in the audit trail.
    """

    def gate(request: Request) -> Signed:
        found = signed_in(request)
        _judge(request, found, permission)
        return found

    gate.permission = permission  # type: ignore[attr-defined]
    return gate


def _judge(request: Request, found: Signed, permission: Permission) -> None:
    if not found.may(permission):
        _refuse(request, found, permission, "")
        raise Forbidden(_("You are not allowed to do that. Ask an administrator."))
    for path in _places(request, strict=True):
        if path is None:
            raise NotFound(_("There is no such thing, or you may not see it."))
        check(request, found, permission, path)


def check(request: Request, found: Signed, permission: Permission, path: str) -> None:
    """Refuse unless they may do something at a place that the route's body names.

    May be called inside of a transaction: the row of the audit trail is written after it.

    Raises:
        NotFound: they may not even see it.
        Forbidden: they see it, and may not do that.
    """
    if found.may(permission, path):
        return
    _refuse(request, found, permission, path)
    if not found.may("staff.see", path):
        raise NotFound(_("There is no such thing, or you may not see it."))
    raise Forbidden(_("You are not allowed to do that. Ask an administrator."))


Resolver = Callable[[Session, str], str | None]
"""The path of the place where the thing with an id belongs; None if there is no such thing."""


def _places(request: Request, *, strict: bool) -> list[str | None]:
    """The places of the route's parameters. `strict`: each has to be in the table."""
    given = request.path_params
    table: Mapping[str, Resolver | None] = getattr(request.app.state, "places", {})
    if strict and (unknown := given.keys() - table.keys()):
        raise RuntimeError(f"no place is known for {sorted(unknown)} of {request.url.path}")
    todo = [(found, str(value)) for name, value in given.items() if (found := table.get(name))]
    if not todo:
        return []
    with options(request).db.read() as session:
        return [resolve(session, value) for resolve, value in todo]


def _refuse(request: Request, found: Signed, permission: str, path: str) -> None:
    """Note a refusal; `RefusalTrail` writes it down when the request is over."""
    place = "" if path == SHARED else path
    asked = f"{request.method} {request.url.path}"
    refusal = Refusal(found.user_id, permission, place, asked, client_address(request))
    request.state.refused.append(refusal)
