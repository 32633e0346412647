"""JSON routes of webhooks."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from fleet.auth.deps import Signed, check, require
from fleet.orgs import service as orgs
from fleet.web.deps import Db, Now, options
from fleet.webhooks import service
from fleet.webhooks.schemas import (
    DeliveryOut,
    Queued,
    SecretOut,
    WebhookChange,
    WebhookIn,
    WebhookMade,
    WebhookOut,
)

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])
Keeper = Annotated[Signed, Depends(require("webhooks.change"))]


@router.get("")
def webhooks(keeper: Keeper, db: Db) -> list[WebhookOut]:
    """The webhooks of your part of the organisation, by name."""
    with db.read() as session:
        found = service.listed(session, keeper.reach("webhooks.change"))
        return [WebhookOut.model_validate(one) for one in found]


@router.post("", status_code=201)
def add(request: Request, given: WebhookIn, keeper: Keeper, db: Db, now: Now) -> WebhookMade:
    """Add a webhook. Its secret is in this answer, and nowhere else."""
    with db.read() as session:
        path = orgs.get(session, given.unit_id).path if given.unit_id else ""
    check(request, keeper, "webhooks.change", path)
    with db.write() as session:
        made = service.add(
            session,
            path=path,
            name=given.name,
            url=given.url,
            types=given.types,
            actor=keeper.user_id,
            now=now,
        )
        return WebhookMade.model_validate(made)


@router.get("/{webhook_id}")
def webhook(webhook_id: str, _keeper: Keeper, db: Db) -> WebhookOut:
    """One webhook."""
    with db.read() as session:
        return WebhookOut.model_validate(service.get(session, webhook_id))


@router.patch("/{webhook_id}")
def change(webhook_id: str, given: WebhookChange, keeper: Keeper, db: Db, now: Now) -> WebhookOut:
    """Change a webhook, or let it rest."""
    with db.write() as session:
        values = given.model_dump(exclude_none=True)
        row = service.change(session, webhook_id, actor=keeper.user_id, now=now, **values)
        return WebhookOut.model_validate(row)


@router.delete("/{webhook_id}", status_code=204)
def remove(webhook_id: str, keeper: Keeper, db: Db, now: Now) -> None:
    """Remove a webhook."""
    with db.write() as session:
        service.remove(session, webhook_id, actor=keeper.user_id, now=now)


@router.post("/{webhook_id}/secret")
def new_secret(webhook_id: str, keeper: Keeper, db: Db, now: Now) -> SecretOut:
    """Give it a new secret, in this answer and nowhere else; the old one is good no more."""
    with db.write() as session:
        secret = service.change_secret(session, webhook_id, actor=keeper.user_id, now=now)
        return SecretOut(secret=secret)


@router.post("/{webhook_id}/test", status_code=202)
def test(request: Request, webhook_id: str, _keeper: Keeper, db: Db, now: Now) -> Queued:
    """Post it an event `webhook.test`."""
    with db.write() as session:
        source = options(request).public_url
        return Queued(id=service.test(session, webhook_id, source=source, now=now))


@router.get("/{webhook_id}/deliveries")
def deliveries(
    webhook_id: str, _keeper: Keeper, db: Db, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[DeliveryOut]:
    """What was posted to it and what became of that, the newest first."""
    with db.read() as session:
        found = service.deliveries(session, webhook_id, limit)
        return [DeliveryOut.model_validate(one) for one in found]


@router.post("/{webhook_id}/deliveries/{delivery_id}/again", status_code=202)
def again(webhook_id: str, delivery_id: str, _keeper: Keeper, db: Db, now: Now) -> Queued:
    """Post once more what has been given up or has arrived. The event keeps its id."""
    with db.write() as session:
        return Queued(id=service.again(session, webhook_id, delivery_id, now=now))
