"""A journal that cannot be opened: set aside, and read as far as it can be."""

import contextlib
import logging
import sqlite3
from datetime import datetime
from pathlib import Path

from contract import codec
from contract.messages import Payload
from edge_agent.durable import sync_directory

logger = logging.getLogger(__name__)


def set_aside(path: Path, now: datetime) -> Path:
    """Rename a file and its write-ahead log out of the way; the new name."""
    stem = f"{path.stem}-{now:%Y%m%dT%H%M%S}"
    number = 0
    while (aside := path.with_name(f"{stem}-{number}.set-aside{path.suffix}")).exists():
        number += 1
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    sync_directory(path.parent)
    return aside


def messages(path: Path) -> list[Payload]:
    """Payloads of the outbox in a damaged file, as far as it can be read."""
    found: list[Payload] = []
    # Read-only: the damaged file stays as it was found.
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            for (body,) in connection.execute("SELECT body FROM outbox ORDER BY seq"):
                received = codec.decode_up(body)
                if not isinstance(received.payload, codec.Unknown):
                    found.append(received.payload)
        except (sqlite3.Error, codec.Malformed, TypeError) as error:
            logger.warning("%s could be read up to message %d: %s", path.name, len(found), error)
    return found
