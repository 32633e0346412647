"""Whether the fleet is alive, and whether it is ready: for supervisors and load balancers."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from fleet.db import Database, SQLAlchemyError
from fleet.serving import repository
from fleet.settings import FleetSettings

router = APIRouter(prefix="/health", tags=["health"])
OK = "ok"


@dataclass(slots=True)
class Health:
    """What the running parts say of themselves."""

    connected_to_broker: bool | None = field(default=None)
    """None where this process has no business with the broker."""

    schema: str = ""
    """The revision that this version needs."""

    def broker(self, connected: bool) -> None:
        """The broker was reached, or lost."""
        self.connected_to_broker = connected


class Ready(BaseModel):
    """Each part that must work: `ok`, or what is wrong with it."""

    ready: bool
    parts: dict[str, str]


@router.get("/live")
def live() -> Mapping[str, str]:
    """The process answers."""
    return {"state": "live"}


@router.get("/ready", responses={503: {"model": Ready, "description": "A part does not work."}})
def ready(request: Request, response: Response) -> Ready:
    """Each part that must work, and what is wrong with it; 503 if something is."""
    state = request.app.state
    health: Health = state.health
    parts = _tables(state.database, health.schema)
    parts["disk"] = _disk(state.settings)
    if health.connected_to_broker is not None:
        parts["broker"] = OK if health.connected_to_broker else "not connected"
    fine = all(part == OK for part in parts.values())
    if not fine:
        response.status_code = 503
    return Ready(ready=fine, parts=parts)


def _tables(database: Database, head: str) -> dict[str, str]:
    try:
        with database.read() as session:
            at = repository.schema_version(session)
    except SQLAlchemyError as error:
        # What a driver says may hold addresses and names; its kind is enough here.
        return {"database": f"does not answer: {type(error).__name__}"}
    fits = OK if at == head else f"at {at or 'nothing'}, this version needs {head}"
    return {"database": OK, "schema": fits}


def _disk(settings: FleetSettings) -> str:
    try:
        free = shutil.disk_usage(settings.data_dir).free
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return OK if free >= settings.low_disk_bytes else f"{free} bytes free, uploads are put off"
