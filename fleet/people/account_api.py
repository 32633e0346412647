"""JSON routes of one's own tokens: which there are, and ending one. New ones: only in person."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from fleet.auth import tokens
from fleet.auth.deps import Signed, in_person
from fleet.web.deps import Db, Now

router = APIRouter(prefix="/api/v1/account", tags=["people"])
Me = Annotated[Signed, Depends(in_person)]


class TokenOut(BaseModel):
    """A token, without what makes it work."""

    id: str
    name: str
    permissions: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@router.get("/tokens")
def own_tokens(me: Me, db: Db) -> list[TokenOut]:
    """Your tokens, the newest first."""
    with db.read() as session:
        found = tokens.tokens(session, me.user_id)
    return [TokenOut.model_validate(one, from_attributes=True) for one in found]


@router.delete("/tokens/{token_id}", status_code=204)
def revoke(token_id: str, me: Me, db: Db, now: Now) -> None:
    """End one of your tokens."""
    with db.write() as session:
        tokens.revoke(session, me.user_id, token_id, now=now)
