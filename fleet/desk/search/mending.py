"""The index is looked over: what was written past it is put in, a few thousand at once."""

import asyncio
import time

from fleet.db import Database
from fleet.desk.search import service

EVERY = 3600.0
_PAUSE = 0.2


class Mending:
    """Looks at once and every hour, and lets others write in between."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.to_thread(self.at_once)
            await asyncio.sleep(EVERY)

    def at_once(self) -> int:
        """Mend all there is to be mended; returns how much that was. Blocks."""
        done = 0
        while True:
            with self._database.read() as session:
                whole = service.whole(session)
            if whole:
                return done
            with self._database.write() as session:
                done += service.mend(session)
            time.sleep(_PAUSE)
