"""Has the agent's certificate renewed in good time."""

import logging

from edge_agent.backoff import Backoff
from edge_agent.errors import Refused, Unreachable
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import IdentityRenewed
from edge_agent.ports.clock import Clock
from edge_agent.ports.identity import Renewer

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 3600.0


class RenewalLoop:
    """Says `IdentityRenewed` when a new certificate waits to be tried."""

    def __init__(self, renewer: Renewer, clock: Clock, bus: Bus) -> None:
        self._renewer = renewer
        self._clock = clock
        self._bus = bus

    async def run(self) -> None:
        """Look each hour, until cancelled."""
        backoff = Backoff(_LOOK_SECONDS, first=60.0)
        while True:
            wait = _LOOK_SECONDS
            if await self._renewer.due():
                try:
                    await self._renewer.renew()
                except (Refused, Unreachable) as error:
                    logger.warning("the certificate cannot be renewed yet: %s", error)
                    wait = backoff.next()
                else:
                    logger.info("the certificate is renewed and will be tried")
                    self._bus.publish(IdentityRenewed())
                    backoff.reset()
            await self._clock.sleep(wait)
