"""Renews the agent's certificate when two thirds of its life are over."""

import asyncio
import logging

from edge_agent.errors import Refused, Unreachable
from edge_agent.link import enrol
from edge_agent.link.backoff import Backoff
from edge_agent.link.identity import Identity, IdentityStore
from edge_agent.link.token import TokenSigner
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import IdentityRenewed
from edge_agent.ports.clock import Clock

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 3600.0
_SHARE = 2 / 3


class RenewalLoop:
    """Fetches a new certificate; the old pair stays until a connection with the new one works."""

    def __init__(self, store: IdentityStore, signer: TokenSigner, clock: Clock, bus: Bus) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock
        self._bus = bus

    async def run(self) -> None:
        """Look each hour, until cancelled."""
        backoff = Backoff(_LOOK_SECONDS, first=60.0)
        while True:
            wait = _LOOK_SECONDS
            identity = await asyncio.to_thread(self._store.require)
            candidate = await asyncio.to_thread(self._store.candidate)
            if candidate is None and self.due(identity):
                try:
                    await enrol.renew(self._store, identity, self._signer)
                    logger.info("the certificate is renewed and will be tried")
                    self._bus.publish(IdentityRenewed())
                    backoff.reset()
                except (Refused, Unreachable) as error:
                    logger.warning("the certificate cannot be renewed yet: %s", error)
                    wait = backoff.next()
            await self._clock.sleep(wait)

    def due(self, identity: Identity) -> bool:
        """Whether two thirds of the certificate's life are over."""
        begins, ends = identity.lifetime()
        return self._clock.now() >= begins + (ends - begins) * _SHARE
