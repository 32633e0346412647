"""JSON routes of people, for whoever looks after them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from fleet.auth import service as auth
from fleet.auth.deps import Signed, check, require
from fleet.db import Session
from fleet.orgs import service as orgs
from fleet.people import service
from fleet.people.schemas import InvitedOut, PeopleOut, PersonIn, PersonOut, RoleIn
from fleet.web.deps import Db, Now, options

router = APIRouter(prefix="/api/v1/people", tags=["people"])
Keeper = Annotated[Signed, Depends(require("people.change"))]


@router.get("")
def people(
    keeper: Keeper,
    db: Db,
    text: Annotated[str, Query(max_length=100)] = "",
    after: Annotated[str, Query(max_length=36)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PeopleOut:
    """Whom you look after, by name; `text` is looked for in names and e-mail addresses."""
    with db.read() as session:
        found = service.people(session, keeper, text, after, limit + 1)
    shown = found[:limit]
    more = shown[-1].user.id if len(found) > limit else ""
    return PeopleOut(people=[PersonOut.of(one) for one in shown], next=more)


@router.post("", status_code=201)
def add(request: Request, given: PersonIn, keeper: Keeper, db: Db, now: Now) -> InvitedOut:
    """Add somebody. The answer has the link for them; it is good once and for a day."""
    with db.write() as session:
        path = _place(request, session, keeper, given.unit_id)
        user_id, token = service.add(
            session,
            keeper,
            email=given.email,
            name=given.name,
            role=given.role,
            path=path,
            language=given.language,
            now=now,
        )
        return _invited(request, session, user_id, token)


@router.get("/{user_id}")
def person(user_id: str, keeper: Keeper, db: Db) -> PersonOut:
    """One of them."""
    with db.read() as session:
        return PersonOut.of(service.person(session, user_id))


@router.post("/{user_id}/roles")
def give_role(
    request: Request, user_id: str, given: RoleIn, keeper: Keeper, db: Db, now: Now
) -> PersonOut:
    """Give them a role on a unit. They have to sign in again."""
    with db.write() as session:
        path = _place(request, session, keeper, given.unit_id)
        service.give(session, keeper, user_id, given.role, path, now=now)
        return PersonOut.of(service.person(session, user_id))


@router.delete("/{user_id}/roles/{grant_id}")
def withdraw_role(user_id: str, grant_id: str, keeper: Keeper, db: Db, now: Now) -> PersonOut:
    """Take a role away. They are signed out."""
    with db.write() as session:
        service.withdraw(session, keeper, user_id, grant_id, now=now)
        return PersonOut.of(service.person(session, user_id))


@router.post("/{user_id}/link")
def new_link(request: Request, user_id: str, keeper: Keeper, db: Db, now: Now) -> InvitedOut:
    """A new link for them to choose a password with; links before stop working."""
    with db.write() as session:
        token = service.new_link(session, keeper, user_id, now=now)
        return _invited(request, session, user_id, token)


@router.post("/{user_id}/disable")
def disable(user_id: str, keeper: Keeper, db: Db, now: Now) -> PersonOut:
    """Shut them out, at once and everywhere."""
    with db.write() as session:
        service.disable(session, keeper, user_id, now=now)
        return PersonOut.of(service.person(session, user_id))


@router.post("/{user_id}/enable")
def enable(user_id: str, keeper: Keeper, db: Db, now: Now) -> PersonOut:
    """Let them in again."""
    with db.write() as session:
        service.enable(session, keeper, user_id, now=now)
        return PersonOut.of(service.person(session, user_id))


@router.post("/{user_id}/sign-out", status_code=204)
def sign_out(user_id: str, keeper: Keeper, db: Db, now: Now) -> None:
    """Sign them out everywhere."""
    with db.write() as session:
        service.sign_out(session, keeper, user_id, now=now)


def _place(request: Request, session: Session, keeper: Signed, unit_id: str | None) -> str:
    path = orgs.get(session, unit_id).path if unit_id else ""
    check(request, keeper, "people.change", path)
    return path


def _invited(request: Request, session: Session, user_id: str, token: str) -> InvitedOut:
    return InvitedOut(
        person=PersonOut.of(service.person(session, user_id)),
        link=auth.link_address(options(request).public_url, token),
    )
