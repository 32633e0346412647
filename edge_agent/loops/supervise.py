"""Keeps loops running: one that fails is started again, after a while."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable

from edge_agent.backoff import Backoff
from edge_agent.errors import EdgeError

logger = logging.getLogger(__name__)

_HEALTHY_SECONDS = 60.0


async def supervise(
    name: str, run: Callable[[], Awaitable[None]], *, most_seconds: float = 30.0
) -> None:
    """Run a loop for ever; a failure is logged once when it begins and once when it is over.

    Raises:
        sqlite3.DatabaseError: the journal is damaged. Only a start of the agent sets it aside.
    """
    backoff = Backoff(most_seconds)
    loop = asyncio.get_running_loop()
    failures = 0
    while True:
        watch: asyncio.TimerHandle | None = None
        if failures:
            watch = loop.call_later(_HEALTHY_SECONDS, _recovered, name, failures)
        began = loop.time()
        try:
            await run()
        except Exception as error:
            if _is_damage(error):
                raise
            if loop.time() - began > _HEALTHY_SECONDS:
                failures = 0
                backoff.reset()
            failures += 1
            if failures == 1 and isinstance(error, EdgeError):
                logger.error("the %s loop cannot run and is tried again: %s", name, error)  # noqa: TRY400
            elif failures == 1:
                logger.exception("the %s loop failed and is started again", name)
            else:
                logger.debug("the %s loop failed again (%d times)", name, failures, exc_info=True)
        else:
            return
        finally:
            if watch is not None:
                watch.cancel()
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # A TaskGroup that fails while it is cancelled raises its failure alone, before
            # Python 3.13; this task would never hear again that it is to end.
            raise asyncio.CancelledError
        await asyncio.sleep(backoff.next())


def _recovered(name: str, failures: int) -> None:
    logger.info("the %s loop runs again after %d failures", name, failures)


def _is_damage(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(_is_damage(inner) for inner in error.exceptions)
    # OperationalError is a full or locked disk, which passes.
    return type(error) is sqlite3.DatabaseError
