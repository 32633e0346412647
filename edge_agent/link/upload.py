"""The `Uploader` port: a tus 1.0 client on httpx.

Our own, because aiotus 1.1 can neither keep an upload's URL across a restart of the agent nor
limit the bandwidth it takes. Bytes go in chunks, each with its SHA-256: what a cut loses is less
than one chunk.
"""

import asyncio
import errno
import hashlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec

from contract.http import UPLOADS_PATH, Receipt
from edge_agent.errors import Unreachable, UploadDenied
from edge_agent.link import tus
from edge_agent.link.bandwidth import Bandwidth
from edge_agent.link.identity import IdentityStore
from edge_agent.link.token import TokenSigner
from edge_agent.ports.clock import Clock
from edge_agent.ports.uploader import Progress, SegmentFile
from edge_agent.settings import UploadSettings

logger = logging.getLogger(__name__)

_PIECE = 65_536
_CHUNK_SECONDS = 4.0
"""A chunk is sized to take about this long, so that a cut loses little and answers cost little."""
_PASSING = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}
"""Besides "permission denied", which is what a virus scanner at work looks like on Windows."""
_STEPS_BACK = 5
"""How often in one attempt the server may be out of step before the attempt is given up."""


class TusUploader:
    """Uploads to one fleet. Close it when done.

    Args:
        store: says where the fleet is and how its server is recognised.
        signer: signs the bearer tokens.
        settings: chunk sizes, time limits and the room's own bandwidth limit.
        clock: for the bandwidth limit and the speed of chunks.
    """

    def __init__(
        self,
        store: IdentityStore,
        signer: TokenSigner,
        settings: UploadSettings,
        clock: Clock,
    ) -> None:
        self._store = store
        self._signer = signer
        self._settings = settings
        self._clock = clock
        self._bandwidth = Bandwidth(clock, settings.bytes_per_second)
        self._chunk = min(1 << 20, settings.max_chunk_bytes)
        self._stale = True
        self._client: httpx.AsyncClient | None = None
        self._base = ""
        self.sent = 0

    @property
    def bandwidth(self) -> Bandwidth:
        """What it keeps to, for others that send files over the same line."""
        return self._bandwidth

    async def close(self) -> None:
        """End the connections."""
        if self._client is not None:
            await self._client.aclose()
        self._client = None

    def reload(self) -> None:
        """The identity may have been renewed: the next upload looks at it again."""
        self._stale = True

    def limit(self, bytes_per_second: int | None) -> None:
        """See the port; the room's own limit holds where it is lower."""
        limits = [n for n in (bytes_per_second, self._settings.bytes_per_second) if n is not None]
        self._bandwidth.limit(min(limits, default=None))

    async def upload(self, file: SegmentFile, progress: Progress) -> Receipt:
        """See the port."""
        await self._open()
        url = file.url
        try:
            for _ in range(_STEPS_BACK):
                try:
                    if url is None:
                        url = await self._create(file)
                        await progress(url, 0)
                    await self._send(file, url, progress)
                    return await self._receipt(file, url)
                except tus.Lost as error:
                    logger.info("upload of %s is created anew: %s", _name(file), error)
                    url = None
                except tus.OutOfStep as error:
                    logger.info("upload of %s: %s; asking for the offset", _name(file), error)
        except httpx.TransportError as error:
            self._chunk = max(self._chunk // 2, self._settings.min_chunk_bytes)
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        except TimeoutError as error:
            self._chunk = max(self._chunk // 2, self._settings.min_chunk_bytes)
            raise Unreachable("the fleet did not answer in time") from error
        except OSError as error:
            if isinstance(error, PermissionError) or error.errno in _PASSING:
                raise Unreachable(f"{file.path.name} cannot be read now: {error}") from error
            raise UploadDenied(f"{file.path.name} cannot be read: {error}") from error
        raise Unreachable(f"upload of {_name(file)}: the fleet stays out of step")

    async def _open(self) -> None:
        if self._client is not None and not self._stale:
            return
        await self.close()
        identity = await asyncio.to_thread(self._store.require)
        trust = await asyncio.to_thread(identity.server_trust)
        self._base = identity.http_url
        timeout = httpx.Timeout(self._settings.timeout_seconds, connect=10.0)
        self._client = httpx.AsyncClient(verify=trust, timeout=timeout)
        self._stale = False

    async def _create(self, file: SegmentFile) -> str:
        response = await self._ask("POST", self._base + UPLOADS_PATH, tus.creation(file))
        if response.status_code == tus.CONFLICT:
            raise UploadDenied("the fleet holds other bytes for this segment")
        if response.status_code in tus.GONE:
            raise Unreachable(f"{self._base} takes no uploads")
        tus.expect(response, 200, 201)
        location = response.headers.get("Location")
        if not location:
            raise Unreachable("the fleet created an upload and did not say where")
        url = response.request.url.join(location)
        # The bearer token goes nowhere but to the fleet.
        if _server(url) != _server(httpx.URL(self._base)):
            raise Unreachable(f"the fleet, or a proxy before it, sends uploads elsewhere: {url}")
        return str(url)

    async def _send(self, file: SegmentFile, url: str, progress: Progress) -> None:
        response = await self._ask("HEAD", url, tus.VERSION)
        tus.expect(response, 200, 204)
        offset = tus.offset_of(response)
        while offset < file.bytes:
            await progress(url, offset)
            began = self._clock.monotonic()
            size = min(self._chunk, file.bytes - offset)
            offset = await self._patch(file.path, url, offset, size)
            self._adapt(size, self._clock.monotonic() - began)
        await progress(url, offset)

    async def _patch(self, path: Path, url: str, offset: int, size: int) -> int:
        chunk, digest = await asyncio.to_thread(_read, path, offset, size)
        rate = self._bandwidth.rate
        pace = size / rate if rate else 0.0
        response = await self._ask(
            "PATCH",
            url,
            tus.chunk(offset, size, digest),
            self._paced(chunk),
            seconds=pace * 2 + self._settings.timeout_seconds * 4,
        )
        tus.expect(response, 200, 204)
        return tus.offset_of(response)

    async def _paced(self, chunk: bytes) -> AsyncIterator[bytes]:
        for at in range(0, len(chunk), _PIECE):
            piece = chunk[at : at + _PIECE]
            await self._bandwidth.take(len(piece))
            self.sent += len(piece)
            yield piece

    def _adapt(self, size: int, seconds: float) -> None:
        wanted = int(size / max(seconds, 0.001) * _CHUNK_SECONDS)
        wanted = min(wanted, self._chunk * 2)
        settings = self._settings
        self._chunk = max(settings.min_chunk_bytes, min(wanted, settings.max_chunk_bytes))

    async def _receipt(self, file: SegmentFile, url: str) -> Receipt:
        response = await self._ask("GET", url + "/receipt", {})
        if response.status_code == tus.CONFLICT:
            raise Unreachable("the fleet is still checking the segment", retry_after=1.0)
        tus.expect(response, 200)
        try:
            receipt = msgspec.json.decode(response.content, type=Receipt)
        except msgspec.DecodeError as error:
            raise Unreachable(f"the fleet's receipt cannot be read: {error}") from error
        if (receipt.sha256, receipt.bytes) != (file.sha256, file.bytes):
            raise UploadDenied("the fleet's receipt is for other bytes")
        return receipt

    async def _ask(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        content: AsyncIterator[bytes] | None = None,
        *,
        seconds: float | None = None,
    ) -> httpx.Response:
        assert self._client is not None  # noqa: S101 - upload opened it
        bearer = {"Authorization": f"Bearer {self._signer.bearer()}"}
        async with asyncio.timeout(seconds or self._settings.timeout_seconds * 2):
            return await self._client.request(
                method, url, headers={**headers, **bearer}, content=content
            )


def _read(path: Path, offset: int, size: int) -> tuple[bytes, bytes]:
    with path.open("rb") as file:
        file.seek(offset)
        chunk = file.read(size)
    if len(chunk) != size:
        raise OSError(f"it ends after {offset + len(chunk)} bytes")
    return chunk, hashlib.sha256(chunk).digest()


def _server(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _name(file: SegmentFile) -> str:
    return f"{file.take}/{file.track}/{file.index}"
