"""A worker that is killed between sending and remembering it: `python -m … DATABASE FILE`."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from fleet.db import Database
from fleet.notices.delivery import Delivery
from fleet.notices.ports import Outgoing


class Killed:
    """Sends by writing to a file, and dies."""

    async def send(self, notice: Outgoing) -> None:
        with Path(sys.argv[2]).open("a") as file:  # noqa: ASYNC230
            file.write(f"{notice.id}\n")
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(Delivery(Database(sys.argv[1]), "webhook", Killed(), days=3).once())
