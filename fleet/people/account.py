"""One's own account: where one is signed in, one's password, tokens for one's programs.

Only in person: a program with a token may do none of this.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from fleet.auth import service as auth
from fleet.auth import signing_in, tokens
from fleet.auth.deps import Signed, in_person
from fleet.db import Session
from fleet.errors import FleetError, Refused
from fleet.people import service
from fleet.people.words import permission_names
from fleet.web import cookies
from fleet.web.deps import Db, Now, client_address, options
from fleet.web.forms import Filled, whole_number
from fleet.web.language import gettext as _
from fleet.web.render import page

router = APIRouter(prefix="/account", include_in_schema=False)
Me = Annotated[Signed, Depends(in_person)]
Text = Annotated[str, Form(max_length=400)]
EMPTY = Filled()


@router.get("")
def account(request: Request, db: Db, now: Now, me: Me) -> Response:
    """Sessions, password, tokens."""
    with db.read() as session:
        return _account(request, session, me, now)


@router.post("/password")
def change_password(
    request: Request, db: Db, now: Now, me: Me, current: Text = "", password: Text = ""
) -> Response:
    """Choose another password; every other session ends, this browser gets a new one."""
    address = client_address(request)
    try:
        signing_in.confirmed(db, me.user_id, current, address, now)
        auth.check_new_password(password, me.email, me.name)
        digest = auth.hash_password(password)
        with db.write() as session:
            auth.change_password(session, me.user_id, digest, now)
            browser = request.headers.get("user-agent", "")
            secret = auth.start_session(session, me.user_id, now, browser=browser, address=address)
    except FleetError as problem:
        with db.read() as session:
            return _account(request, session, me, now, password=Filled({}, problem))
    secure = options(request).secure
    response = RedirectResponse("/account", 303)
    response.set_cookie(cookies.session_cookie(secure), secret, **cookies.attributes(secure))
    return response


@router.post("/sessions/{session_id}/end")
def end_session(session_id: str, db: Db, now: Now, me: Me) -> Response:
    """Sign out one's other browser."""
    with db.write() as session:
        if any(one.id == session_id for one in auth.sessions(session, me.user_id, now)):
            auth.end_session(session, session_id, now)
    return RedirectResponse("/account", 303)


@router.post("/tokens")
def issue_token(
    request: Request,
    db: Db,
    now: Now,
    me: Me,
    name: Text = "",
    unit: Text = "",
    days: Text = "",
    permissions: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """A token for a program; this answer is the only place where it is ever shown."""
    typed = {"name": name, "unit": unit, "days": days}
    try:
        with db.write() as session:
            path = service.place(session, unit.strip())
            row, text = tokens.issue(
                session,
                me,
                name=name,
                permissions=_known(permissions or []),
                path=path,
                days=whole_number(days, "days"),
                now=now,
            )
    except FleetError as problem:
        with db.read() as session:
            return _account(request, session, me, now, token=Filled(typed, problem))
    with db.read() as session:
        return _account(request, session, me, now, shown=(row.name, text))


@router.post("/tokens/{token_id}/revoke")
def revoke_token(token_id: str, db: Db, now: Now, me: Me) -> Response:
    """End a token."""
    with db.write() as session:
        tokens.revoke(session, me.user_id, token_id, now=now)
    return RedirectResponse("/account", 303)


def _known(permissions: list[str]) -> list[str]:
    if len(permissions) > len(permission_names()):
        raise Refused(_("Choose what the token may do."), field="permissions")
    return permissions


def _account(
    request: Request,
    session: Session,
    me: Signed,
    now: datetime,
    *,
    password: Filled = EMPTY,
    token: Filled = EMPTY,
    shown: tuple[str, str] | None = None,
) -> Response:
    problem = password.problem or token.problem
    names = permission_names()
    answer = page(
        "account/account.html",
        scope=request.scope,
        status=problem.status if problem else 200,
        me=me,
        person=service.person(session, me.user_id),
        sessions=auth.sessions(session, me.user_id, now),
        tokens=tokens.tokens(session, me.user_id),
        units=service.units_of(session, me),
        permissions=[(one, names[one]) for one in names if one in me.permissions],
        permission_names=names,
        now=now,
        password=password,
        token_form=token,
        shown=shown,
    )
    answer.headers["cache-control"] = "no-store"
    return answer
