"""Long-running parts of the fleet: one that fails is started again, and says so once."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 60.0


async def keep_running(name: str, part: Callable[[], Awaitable[None]]) -> None:
    """Run `part` until cancelled; when it raises, or returns, start it again after a pause."""
    loop = asyncio.get_running_loop()
    failures = 0
    while True:
        began = loop.time()
        try:
            await part()
            log.warning("%s has ended; starting it again", name)
        except Exception:
            log.exception("%s has failed; starting it again", name)
        failures = 1 if loop.time() - began > HEALTHY_AFTER else failures + 1
        await asyncio.sleep(random.uniform(0.5, 1) * min(LONGEST_PAUSE, 0.5 * 2**failures))  # noqa: S311
