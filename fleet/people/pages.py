"""People, for whoever looks after them: who there is, what each may do, and letting them in."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from fleet.auth import service as auth
from fleet.auth.deps import Signed, check, require
from fleet.db import Database, Session
from fleet.errors import FleetError, Refused
from fleet.people import service
from fleet.people.words import role_names
from fleet.web.deps import Db, Now, options
from fleet.web.forms import Filled
from fleet.web.language import LANGUAGES
from fleet.web.language import gettext as _
from fleet.web.render import page

router = APIRouter(prefix="/staff/people", include_in_schema=False)
Keeper = Annotated[Signed, Depends(require("people.change"))]
Text = Annotated[str, Form(max_length=400)]
EMPTY = Filled()
PAGE = 50
MOST_CHOICES = 200
"""More units than this are not offered in a list; their code is typed."""


@router.get("")
def people(
    request: Request,
    db: Db,
    keeper: Keeper,
    text: Annotated[str, Query(max_length=100)] = "",
    after: Annotated[str, Query(max_length=36)] = "",
) -> Response:
    """Whom one looks after, and the form for somebody else."""
    with db.read() as session:
        return _people(request, session, keeper, text, after, EMPTY)


@router.post("")
def add(
    request: Request,
    db: Db,
    now: Now,
    keeper: Keeper,
    email: Text = "",
    name: Text = "",
    role: Text = "",
    unit: Text = "",
    language: Text = "",
) -> Response:
    """Add somebody, and show the link for them this once."""
    typed = {"email": email, "name": name, "role": role, "unit": unit, "language": language}
    try:
        with db.write() as session:
            user_id, token = service.add(
                session,
                keeper,
                email=email,
                name=name,
                role=role,
                path=_place(request, session, keeper, unit),
                language=language,
                now=now,
            )
    except FleetError as problem:
        with db.read() as session:
            return _people(request, session, keeper, "", "", Filled(typed, problem))
    with db.read() as session:
        return _person(request, session, keeper, user_id, link=token)


@router.get("/{user_id}")
def person(request: Request, user_id: str, db: Db, keeper: Keeper) -> Response:
    """One of them."""
    with db.read() as session:
        return _person(request, session, keeper, user_id)


@router.post("/{user_id}/roles")
def give_role(
    request: Request,
    user_id: str,
    db: Db,
    now: Now,
    keeper: Keeper,
    role: Text = "",
    unit: Text = "",
) -> Response:
    """Give them a role on a unit."""

    def do(session: Session, user_id: str, now: datetime) -> None:
        path = _place(request, session, keeper, unit)
        service.give(session, keeper, user_id, role, path, now=now)

    return _act(request, db, keeper, user_id, now, do, {"role": role, "unit": unit})


@router.post("/{user_id}/roles/{grant_id}/withdraw")
def withdraw_role(
    request: Request, user_id: str, grant_id: str, db: Db, now: Now, keeper: Keeper
) -> Response:
    """Take a role away."""

    def do(session: Session, user_id: str, now: datetime) -> None:
        service.withdraw(session, keeper, user_id, grant_id, now=now)

    return _act(request, db, keeper, user_id, now, do)


@router.post("/{user_id}/link")
def new_link(request: Request, user_id: str, db: Db, now: Now, keeper: Keeper) -> Response:
    """Make a new link; this answer is the only place where it is ever shown."""
    try:
        with db.write() as session:
            token = service.new_link(session, keeper, user_id, now=now)
    except FleetError as problem:
        with db.read() as session:
            return _person(request, session, keeper, user_id, form=Filled({}, problem))
    with db.read() as session:
        return _person(request, session, keeper, user_id, link=token)


@router.post("/{user_id}/disable")
def disable(request: Request, user_id: str, db: Db, now: Now, keeper: Keeper) -> Response:
    """Shut them out."""

    def do(session: Session, user_id: str, now: datetime) -> None:
        service.disable(session, keeper, user_id, now=now)

    return _act(request, db, keeper, user_id, now, do)


@router.post("/{user_id}/enable")
def enable(request: Request, user_id: str, db: Db, now: Now, keeper: Keeper) -> Response:
    """Let them in again."""

    def do(session: Session, user_id: str, now: datetime) -> None:
        service.enable(session, keeper, user_id, now=now)

    return _act(request, db, keeper, user_id, now, do)


@router.post("/{user_id}/sign-out")
def sign_out(request: Request, user_id: str, db: Db, now: Now, keeper: Keeper) -> Response:
    """Sign them out everywhere."""

    def do(session: Session, user_id: str, now: datetime) -> None:
        service.sign_out(session, keeper, user_id, now=now)

    return _act(request, db, keeper, user_id, now, do)


def _act(
    request: Request,
    db: Database,
    keeper: Signed,
    user_id: str,
    now: datetime,
    do: Callable[[Session, str, datetime], None],
    typed: dict[str, str] | None = None,
) -> Response:
    try:
        with db.write() as session:
            do(session, user_id, now)
    except FleetError as problem:
        with db.read() as session:
            form = Filled(typed or {}, problem)
            return _person(request, session, keeper, user_id, form=form)
    return RedirectResponse(f"/staff/people/{user_id}", 303)


def _place(request: Request, session: Session, keeper: Signed, unit: str) -> str:
    if not unit and not keeper.may("people.change", ""):
        raise Refused(_("Choose a part of the organisation."), field="unit")
    path = service.place(session, unit.strip())
    check(request, keeper, "people.change", path)
    return path


def _people(
    request: Request, session: Session, keeper: Signed, text: str, after: str, form: Filled
) -> Response:
    found = service.people(session, keeper, text, after, PAGE + 1)
    shown = found[:PAGE]
    return page(
        "people/list.html",
        scope=request.scope,
        status=form.problem.status if form.problem else 200,
        people=shown,
        next=shown[-1].user.id if len(found) > PAGE else "",
        text=text,
        form=form,
        languages=[("", _("as the browser says")), *LANGUAGES.items()],
        **_choices(session, keeper),
    )


def _person(
    request: Request,
    session: Session,
    keeper: Signed,
    user_id: str,
    *,
    link: str = "",
    form: Filled = EMPTY,
) -> Response:
    found = service.person(session, user_id)
    answer = page(
        "people/one.html",
        scope=request.scope,
        status=form.problem.status if form.problem else 200,
        person=found,
        may=service.may_touch(session, keeper, found.user),
        own=user_id == keeper.user_id,
        link=auth.link_address(options(request).public_url, link) if link else "",
        form=form,
        **_choices(session, keeper),
    )
    answer.headers["cache-control"] = "no-store"
    return answer


def _choices(session: Session, keeper: Signed) -> dict[str, object]:
    units = [(one.code, one.name) for one in service.units(session, keeper, MOST_CHOICES)]
    if units and keeper.may("people.change", ""):
        units.insert(0, ("", _("The whole organisation")))
    names = role_names()
    return {
        "units": units,
        "roles": [(role, names[role]) for role in service.grantable(keeper)],
        "role_names": names,
    }
