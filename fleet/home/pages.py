"""The first page of the staff: which rooms work, what is on today, what waits for a person."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from fleet.auth.deps import Signed, require
from fleet.web.render import page

router = APIRouter(prefix="/staff", include_in_schema=False)


@router.get("")
def home(request: Request, _signed: Annotated[Signed, Depends(require("staff.see"))]) -> Response:
    """Rooms, today's lessons, the tray."""
    return page("home.html", scope=request.scope)
