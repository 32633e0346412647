"""Leaves readings with their rooms while the fleet has no place for them.

A room keeps what was not acknowledged, and sends it again. Events, replies and presence are taken.
"""

import asyncio
import logging
import shutil
from pathlib import Path
from typing import Final

from fleet.db import Database, SQLAlchemyError
from fleet.telemetry import repository

log = logging.getLogger(__name__)

_AGAIN: Final = 0.9
"""They are taken again when the queue has come down to this share of its limit."""


class Holding:
    """Measured every few seconds; by so much the queue may outgrow its limit.

    `limit` is how many bytes may wait for a store elsewhere, `reserve` how many have to be free on
    the disk of `directory`; there an embedded database's own free pages count, too.
    """

    def __init__(
        self, database: Database, directory: Path, *, limit: int, reserve: int, every: float = 2.0
    ) -> None:
        self._database = database
        self._directory = directory
        self._limit = limit
        self._reserve = reserve
        self._every = every
        self.held = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.measure)
            except (OSError, SQLAlchemyError) as error:
                log.debug("it cannot be told whether there is room for readings: %s", error)
            await asyncio.sleep(self._every)

    def measure(self) -> bool:
        """Whether readings have to stay with their rooms from now on. Blocks."""
        with self._database.read() as session:
            size = repository.queued_bytes(session)
            unused = repository.unused_bytes(session)
        free = shutil.disk_usage(self._directory).free + unused
        full = size > self._limit * (_AGAIN if self.held else 1.0)
        held = full or free < self._reserve
        if held and not self.held:
            why = "metric_queue_bytes is reached" if full else f"only {free} bytes are free"
            log.error("%s: rooms keep their readings until there is room for them", why)
        elif self.held and not held:
            log.info("readings are taken again")
        self.held = held
        return held
