"""Sign-in, sign-out, and setting one's password by a one-time link."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from fleet.auth import service
from fleet.auth.deps import maybe_signed_in
from fleet.auth.signing_in import sign_in
from fleet.errors import FleetError
from fleet.web import cookies
from fleet.web.deps import Db, Now, client_address, options
from fleet.web.render import page

router = APIRouter(include_in_schema=False)
_AFTER = "/staff"
Text = Annotated[str, Form()]


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = _AFTER) -> Response:
    """The form; somebody who is signed in goes on at once."""
    if maybe_signed_in(request):
        return RedirectResponse(own_path(next), 303)
    return _form(request, own_path(next), "", "")


@router.post("/sign-in")
def sign_in_submitted(
    request: Request,
    db: Db,
    now: Now,
    email: Text,
    password: Text,
    next: Text = _AFTER,
) -> Response:
    """Start a session, or show the form again with what was wrong."""
    try:
        secret = sign_in(db, email, password, client_address(request), now, _browser(request))
    except FleetError as error:
        return _form(request, own_path(next), email, error.message, error.status)
    return with_session(request, secret, own_path(next))


@router.post("/sign-out")
def sign_out(request: Request, db: Db, now: Now) -> Response:
    """End the session, here and in the database."""
    secure = options(request).secure
    name = cookies.session_cookie(secure)
    if secret := request.cookies.get(name):
        with db.write() as session:
            service.end_session(session, service.session_id(secret), now)
    response = RedirectResponse("/", 303)
    response.delete_cookie(name, **cookies.attributes(secure))
    return response


@router.get("/welcome")
def welcome(request: Request) -> Response:
    """Where a one-time link leads; its token stays in the browser until the form is sent."""
    return page("auth/welcome.html", scope=request.scope, error="")


@router.post("/welcome")
def password_chosen(request: Request, db: Db, now: Now, token: Text, password: Text) -> Response:
    """Set the password, use the link up and sign in."""
    try:
        service.check_new_password(password)
        digest = service.hash_password(password)
        with db.write() as session:
            user = service.set_password(session, token.strip().rpartition("#")[2], digest, now)
            secret = service.start_session(
                session,
                user.id,
                now,
                browser=_browser(request),
                address=client_address(request),
            )
    except FleetError as error:
        return page(
            "auth/welcome.html", scope=request.scope, status=error.status, error=error.message
        )
    return with_session(request, secret, _AFTER)


def with_session(request: Request, secret: str, target: str) -> Response:
    """On to a page of ours, with the cookie of a session."""
    secure = options(request).secure
    response = RedirectResponse(target, 303)
    response.set_cookie(cookies.session_cookie(secure), secret, **cookies.attributes(secure))
    return response


def _form(request: Request, next: str, email: str, error: str, status: int = 200) -> Response:
    provider = request.app.state.outside
    return page(
        "auth/sign_in.html",
        scope=request.scope,
        status=status,
        next=next,
        email=email,
        error=error,
        outside=provider.name if provider else "",
    )


def _browser(request: Request) -> str:
    return request.headers.get("user-agent", "")


def own_path(target: str) -> str:
    """A path of this site, whatever somebody put into the link."""
    try:
        parts = urlsplit(target)
    except ValueError:  # brackets that hold no address
        return _AFTER
    local = not parts.scheme and not parts.netloc and target.startswith("/")
    return target if local and "\\" not in target and not target.startswith("//") else _AFTER
