"""Starts the agent or its PC again, and says so to the fleet once it is back."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final, Literal, cast

import msgspec

from contract.messages import Reply
from edge_agent.errors import EdgeError
from edge_agent.ports.journal import Memory

logger = logging.getLogger(__name__)

KEY: Final = "restarting"
WHAT: Final = ("agent", "pc")


class Restarting(msgspec.Struct, frozen=True):
    """An order to start something again that has been begun, in the boot `boot`."""

    order: str
    what: Literal["agent", "pc"]
    boot: str


class Restarts:
    """An order is answered `progress`, and `done` by the agent that comes after.

    Args:
        memory: outlives the restart.
        boot: the boot's id.
        restart_pc: has the operating system start the PC again.
        leave: has this agent end so that it is started again.
    """

    def __init__(
        self,
        memory: Memory,
        boot: str,
        restart_pc: Callable[[], Awaitable[None]],
        leave: Callable[[], None],
    ) -> None:
        self._memory = memory
        self._boot = boot
        self._restart_pc = restart_pc
        self._leave = leave

    async def came_back(self) -> Reply | None:
        """The reply to the order that this start of the agent is owed to, if it is."""
        saved = await self._memory.get(KEY)
        began = msgspec.json.decode(saved, type=Restarting | None) if saved else None
        if began is None:
            return None
        result = {"what": began.what}
        if began.what == "pc" and began.boot == self._boot:
            why = "the agent was started again, and the PC was not"
            return Reply(order=began.order, phase="failed", why=why, result=result)
        return Reply(order=began.order, phase="done", result=result)

    async def told(self) -> None:
        """The reply is kept."""
        await self._memory.put(KEY, b"null")

    async def restart(self, order: str, what: str) -> Reply | None:
        """Begin it; a reply only when it cannot be done."""
        kind = cast('Literal["agent", "pc"]', what)
        began = Restarting(order, kind, self._boot)
        await self._memory.put(KEY, msgspec.json.encode(began))
        await self._memory.reply(
            Reply(order=order, phase="progress", why=f"the {what} is being started again")
        )
        logger.warning("the %s is started again by order", what)
        if kind == "agent":
            self._leave()
            return None
        try:
            await self._restart_pc()
        except EdgeError as error:
            await self.told()
            return Reply(order=order, phase="failed", why=str(error)[:500])
        return None
