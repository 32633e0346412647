"""The way to an OpenID provider and back."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from fleet.auth import outside
from fleet.auth.pages import own_path, with_session
from fleet.auth.ports import OutsideProvider
from fleet.errors import FleetError, NotFound
from fleet.web import cookies
from fleet.web.deps import Db, Now, client_address, options
from fleet.web.language import gettext as _
from fleet.web.render import page

router = APIRouter(prefix="/sign-in/outside", include_in_schema=False)
Word = Annotated[str, Query(max_length=2000)]
_MINUTES = 10


@router.get("")
def leave(request: Request, db: Db, now: Now, next: Word = "/staff") -> Response:
    """To the provider."""
    try:
        address, browser = outside.begin(db, _provider(request), own_path(next), now)
    except FleetError as problem:
        return _refused(request, problem)
    response = RedirectResponse(address, 303)
    secure = options(request).secure
    response.set_cookie(
        _cookie(secure), browser, max_age=_MINUTES * 60, **cookies.attributes(secure)
    )
    return response


@router.get("/back")
def back(
    request: Request,
    db: Db,
    now: Now,
    state: Word = "",
    code: Word = "",
    iss: Word = "",
) -> Response:
    """From the provider: signed in, or told why not."""
    secure = options(request).secure
    try:
        secret, target = outside.finish(
            db,
            _provider(request),
            {"state": state, "code": code, "iss": iss},
            request.cookies.get(_cookie(secure), ""),
            address=client_address(request),
            agent=request.headers.get("user-agent", ""),
            now=now,
        )
    except FleetError as problem:
        return _refused(request, problem)
    response = with_session(request, secret, target)
    response.delete_cookie(_cookie(secure), **cookies.attributes(secure))
    return response


def _provider(request: Request) -> OutsideProvider:
    found: OutsideProvider | None = request.app.state.outside
    if found is None:
        raise NotFound(_("There is no such page."))
    return found


def _cookie(secure: bool) -> str:
    return f"{cookies.session_cookie(secure)}-outside"


def _refused(request: Request, problem: FleetError) -> Response:
    return page(
        "auth/outside.html", scope=request.scope, status=problem.status, error=problem.message
    )
