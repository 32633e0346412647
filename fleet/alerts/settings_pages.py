"""What alarms go by, for the staff: rules, silences, who is told, what could not be delivered."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from fleet.alerts import forms, service, texts, views
from fleet.auth.deps import Signed, check, require
from fleet.db import Session
from fleet.errors import Refused
from fleet.notices import service as notices
from fleet.web.deps import Db, Now
from fleet.web.forms import Filled
from fleet.web.render import page

router = APIRouter(prefix="/staff/alarms", include_in_schema=False)
Viewer = Annotated[Signed, Depends(require("staff.see"))]
Editor = Annotated[Signed, Depends(require("alarms.change"))]
Text = Annotated[str, Form(max_length=500)]


@router.get("/rules")
def rules(request: Request, db: Db, viewer: Viewer, unit: str = "") -> Response:
    """The rules at a unit, and where they differ from those above."""
    with db.read() as session:
        return _rules(request, session, viewer, unit, Filled())


@router.post("/rules")
async def change_rule(request: Request, db: Db, now: Now, editor: Editor) -> Response:
    """Change a rule at a unit, or take its changes back there."""
    given = {key: str(value) for key, value in (await request.form()).items()}
    return await asyncio.to_thread(_change_rule, request, db, now, editor, given)


def _change_rule(
    request: Request, db: Db, now: datetime, editor: Signed, given: dict[str, str]
) -> Response:
    unit, rule = given.get("unit", ""), given.get("rule", "").strip()[:100]
    try:
        with db.read() as session:
            path = forms.path_of(session, unit, editor.reach("alarms.change"))
        check(request, editor, "alarms.change", path)
        change: dict[str, Any] = {} if given.get("act") == "reset" else forms.change(rule, given)
        with db.write() as session:
            service.change_rule(
                session, path=path, rule=rule, change=change, by=editor.user_id, now=now
            )
    except Refused as problem:
        with db.read() as session:
            return _rules(request, session, editor, unit, Filled(given, problem))
    return RedirectResponse(f"/staff/alarms/rules?unit={unit}#{rule}", 303)


@router.get("/quiet")
def quiet(request: Request, db: Db, now: Now, viewer: Viewer) -> Response:
    """Silences and maintenance that are not over."""
    with db.read() as session:
        return _quiet(request, session, viewer, now, Filled())


@router.post("/quiet")
def be_quiet(
    request: Request, db: Db, now: Now, editor: Editor, unit: Text = "", rule: Text = "",
    until: Text = "", weekdays: Annotated[list[str], Form()] = [],  # noqa: B006
    from_time: Text = "", to_time: Text = "", why: Text = "",
) -> Response:  # fmt: skip
    """Silence a unit or a rule in it, until a time or in a part of each week."""
    given = {"unit": unit, "rule": rule, "until": until, "why": why}
    given |= {"from_time": from_time, "to_time": to_time}
    try:
        with db.read() as session:
            path = forms.path_of(session, unit, editor.reach("alarms.change"))
        check(request, editor, "alarms.change", path)
        times = forms.times(until, "".join(weekdays), from_time, to_time)
        with db.write() as session:
            service.be_quiet(
                session, kind="silence", path=path, rule=rule, why=why, ends_at=times.until,
                weekdays=times.weekdays, from_minute=times.from_minute,
                to_minute=times.to_minute, by=editor.user_id, now=now,
            )  # fmt: skip
    except Refused as problem:
        with db.read() as session:
            return _quiet(request, session, editor, now, Filled(given, problem))
    return RedirectResponse("/staff/alarms/quiet", 303)


@router.post("/quiet/{quiet_id}/end")
def end_quiet(quiet_id: str, db: Db, now: Now, editor: Editor) -> Response:
    """End a silence or a maintenance."""
    with db.write() as session:
        service.end_quiet(session, quiet_id, by=editor.user_id, now=now)
    return RedirectResponse("/staff/alarms/quiet", 303)


@router.get("/subscriptions")
def subscriptions(request: Request, db: Db, viewer: Viewer) -> Response:
    """What I am told."""
    with db.read() as session:
        return _subscriptions(request, session, viewer, Filled())


@router.post("/subscriptions")
def subscribe(
    request: Request, db: Db, now: Now, viewer: Viewer, unit: Text = "", how: Text = "",
    severity: Text = "",
) -> Response:  # fmt: skip
    """Be told of a unit's alarms."""
    try:
        with db.read() as session:
            path = forms.path_of(session, unit, viewer.reach("staff.see"))
        check(request, viewer, "staff.see", path)
        with db.write() as session:
            service.subscribe(
                session, user_id=viewer.user_id, path=path, how=how, severity=severity, now=now
            )
    except Refused as problem:
        with db.read() as session:
            return _subscriptions(request, session, viewer, Filled({}, problem))
    return RedirectResponse("/staff/alarms/subscriptions", 303)


@router.post("/subscriptions/end")
def unsubscribe(db: Db, viewer: Viewer, path: Text = "", how: Text = "") -> Response:
    """Be told no more: one's own subscriptions only."""
    with db.write() as session:
        service.unsubscribe(session, user_id=viewer.user_id, path=path, how=how)
    return RedirectResponse("/staff/alarms/subscriptions", 303)


@router.get("/notices")
def undelivered(request: Request, db: Db, viewer: Viewer) -> Response:
    """Mails and webhooks that were given up."""
    with db.read() as session:
        found = notices.undelivered(session, viewer.reach("staff.see"))
        return page("alarms/notices.html", scope=request.scope, found=found)


def _rules(request: Request, session: Session, viewer: Signed, unit: str, form: Filled) -> Response:
    units = views.units(session, viewer.reach("staff.see"))
    chosen = next((one for one in units if one.id == unit), units[0] if units else None)
    path = chosen.path if chosen else ""
    book = service.rulebook(session)
    return page(
        "alarms/rules.html",
        scope=request.scope,
        status=form.problem.status if form.problem else 200,
        form=form,
        units=units,
        unit=chosen,
        rules=[(rule, book.changed(rule.rule, path)) for rule in book.at(path)],
        say=texts,
        may_change=viewer.may("alarms.change", path),
    )


def _quiet(
    request: Request, session: Session, viewer: Signed, now: datetime, form: Filled
) -> Response:
    reach = viewer.reach("staff.see")
    units = views.units(session, reach)
    found = service.quiets(session, now, reach)
    return page(
        "alarms/quiet.html",
        scope=request.scope,
        status=form.problem.status if form.problem else 200,
        form=form,
        units=units,
        names={one.path: one.name for one in units},
        rooms=forms.room_names(session, [one.room_id for one in found if one.room_id]),
        found=found,
        rules=service.rulebook(session).at(""),
        days=forms.weekdays(),
        say=texts,
        may_change=viewer.may("alarms.change"),
    )


def _subscriptions(request: Request, session: Session, viewer: Signed, form: Filled) -> Response:
    units = views.units(session, viewer.reach("staff.see"))
    return page(
        "alarms/subscriptions.html",
        scope=request.scope,
        status=form.problem.status if form.problem else 200,
        form=form,
        units=units,
        names={one.path: one.name for one in units},
        found=service.subscriptions(session, viewer.user_id),
        say=texts,
    )
