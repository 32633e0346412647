"""Whether the fleet is alive, and whether it is ready: for supervisors and load balancers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from fleet.db import Database

router = APIRouter(prefix="/health", tags=["health"])


@dataclass(slots=True)
class Health:
    """What the running parts say of themselves."""

    connected_to_broker: bool | None = field(default=None)
    """None where this process has no business with the broker."""

    def broker(self, connected: bool) -> None:
        """The broker was reached, or lost."""
        self.connected_to_broker = connected


@router.get("/live")
def live() -> Mapping[str, str]:
    """The process answers."""
    return {"state": "live"}


@router.get("/ready")
def ready(request: Request, response: Response) -> Mapping[str, bool]:
    """Each part that must work, and whether it does; 503 if one does not."""
    database: Database = request.app.state.database
    health: Health = request.app.state.health
    parts = {"database": _answers(database)}
    if health.connected_to_broker is not None:
        parts["broker"] = health.connected_to_broker
    if not all(parts.values()):
        response.status_code = 503
    return parts


def _answers(database: Database) -> bool:
    try:
        with database.read() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True
