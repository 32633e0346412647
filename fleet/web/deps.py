"""What routes ask for."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from fleet.db import Database

if TYPE_CHECKING:
    from fleet.web.setup import WebOptions


def options(request: Request) -> "WebOptions":
    """The options given to `fleet.web.setup`."""
    found: WebOptions = request.app.state.web
    return found


# Coroutines, since a plain function would be sent to a thread and back.


async def _database(request: Request) -> Database:
    return options(request).db


async def _now(request: Request) -> datetime:
    return options(request).now()


def client_address(request: Request) -> str:
    """The address the request came from (of the proxy, unless uvicorn trusts its headers)."""
    return request.client.host if request.client else ""


Db = Annotated[Database, Depends(_database)]
Now = Annotated[datetime, Depends(_now)]
