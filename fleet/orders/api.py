"""The JSON route by which rooms send what an order asked for."""

import asyncio

from fastapi import APIRouter, Request

from contract import http
from fleet.classrooms.deps import CurrentAgent
from fleet.errors import FleetError
from fleet.orders import files
from fleet.web.deps import Db

router = APIRouter(tags=["orders"])


class TooLarge(FleetError):
    """More than a file of an order may have."""

    status = 413


@router.put(
    http.ORDER_FILE_PATH,
    status_code=204,
    responses={413: {"description": "Too large"}, 409: {"description": "The order is over"}},
)
async def put_file(request: Request, order: str, agent: CurrentAgent, db: Db) -> None:
    """Keep the file of an order, before it is answered `done`; the same again replaces it."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > http.MAX_ORDER_FILE_BYTES:
            raise TooLarge(f"at most {http.MAX_ORDER_FILE_BYTES} bytes")
    state = request.app.state
    folder = state.settings.data_dir / "orders"
    await asyncio.to_thread(files.keep, db, state.files, folder, order, agent, bytes(body))
