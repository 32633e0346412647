"""The `Renewer` port: a new certificate when two thirds of the old one's life are over."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from edge_agent.link import enrol
from edge_agent.link.identity import IdentityStore
from edge_agent.link.token import TokenSigner

_SHARE = 2 / 3


class CertificateRenewer:
    """Asks the fleet with a token signed by the present key."""

    def __init__(
        self, store: IdentityStore, signer: TokenSigner, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._signer = signer
        self._now = now

    async def due(self) -> bool:
        """See the port."""
        identity = await asyncio.to_thread(self._store.require)
        if await asyncio.to_thread(self._store.candidate) is not None:
            return False
        begins, ends = await asyncio.to_thread(identity.lifetime)
        return self._now() >= begins + (ends - begins) * _SHARE

    async def renew(self) -> None:
        """See the port."""
        identity = await asyncio.to_thread(self._store.require)
        await enrol.renew(self._store, identity, self._signer)
