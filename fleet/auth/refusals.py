"""Writes down who was refused what, when the request is over.

Not before: the route may be inside of a transaction, and on SQLite a second one would wait for it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.types import ASGIApp, Receive, Scope, Send

from fleet.audit import service as audit
from fleet.db import Database


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody asked for something that they may not do at a place."""

    user_id: str
    permission: str
    path: str
    asked: str
    address: str


class RefusalTrail:
    """ASGI middleware: gates add to `request.state.refused`."""

    def __init__(self, app: ASGIApp, db: Database, now: Callable[[], datetime]) -> None:
        self.app = app
        self.db = db
        self.now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, then write down."""
        refused: list[Refusal] = []
        if scope["type"] == "http":
            scope.setdefault("state", {})["refused"] = refused
        try:
            await self.app(scope, receive, send)
        finally:
            if refused:
                await asyncio.to_thread(self._record, refused)

    def _record(self, refused: list[Refusal]) -> None:
        with self.db.write() as session:
            for one in refused:
                audit.record(
                    session,
                    actor=one.user_id,
                    action="access.refused",
                    target=one.asked,
                    detail={"permission": one.permission, "from": one.address},
                    path=one.path,
                    now=self.now(),
                )
