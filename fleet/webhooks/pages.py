"""Pages of webhooks: the list, one of them with what became of its posts."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from fleet.auth.deps import Signed, check, require
from fleet.db import Session
from fleet.errors import FleetError
from fleet.orgs import service as orgs
from fleet.web.deps import Db, Now, options
from fleet.web.forms import Filled
from fleet.web.language import gettext as _
from fleet.web.render import page
from fleet.webhooks import service
from fleet.webhooks.schemas import CHOOSABLE

router = APIRouter(prefix="/staff/webhooks", include_in_schema=False)
Keeper = Annotated[Signed, Depends(require("webhooks.change"))]
Text = Annotated[str, Form()]
Texts = Annotated[list[str], Form()]
EMPTY = Filled()
_SHOWN = 50


@router.get("")
def webhooks(request: Request, keeper: Keeper, db: Db) -> Response:
    """The webhooks of somebody's part of the organisation, and a form for another one."""
    with db.read() as session:
        return _list(request, session, keeper, EMPTY, ())


@router.post("")
def add(
    request: Request,
    keeper: Keeper,
    db: Db,
    now: Now,
    name: Text = "",
    url: Text = "",
    unit: Text = "",
    types: Texts = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Add one; its secret is on the page that answers, once."""
    typed = {"name": name, "url": url, "unit": unit}
    try:
        with db.read() as session:
            path = orgs.get(session, unit).path if unit else ""
        check(request, keeper, "webhooks.change", path)
        with db.write() as session:
            made = service.add(
                session, path=path, name=name, url=url, types=types, actor=keeper.user_id, now=now
            )
            return _one(request, session, made.id, secret=made.secret, status=201)
    except FleetError as problem:
        with db.read() as session:
            return _list(request, session, keeper, Filled(typed, problem), types)


@router.get("/{webhook_id}")
def webhook(request: Request, webhook_id: str, _keeper: Keeper, db: Db) -> Response:
    """One webhook and its latest posts."""
    with db.read() as session:
        return _one(request, session, webhook_id)


@router.post("/{webhook_id}")
def change(
    request: Request,
    webhook_id: str,
    keeper: Keeper,
    db: Db,
    now: Now,
    name: Text = "",
    url: Text = "",
    paused: Text = "",
    types: Texts = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Change it."""
    try:
        with db.write() as session:
            service.change(
                session,
                webhook_id,
                name=name,
                url=url,
                types=types,
                paused=bool(paused),
                actor=keeper.user_id,
                now=now,
            )
    except FleetError as problem:
        with db.read() as session:
            return _one(
                request, session, webhook_id, form=Filled({"name": name, "url": url}, problem)
            )
    return _back(webhook_id)


@router.post("/{webhook_id}/test")
def test(request: Request, webhook_id: str, _keeper: Keeper, db: Db, now: Now) -> Response:
    """Post it a test event."""
    with db.write() as session:
        service.test(session, webhook_id, source=options(request).public_url, now=now)
    return _back(webhook_id)


@router.post("/{webhook_id}/secret")
def new_secret(request: Request, webhook_id: str, keeper: Keeper, db: Db, now: Now) -> Response:
    """Give it a new secret, shown on the page that answers."""
    with db.write() as session:
        secret = service.change_secret(session, webhook_id, actor=keeper.user_id, now=now)
        return _one(request, session, webhook_id, secret=secret)


@router.post("/{webhook_id}/remove")
def remove(webhook_id: str, keeper: Keeper, db: Db, now: Now) -> Response:
    """Tell it nothing any more."""
    with db.write() as session:
        service.remove(session, webhook_id, actor=keeper.user_id, now=now)
    return RedirectResponse("/staff/webhooks", 303)


@router.post("/{webhook_id}/deliveries/{delivery_id}/again")
def again(webhook_id: str, delivery_id: str, _keeper: Keeper, db: Db, now: Now) -> Response:
    """Post something once more."""
    with db.write() as session:
        service.again(session, webhook_id, delivery_id, now=now)
    return _back(webhook_id)


def _back(webhook_id: str) -> Response:
    return RedirectResponse(f"/staff/webhooks/{webhook_id}", 303)


def _list(
    request: Request, session: Session, keeper: Signed, form: Filled, types: object
) -> Response:
    reach = keeper.reach("webhooks.change")
    units = [(one.id, one.name) for one in orgs.search(session, reach, "", limit=500)]
    if "" in reach:
        units.insert(0, ("", _("The whole organisation")))
    return page(
        "webhooks/list.html",
        scope=request.scope,
        status=form.problem.status if form.problem else 200,
        webhooks=service.listed(session, reach),
        form=form,
        types=types,
        kinds=CHOOSABLE,
        units=units,
    )


def _one(
    request: Request,
    session: Session,
    webhook_id: str,
    *,
    form: Filled = EMPTY,
    secret: str = "",
    status: int = 200,
) -> Response:
    found = service.get(session, webhook_id)
    return page(
        "webhooks/one.html",
        scope=request.scope,
        status=form.problem.status if form.problem else status,
        webhook=found,
        deliveries=service.deliveries(session, webhook_id, _SHOWN),
        form=form,
        secret=secret,
        kinds=CHOOSABLE,
    )
