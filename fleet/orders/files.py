"""Files that orders asked rooms for: pictures and logs."""

import tempfile
from pathlib import Path
from typing import Final

from fleet.classrooms import AgentRef
from fleet.db import Database, Session
from fleet.errors import Conflict, NotFound, Refused
from fleet.orders import repository
from fleet.orders.models import OrderTarget
from fleet.orders.ports import Files
from fleet.orders.rules import OPEN

_ASKS_FOR: Final = ("screenshot", "collect_logs")
_KINDS: Final = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"PK\x03\x04", "application/zip", "zip"),
)


def check(session: Session, target_id: str, agent: AgentRef) -> OrderTarget:
    """The order that an agent sends a file for.

    Raises:
        NotFound: there is none, or it is another agent's.
        Conflict: it asked for no file, or is over.
    """
    found = repository.lock_target(session, target_id)
    if found is None or found[0].agent_id != agent.agent:
        raise NotFound(f"there is no order {target_id} for this agent")
    target, order = found
    if order.name not in _ASKS_FOR:
        raise Conflict("the order asks for no file")
    if target.state not in OPEN:
        raise Conflict("the order is over")
    return target


def keep(
    database: Database, files: Files, folder: Path, target_id: str, agent: AgentRef, body: bytes
) -> None:
    """Keep what an agent sent for an order, instead of what it sent before. Blocks.

    It lies in `folder` first, which is on the file system of `files`, if that has one.

    Raises:
        NotFound, Conflict: as `check`.
        Refused: it is no picture and no archive, whatever it says it is.
    """
    found = next((one for one in _KINDS if body.startswith(one[0])), None)
    if found is None:
        raise Refused("send a JPEG, a PNG or a ZIP")
    _magic, kind, ending = found
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as written:
        written.write(body)
    source = Path(written.name)
    try:
        with database.write() as session:
            target = check(session, target_id, agent)
            target.file_key = f"orders/{target.order_id}/{target.id}.{ending}"
            target.file_type, target.file_bytes = kind, len(body)
            files.put(target.file_key, source)
    finally:
        source.unlink(missing_ok=True)
