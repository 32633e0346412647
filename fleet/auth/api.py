"""JSON routes of people."""

from typing import Annotated

from fastapi import APIRouter, Depends

from fleet.auth.deps import Signed, signed_in
from fleet.auth.schemas import SessionOut

router = APIRouter(prefix="/api/v1", tags=["people"])


@router.get("/session")
def session(signed: Annotated[Signed, Depends(signed_in)]) -> SessionOut:
    """Who is signed in and what they may do."""
    return SessionOut(
        user=signed.user_id,
        email=signed.email,
        name=signed.name,
        permissions=sorted(signed.permissions),
    )
