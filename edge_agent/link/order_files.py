"""The `OrderFiles` port: one PUT over HTTPS with the agent's bearer token."""

import asyncio
from collections.abc import AsyncIterator

import httpx

from contract.http import MAX_ORDER_FILE_BYTES, ORDER_FILE_PATH
from edge_agent.errors import Refused, Unreachable
from edge_agent.link.bandwidth import Bandwidth
from edge_agent.link.identity import IdentityStore
from edge_agent.link.token import TokenSigner

_PIECE = 65_536
_LATER = {401, 408, 425, 429}
"""Besides 5xx. 401 is a clock that is not right yet, or a certificate just renewed."""


class OrderFileSender:
    """Sends each file over a connection of its own; they are few.

    Args:
        store: where the fleet is, and whom to trust.
        signer: bearer tokens.
        bandwidth: what it shares with the uploads of recordings.
        seconds: how long the fleet may be silent.
    """

    def __init__(
        self, store: IdentityStore, signer: TokenSigner, bandwidth: Bandwidth, seconds: float
    ) -> None:
        self._store = store
        self._signer = signer
        self._bandwidth = bandwidth
        self._seconds = seconds

    async def send(self, order: str, content: bytes, kind: str) -> None:
        """See the port."""
        if len(content) > MAX_ORDER_FILE_BYTES:
            raise Refused(f"the file has {len(content)} bytes, more than {MAX_ORDER_FILE_BYTES}")
        identity = await asyncio.to_thread(self._store.require)
        trust = await asyncio.to_thread(identity.server_trust)
        headers = {
            "Authorization": f"Bearer {self._signer.bearer()}",
            "Content-Type": kind,
            "Content-Length": str(len(content)),
        }
        rate = self._bandwidth.rate
        pace = len(content) / rate if rate else 0.0
        url = identity.http_url + ORDER_FILE_PATH.format(order=order)
        try:
            async with (
                asyncio.timeout(pace * 2 + self._seconds * 4),
                httpx.AsyncClient(verify=trust, timeout=self._seconds) as client,
            ):
                response = await client.put(url, content=self._paced(content), headers=headers)
        except httpx.TransportError as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        except TimeoutError as error:
            raise Unreachable("the fleet did not take the file in time") from error
        _expect(response)

    async def _paced(self, content: bytes) -> AsyncIterator[bytes]:
        for at in range(0, len(content), _PIECE):
            piece = content[at : at + _PIECE]
            await self._bandwidth.take(len(piece))
            yield piece


def _expect(response: httpx.Response) -> None:
    status = response.status_code
    if response.is_success:
        return
    said = f"the fleet answered {status} to the file"
    if status in _LATER or status >= 500:
        raise Unreachable(said)
    raise Refused(said)
