"""Who is asking, for routes. A staff route that forgets to ask is found by a test."""

from collections.abc import Callable
from typing import Literal

from fastapi import Request

from fleet.audit import service as audit
from fleet.auth import service
from fleet.auth.rules import Permission
from fleet.auth.service import Signed
from fleet.errors import Forbidden, Unauthorised
from fleet.web import cookies
from fleet.web.deps import client_address, options
from fleet.web.language import gettext as _

__all__ = ["Signed", "audience", "maybe_signed_in", "require", "sees_staff", "signed_in", "visitor"]


def maybe_signed_in(request: Request) -> Signed | None:
    """Who is signed in, or None. Remembered in `request.state.signed` for the page's header."""
    if hasattr(request.state, "signed"):
        known: Signed | None = request.state.signed
        return known
    request.state.signed = None
    web = options(request)
    secret = request.cookies.get(cookies.session_cookie(web.secure))
    if not secret:
        return None
    now = web.now()
    with web.db.read() as session:
        found = service.signed(session, secret, now)
        fresh = found is None or service.seen_lately(session, secret, now)
    if not fresh:
        with web.db.write() as session:
            service.touch(session, secret, now)
    request.state.signed = found
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


def sees_staff(request: Request) -> bool:
    """Whether somebody is signed in who may see what is not published."""
    found = maybe_signed_in(request)
    return found is not None and found.may("staff.see")


def visitor(request: Request) -> Signed | None:
    """Whoever looks at a public page; when pages are not public, somebody signed in."""
    return maybe_signed_in(request) if options(request).public_pages else signed_in(request)


def audience(request: Request) -> Literal["everyone", "member", "stranger"]:
    """Who sees published lessons: everyone, or else whether this visitor is signed in."""
    if options(request).public_pages:
        return "everyone"
    return "member" if maybe_signed_in(request) else "stranger"


def require(permission: Permission) -> Callable[[Request], Signed]:
    """A dependency that lets only holders of a permission pass, and returns them.

    It raises Unauthorised when nobody is signed in, and Forbidden (recorded in the audit trail)
    when somebody is who may not.
    """

    def check(request: Request) -> Signed:
        found = signed_in(request)
        if not found.may(permission):
            _record_refusal(request, found, permission)
            raise Forbidden(_("You are not allowed to do that. Ask an administrator."))
        return found

    check.permission = permission  # type: ignore[attr-defined]
    return check


def _record_refusal(request: Request, found: Signed, permission: str) -> None:
    web = options(request)
    with web.db.write() as session:
        audit.record(
            session,
            actor=found.user_id,
            action="access.refused",
            target=f"{request.method} {request.url.path}",
            detail={"permission": permission, "from": client_address(request)},
            now=web.now(),
        )
